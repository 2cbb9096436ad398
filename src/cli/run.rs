//! Takes scenarios, a target and reports to write.
//! Gives the reports and the exit code of the run.
//! Never judges: it reads, plays, writes, in that order.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use clap::Args;

use super::Error;
use super::deviation::{deviations, parse_deviation, profile_name};
use super::gate::Gate;
use super::interrupt::stopped;
use super::ledger::{read_ledger, read_ledger_to_update, unmatched, write_ledger};
use super::output::{Output, parse_report, tool};
use super::select::Selection;
use super::suite::default_suite;
use super::target_file::target_file;
use crate::protocol::{Deviation, Profile};
use crate::report::Format;
use crate::rng::Stream;
use crate::runner::{
    Exit, Header, Ledger, Pace, Planned, Repeated, ScenarioFinished, cut_short, run_at_once, run_on_server,
    update_ledger,
};
use crate::scenario::Capability;
use crate::sim::{SimTarget, TurmoilTarget};
use crate::target::{Access, LaunchOptions, ModelTarget, ServerOptions, ServerTarget, host_and_port, launch, ping};

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    selection: Selection,
    /// What to judge: `model`, `sim` or `turmoil` (the model as a server in a simulated network), or the address of a
    /// server such as http://127.0.0.1:8888, or a target file such as my-server.json, which says all about one.
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
    #[arg(long)]
    update_known: bool,
    /// Writes a report: ndjson, junit, tap, markdown, html, badge or text; may be given more than once.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<(Format, PathBuf)>,
    /// Cases at once on the model (default: one per core), deliveries at once on a server (default: 8).
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    jobs: Option<u32>,
    #[command(flatten)]
    gate: Gate,
    /// Plays every case so often; the worst time counts.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// How many times fast the clock of a server runs that somebody else started.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    time_scale: Option<u32>,
    /// How many times fast to let the clock of the launched server run (needs libfaketime).
    #[arg(long, value_name = "N", conflicts_with = "time_scale", value_parser = clap::value_parser!(u32).range(1..=1000))]
    accelerate: Option<u32>,
    /// The address on which subscribers listen (default: 127.0.0.1).
    #[arg(long, value_name = "IP")]
    bind: Option<IpAddr>,
    /// The host by which the server reaches the subscribers, where that is not the address of --bind.
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// What the server has been set up for: confirmation (it asks subscribers to confirm); may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = parse_capability)]
    capability: Vec<Capability>,
    /// Launches the server to judge, `{port}` standing for a free port; it is ended with all its children.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// What plays the model in virtual time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Model,
    Sim,
    Turmoil,
}

impl Engine {
    const ALL: [Self; 3] = [Self::Model, Self::Sim, Self::Turmoil];

    const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Sim => "sim",
            Self::Turmoil => "turmoil",
        }
    }

    const fn clock(self) -> &'static str {
        match self {
            Self::Model | Self::Sim => "virtual",
            Self::Turmoil => "virtual, in ticks",
        }
    }
}

/// What to play on.
enum Chosen {
    Virtual(Engine),
    Server { address: String, scale: u32 },
    Launch { address: Option<String>, accelerate: u32 },
}

pub(super) fn run(named: RunOptions) -> Result<Exit, Error> {
    // A command that repeats a case names the target file too, so what stands there need not be said again.
    let rerun = rerun(&named);
    let (options, access) = with_target_file(named)?;
    let chosen = choose(&options)?;
    let (plan, all_fit) = options.gate.fitting(options.selection.select()?, pace(&options, &chosen))?;
    let ledger = match &options.known {
        None => options.gate.baseline()?,
        Some(path) if options.update_known => read_ledger_to_update(path)?,
        Some(path) => Some(read_ledger(path)?.0),
    };
    let header = header(&options, &chosen, plan.len());
    let target = header.target.clone();
    let mut output = Output::open(&options.report, &rerun, header)?;
    let judged_by = ledger.as_ref().filter(|_| !options.update_known);
    let (mut finished, interrupted) = play(&options, chosen, &access, &plan, judged_by, &mut output)?;
    finished.sort_by(|one, other| one.id.cmp(&other.id));

    if options.update_known {
        let old = ledger.clone().unwrap_or_else(|| Ledger::empty(target));
        let updated = update_ledger(old, &plan, &mut finished);
        write_ledger(options.known.as_deref().expect("--update-known requires it"), &updated)?;
    }
    let whole = options.selection.is_whole() && all_fit && options.gate.baseline.is_none();
    let unmatched = unmatched(judged_by, &plan, whole);
    output.close(&finished, unmatched, interrupted)
}

