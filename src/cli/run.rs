//! Takes scenarios, a target and reports to write.
//! Gives the reports and the exit code of the run.
//! Never judges: it reads, plays, writes, in that order.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::Error;
use super::deviation::{deviations, parse_deviation, profile_name};
use super::select::select;
use crate::clock::Clock;
use crate::protocol::{Deviation, Profile};
use crate::report::{Format, Options as ReportOptions, Report};
use crate::rng::Stream;
use crate::runner::{
    Counts, Exit, Header, Ledger, Planned, RunEvent, ScenarioFinished, SuiteError, Summary, Wall, run_on_model,
    run_on_server, update_ledger,
};
use crate::target::{LaunchOptions, ServerOptions, ServerTarget, launch, ping};

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Scenario files or folders, ids, or patterns over ids (`*` one part, `**` any); everything if none is given.
    #[arg(value_name = "PATH|ID|GLOB")]
    names: Vec<String>,
    /// The folder of the suite.
    #[arg(long, value_name = "DIR", default_value = "scenarios", env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
    /// What to judge: `model`, or the address of a server such as http://127.0.0.1:8888.
    #[arg(long, value_name = "TARGET", env = "ZAQARCHECK_TARGET")]
    target: Option<String>,
    /// What the model follows: the documents, or a release of Zaqar with all its deviations.
    #[arg(long, value_enum, default_value_t = Profile::Documented)]
    profile: Profile,
    /// A deviation that the model has besides those of its profile; may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = parse_deviation)]
    deviation: Vec<Deviation>,
    /// The ledger of what the target is known to do differently.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Writes what failed into the ledger, with the deviations that explain it.
    #[arg(long, requires = "known")]
    update_known: bool,
    /// Writes a report: ndjson, junit, markdown or text; may be given more than once.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<(Format, PathBuf)>,
    /// Cases at once on the model (default: one per core), deliveries at once on a server (default: 8).
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    jobs: Option<u32>,
    /// How many times fast the clock of a server runs that somebody else started.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    time_scale: u32,
    /// How many times fast to let the clock of the launched server run (needs libfaketime).
    #[arg(long, value_name = "N", conflicts_with = "time_scale", value_parser = clap::value_parser!(u32).range(1..=1000))]
    accelerate: Option<u32>,
    /// The address on which subscribers listen.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// The host by which the server reaches the subscribers, where that is not the address of --bind.
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// Launches the server to judge, `{port}` standing for a free port; it is ended with all its children.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What to play on.
enum Chosen {
    Model,
    Server { address: String, scale: u32 },
    Launch { address: Option<String>, accelerate: u32 },
}

pub(super) fn run(options: RunOptions) -> Result<Exit, Error> {
    let chosen = choose(&options)?;
    let plan = select(&options.suite, &options.names)?;
    let ledger = read_ledger(&options)?;
    // Opened before the run: hours of testing must not end in a typing mistake.
    let mut files = open_reports(&options)?;

    let header = header(&options, &chosen, plan.len());
    let mut text = Format::Text.report(Box::new(terminal()), report_options(&options, io::stdout().is_terminal()));
    text.event(&RunEvent::Header(header.clone()))?;
    let judged_by = ledger.as_ref().filter(|_| !options.update_known);
    let wall = Clock::start(1);
    let (mut finished, interrupted) = play(&options, chosen, &plan, judged_by, text.as_mut())?;
    finished.sort_by(|one, other| one.id.cmp(&other.id));

    if options.update_known {
        let updated =
            update_ledger(ledger.clone().unwrap_or_else(|| Ledger::empty(header.target.clone())), &plan, &mut finished);
        write_ledger(options.known.as_deref().expect("--update-known requires it"), &updated)?;
    }
    let unmatched = judged_by.map(|ledger| unmatched(ledger, &options, &plan)).unwrap_or_default();
    let summary = RunEvent::Summary(summary(plan.len(), &finished, unmatched, interrupted, wall));
    text.event(&summary)?;
    text.finish()?;
    let events = [RunEvent::Header(header)].into_iter();
    let events =
        events.chain(finished.iter().map(|case| RunEvent::Scenario(Box::new(case.clone())))).chain([summary.clone()]);
    let events: Vec<RunEvent> = events.collect();
    for (path, report) in &mut files {
        let written = events.iter().try_for_each(|event| report.event(event)).and_then(|()| report.finish());
        written.map_err(|source| Error::Write { path: path.display().to_string(), source })?;
    }
    Ok(exit_of(&summary))
}

fn choose(options: &RunOptions) -> Result<Chosen, Error> {
    let usage = |text: &str| Err(Error::Usage(text.into()));
    let target = options.target.as_deref().filter(|target| *target != "model");
    let address = target.map(server_address).transpose()?;
    if !options.command.is_empty() {
        return match options.accelerate {
            None if options.time_scale > 1 => usage("scale the clock of a launched server: use --accelerate"),
            accelerate => Ok(Chosen::Launch { address, accelerate: accelerate.unwrap_or(1) }),
        };
    }
    if options.accelerate.is_some() {
        return usage("accelerate a server it does not launch: give the command after --, or say --time-scale");
    }
    match address {
        None if options.time_scale > 1 => usage("scale the clock of the model: its time is virtual; name a --target"),
        None => Ok(Chosen::Model),
        Some(address) => Ok(Chosen::Server { address, scale: options.time_scale }),
    }
}

fn server_address(target: &str) -> Result<String, Error> {
    let address = target.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    match address {
        Some(address) if address.contains(':') && !address.contains('/') => Ok(address.into()),
        Some(address) if !address.is_empty() && !address.contains('/') => Ok(format!("{address}:80")),
        _ => Err(Error::Usage(format!("use the target {target}: expected model or http://host:port"))),
    }
}

fn play(
    options: &RunOptions,
    chosen: Chosen,
    plan: &[Planned],
    ledger: Option<&Ledger>,
    text: &mut dyn Report,
) -> Result<(Vec<ScenarioFinished>, bool), Error> {
    let (address, scale, accelerate) = match chosen {
        Chosen::Model => {
            let jobs = options.jobs.map_or(0, |jobs| jobs as usize);
            let finished = run_on_model(plan, deviations(options.profile, &options.deviation), ledger, jobs);
            for case in &finished {
                text.event(&RunEvent::Scenario(Box::new(case.clone())))?;
            }
            return Ok((finished, false));
        }
        Chosen::Server { address, scale } => (Some(address), scale, None),
        Chosen::Launch { address, accelerate } => (address, accelerate, Some(accelerate)),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut stop = pin!(stopped());
        let launched = match accelerate {
            None => None,
            Some(accelerate) => {
                let (command, address) = (options.command.clone(), address.clone());
                tokio::select! {
                    biased;
                    () = &mut stop => return Ok((Vec::new(), true)),
                    launched = launch(LaunchOptions { command, address, accelerate }) => Some(launched?),
                }
            }
        };
        let address =
            launched.as_ref().map(|launched| launched.address.clone()).or(address).expect("one of them is known");
        let server = ServerOptions {
            address,
            scale,
            bind: options.bind,
            advertise: options.advertise.clone(),
            jobs: options.jobs.unwrap_or(8),
            run: run_name(),
        };
        if launched.is_none() {
            ping(&server.address).await?; // One message instead of one for each case.
        }
        let progress = super::progress::Progress::new(plan);
        let mut told = Ok(());
        let tell = |case: &ScenarioFinished| {
            progress.suspend(|| {
                if told.is_ok() {
                    told = text.event(&RunEvent::Scenario(Box::new(case.clone())));
                }
            });
            progress.finished(case);
        };
        let ledger = ledger.cloned().map(Arc::new);
        let played = run_on_server(plan.to_vec(), Arc::new(ServerTarget::new(server)), ledger, stop, tell).await;
        drop(launched);
        told?;
        Ok(played)
    })
}

/// Waits for Ctrl-C or a polite request to end: what was launched must not outlive this program.
async fn stopped() {
    let asked = async {
        match signal(SignalKind::terminate()) {
            Ok(mut asked) => asked.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = asked => {}
    }
}

/// A name that no other run on the same server has.
#[expect(clippy::disallowed_methods, reason = "two runs must differ, so their name comes from the machine")]
fn run_name() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Stream::new(since.as_nanos() as u64, &std::process::id().to_string()).uuid().to_string()
}