/// How fast the run goes; nothing in virtual time.
fn pace(options: &RunOptions, chosen: &Chosen) -> Option<Pace> {
    let scale = match chosen {
        Chosen::Virtual(_) => return None,
        Chosen::Server { scale, .. } | Chosen::Launch { accelerate: scale, .. } => *scale,
    };
    Some(Pace { scale, jobs: jobs_on_server(options) })
}

fn jobs_on_server(options: &RunOptions) -> u32 {
    options.jobs.unwrap_or(8)
}

fn choose(options: &RunOptions) -> Result<Chosen, Error> {
    let usage = |text: &str| Err(Error::Usage(text.into()));
    if options.update_known && options.known.is_none() {
        return usage("update a ledger that nobody named: use --known FILE, or `ledger` in the target file");
    }
    let scale = options.time_scale.unwrap_or(1);
    let named = options.target.as_deref();
    let engine = Engine::ALL.into_iter().find(|engine| named.is_none_or(|named| named == engine.name()));
    let address = named.filter(|_| engine.is_none()).map(server_address).transpose()?;
    if !options.command.is_empty() {
        return match options.accelerate {
            None if scale > 1 => usage("scale the clock of a launched server: use --accelerate"),
            accelerate => Ok(Chosen::Launch { address, accelerate: accelerate.unwrap_or(1) }),
        };
    }
    if options.accelerate.is_some() {
        return usage("accelerate a server it does not launch: give the command after --, or say --time-scale");
    }
    match address {
        None if scale > 1 => usage("scale the clock of the model: its time is virtual; name a --target"),
        None if !options.capability.is_empty() => usage("say what the model has: it has all that scenarios need"),
        None => Ok(Chosen::Virtual(engine.unwrap_or(Engine::Model))),
        Some(address) => Ok(Chosen::Server { address, scale }),
    }
}

fn parse_capability(name: &str) -> Result<Capability, String> {
    let known = |capability: &Capability| capability.to_string() == name;
    [Capability::Confirmation].into_iter().find(known).ok_or_else(|| "expected confirmation".into())
}

pub(super) fn server_address(target: &str) -> Result<String, Error> {
    host_and_port(target).ok_or_else(|| {
        let expected = "model, sim, turmoil, http://host:port or a target file (.json)";
        Error::Usage(format!("use the target {target}: expected {expected}"))
    })
}

/// Fills in what the target file says and the command line does not; gives what it says about access besides.
fn with_target_file(mut options: RunOptions) -> Result<(RunOptions, Access), Error> {
    let Some((file, access)) = target_file(options.target.as_deref())? else {
        return Ok((options, Access::default()));
    };
    options.target = file.url;
    if options.command.is_empty() {
        options.command = file.command;
    }
    if options.time_scale.is_none() && options.accelerate.is_none() {
        (options.time_scale, options.accelerate) = (file.time_scale, file.accelerate);
    }
    if options.capability.is_empty() {
        options.capability = file.capabilities;
    }
    if options.gate.baseline.is_none() {
        options.known = options.known.or_else(|| file.ledger.map(PathBuf::from));
    }
    options.bind = options.bind.or(file.bind);
    options.advertise = options.advertise.or(file.advertise);
    options.jobs = options.jobs.or(file.jobs);
    Ok((options, access))
}