fn header(options: &RunOptions, chosen: &Chosen, selected: usize) -> Header {
    let (target, profile, clock) = match chosen {
        Chosen::Model => ("model".into(), Some(profile_name(options.profile, &options.deviation)), "virtual".into()),
        Chosen::Server { address, scale } => (format!("http://{address}"), None, real(*scale)),
        Chosen::Launch { accelerate, .. } => (options.command.join(" "), None, real(*accelerate)),
    };
    Header {
        format: 1,
        tool: concat!("zaqarcheck ", env!("CARGO_PKG_VERSION")).into(),
        target,
        profile,
        clock,
        selected,
        known: options.known.as_ref().map(|path| path.display().to_string()),
    }
}

fn real(scale: u32) -> String {
    if scale == 1 { "real".into() } else { format!("real, {scale} times fast") }
}

fn summary(
    selected: usize,
    finished: &[ScenarioFinished],
    unmatched: Vec<String>,
    interrupted: bool,
    wall: Clock,
) -> Summary {
    let must = || finished.iter().filter(|case| case.level == "must" && case.applied());
    Summary {
        selected,
        counts: Counts::of(finished),
        must: (must().filter(|case| case.passed()).count(), must().count()),
        interrupted,
        exit: Exit::of(finished, &unmatched, interrupted).code(),
        unmatched,
        wall: Wall { started_ms: 0.0, elapsed_ms: wall.now().since_start().as_secs_f64() * 1000.0 },
    }
}

fn exit_of(summary: &RunEvent) -> Exit {
    match summary {
        RunEvent::Summary(summary) => Exit::from_code(summary.exit),
        _ => Exit::CouldNotTest,
    }
}

/// Entries that speak of no selected case. A part of the suite says nothing about entries of the rest.
fn unmatched(ledger: &Ledger, options: &RunOptions, plan: &[Planned]) -> Vec<String> {
    let unknown = |id: &String| !plan.iter().any(|planned| planned.case.id == *id);
    let ids = ledger.entries.iter().map(|entry| entry.id.clone());
    if options.names.is_empty() { ids.filter(unknown).collect() } else { Vec::new() }
}

fn read_ledger(options: &RunOptions) -> Result<Option<Ledger>, Error> {
    let Some(path) = &options.known else { return Ok(None) };
    let shown = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ledger::parse(&shown, &text).map(Some).map_err(|found| SuiteError::flawed(text, found).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && options.update_known => Ok(None),
        Err(source) => Err(SuiteError::Read { path: shown, source }.into()),
    }
}

fn write_ledger(path: &Path, ledger: &Ledger) -> Result<(), Error> {
    let written =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, ledger.to_text()));
    written.map_err(|source| Error::Write { path: path.display().to_string(), source })
}

type OpenReport = (PathBuf, Box<dyn Report>);

fn open_reports(options: &RunOptions) -> Result<Vec<OpenReport>, Error> {
    let open = |(format, path): &(Format, PathBuf)| {
        let file = File::create(path).map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        Ok((path.clone(), format.report(Box::new(BufWriter::new(file)), report_options(options, false))))
    };
    options.report.iter().map(open).collect()
}

/// Standard output, told colours only if it shows them.
fn terminal() -> impl Write {
    BufWriter::new(anstream::stdout())
}

fn report_options(options: &RunOptions, colour: bool) -> ReportOptions {
    ReportOptions { colour, rerun: rerun(options) }
}

/// A word as a shell wants it: quoted only if it has to be.
fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) { text.into() } else { crate::report::shell_quoted(text) }
}

/// What has to follow `zaqarcheck run ID` to repeat one case of this run.
fn rerun(options: &RunOptions) -> String {
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), word(&value)]);
    if options.suite != Path::new("scenarios") {
        option("--suite", options.suite.display().to_string());
    }
    if let Some(target) = &options.target {
        option("--target", target.clone());
    }
    if options.profile != Profile::Documented {
        option("--profile", options.profile.name().into());
    }
    options.deviation.iter().for_each(|deviation| option("--deviation", deviation.name().into()));
    if let Some(known) = &options.known {
        option("--known", known.display().to_string());
    }
    if options.time_scale > 1 {
        option("--time-scale", options.time_scale.to_string());
    }
    if let Some(accelerate) = options.accelerate {
        option("--accelerate", accelerate.to_string());
    }
    if !options.command.is_empty() {
        words.push("--".into());
        words.extend(options.command.iter().map(|part| word(part)));
    }
    words.join(" ")
}

fn parse_report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, for example junit=report.xml")?;
    let format = format.parse::<Format>().map_err(|error| error.to_string())?;
    if path.is_empty() { Err("the path is missing".into()) } else { Ok((format, path.into())) }
}