fn play(
    options: &RunOptions,
    chosen: Chosen,
    access: &Access,
    plan: &[Planned],
    ledger: Option<&Ledger>,
    output: &mut Output,
) -> Result<(Vec<ScenarioFinished>, bool), Error> {
    let mut repeated = Repeated::new(options.repeat as usize);
    let (address, scale, accelerate) = match chosen {
        Chosen::Virtual(engine) => {
            let rounds = (0..options.repeat).flat_map(|_| play_virtually(options, engine, plan, ledger));
            let finished = rounds.filter_map(|record| repeated.take_in(record)).collect();
            let (finished, cut) = cut_short(finished, options.gate.patience());
            finished.iter().try_for_each(|case| output.tell(case))?;
            return Ok((finished, cut));
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
            bind: options.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            advertise: options.advertise.clone(),
            jobs: jobs_on_server(options),
            capabilities: options.capability.iter().copied().collect(),
            run: run_name(),
            access: access.clone(),
        };
        if launched.is_none() {
            ping(&server.address).await?; // One message instead of one for each case.
        }
        let (target, ledger) = (Arc::new(ServerTarget::new(server)), ledger.cloned().map(Arc::new));
        let (mut finished, mut interrupted, mut told) = (Vec::new(), false, Ok(()));
        // One round after the other: the same case twice at once would be its own neighbour.
        for _ in 0..options.repeat {
            let progress = super::progress::Progress::new(plan);
            let mut last = Vec::new();
            let tell = |case: &ScenarioFinished| {
                if let Some(case) = repeated.take_in(access.hide_in(case.clone())) {
                    progress.suspend(|| {
                        if told.is_ok() {
                            told = output.tell(&case);
                        }
                    });
                    last.push(case);
                }
                progress.finished(case);
            };
            (_, interrupted) = run_on_server(
                plan.to_vec(),
                Arc::clone(&target),
                ledger.clone(),
                options.gate.patience(),
                stop.as_mut(),
                tell,
            )
            .await;
            finished.extend(last);
            if interrupted {
                break;
            }
        }
        for case in repeated.rest() {
            told = told.and_then(|()| output.tell(&case));
            finished.push(case);
        }
        drop(launched);
        told?;
        Ok((finished, interrupted))
    })
}

fn play_virtually(
    options: &RunOptions,
    engine: Engine,
    plan: &[Planned],
    ledger: Option<&Ledger>,
) -> Vec<ScenarioFinished> {
    let jobs = options.jobs.map_or(0, |jobs| jobs as usize);
    let deviations = deviations(options.profile, &options.deviation);
    match engine {
        Engine::Model => run_at_once(plan, &ModelTarget { deviations }, ledger, jobs),
        Engine::Sim => run_at_once(plan, &SimTarget::new(deviations), ledger, jobs),
        Engine::Turmoil => run_at_once(plan, &TurmoilTarget { deviations }, ledger, jobs),
    }
}

/// A name that no other run on the same server has.
#[expect(clippy::disallowed_methods, reason = "two runs must differ, so their name comes from the machine")]
pub(super) fn run_name() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Stream::new(since.as_nanos() as u64, &std::process::id().to_string()).uuid().to_string()
}

fn header(options: &RunOptions, chosen: &Chosen, selected: usize) -> Header {
    let (target, profile, scale) = match chosen {
        Chosen::Virtual(engine) => {
            (engine.name().into(), Some(profile_name(options.profile, &options.deviation)), None)
        }
        Chosen::Server { address, scale } => (format!("http://{address}"), None, Some(*scale)),
        Chosen::Launch { accelerate, .. } => (options.command.join(" "), None, Some(*accelerate)),
    };
    Header {
        format: 1,
        tool: tool(),
        target,
        profile,
        clock: match chosen {
            Chosen::Virtual(engine) => engine.clock().into(),
            _ => real(scale.unwrap_or(1)),
        },
        scale,
        selected,
        known: options.known.as_ref().map(|path| path.display().to_string()),
    }
}

fn real(scale: u32) -> String {
    if scale == 1 { "real".into() } else { format!("real, {scale} times fast") }
}

/// A word as a shell wants it: quoted only if it has to be.
pub(super) fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) { text.into() } else { crate::report::shell_quoted(text) }
}

/// What has to follow `zaqarcheck run ID` to repeat one case of this run.
fn rerun(options: &RunOptions) -> String {
    let mut words = Vec::new();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), word(&value)]);
    if options.selection.suite != Path::new(default_suite()) {
        option("--suite", options.selection.suite.display().to_string());
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
    if let Some(scale) = options.time_scale {
        option("--time-scale", scale.to_string());
    }
    if let Some(accelerate) = options.accelerate {
        option("--accelerate", accelerate.to_string());
    }
    options.capability.iter().for_each(|capability| words.extend(["--capability".into(), capability.to_string()]));
    if !options.command.is_empty() {
        words.push("--".into());
        words.extend(options.command.iter().map(|part| word(part)));
    }
    words.join(" ")
}
