//! Takes scenarios, a target and reports to write.
//! Gives the reports and the exit code of the run.
//! Never judges: it reads, plays, writes, in that order.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use clap::Args;

use super::Error;
use super::deviation::RulesArgs;
use super::gate::Gate;
use super::interrupt::stopped;
use super::ledger::{read_ledger, read_ledger_to_update, unmatched, write_ledger};
use super::output::{Output, parse_report, tool};
use super::select::Selection;
use super::server_args::{Chosen, Engine, Named, ServerArgs};
use super::suite::default_suite;
use super::words::option;
use crate::report::Format;
use crate::runner::{
    Exit, Header, Ledger, Pace, Planned, Repeated, ScenarioFinished, cut_short, run_at_once, run_on_server,
    update_ledger,
};
use crate::scenario::Capability;
use crate::sim::{SimTarget, TurmoilTarget};
use crate::target::{Access, ModelTarget};

/// Options of `run`.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    selection: Selection,
    /// What to judge: `model`, `sim` or `turmoil` (the model as a server in a simulated network), or the address of a
    /// server such as http://127.0.0.1:8888, or a target file such as my-server.json, which says all about one.
    #[arg(long, value_name = "TARGET", env = "ZAQARCHECK_TARGET")]
    target: Option<String>,
    #[command(flatten)]
    rules: RulesArgs,
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
    /// What the server has been set up for: confirmation (it asks subscribers to confirm); may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = parse_capability)]
    capability: Vec<Capability>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(named: RunOptions) -> Result<Exit, Error> {
    // A command that repeats a case names the target file too, so what stands there need not be said again.
    let rerun = rerun(&named);
    let (options, access) = with_target_file(named)?;
    let chosen = choose(&options)?;
    let (plan, all_fit) = options.gate.fitting(options.selection.select()?, pace(&options, &chosen, &access))?;
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
fn pace(options: &RunOptions, chosen: &Chosen, access: &Access) -> Option<Pace> {
    Some(Pace { scale: chosen.scale()?, jobs: jobs_on_server(options), one_by_one: access.project.is_some() })
}

fn jobs_on_server(options: &RunOptions) -> u32 {
    options.jobs.unwrap_or(8)
}

fn choose(options: &RunOptions) -> Result<Chosen, Error> {
    let usage = |text: &str| Err(Error::Usage(text.into()));
    if options.update_known && options.known.is_none() {
        return usage("update a ledger that nobody named: use --known FILE, or `ledger` in the target file");
    }
    match options.server.choose(options.target.as_deref(), &Engine::ALL)? {
        Chosen::Virtual(_) if !options.capability.is_empty() => {
            usage("say what the model has: it has all that scenarios need")
        }
        chosen => Ok(chosen),
    }
}

fn parse_capability(name: &str) -> Result<Capability, String> {
    let known = |capability: &Capability| capability.to_string() == name;
    [Capability::Confirmation].into_iter().find(known).ok_or_else(|| "expected confirmation".into())
}

/// Fills in what the target file says and the command line does not; gives what it says about access besides.
fn with_target_file(mut options: RunOptions) -> Result<(RunOptions, Access), Error> {
    let Named { target, server, file, access } = options.server.named(options.target)?;
    (options.target, options.server) = (target, server);
    if options.capability.is_empty() {
        options.capability = file.capabilities;
    }
    if options.gate.baseline.is_none() {
        options.known = options.known.or_else(|| file.ledger.map(PathBuf::from));
    }
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
    if let Chosen::Virtual(engine) = chosen {
        let rounds = (0..options.repeat).flat_map(|_| play_virtually(options, engine, plan, ledger));
        let finished = rounds.filter_map(|record| repeated.take_in(record)).collect();
        let (finished, cut) = cut_short(finished, options.gate.patience());
        finished.iter().try_for_each(|case| output.tell(case))?;
        return Ok((finished, cut));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let mut stop = pin!(stopped());
        let reached = tokio::select! {
            biased;
            () = &mut stop => return Ok((Vec::new(), true)),
            reached = options.server.reach(&chosen, access, jobs_on_server(options), &options.capability) => reached?,
        };
        let ledger = ledger.cloned().map(Arc::new);
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
                Arc::clone(&reached.target),
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
        drop(reached);
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
    let deviations = options.rules.deviations();
    match engine {
        Engine::Model => run_at_once(plan, &ModelTarget { deviations }, ledger, jobs),
        Engine::Sim => run_at_once(plan, &SimTarget::new(deviations), ledger, jobs),
        Engine::Turmoil => run_at_once(plan, &TurmoilTarget { deviations }, ledger, jobs),
    }
}

fn header(options: &RunOptions, chosen: &Chosen, selected: usize) -> Header {
    Header {
        format: 1,
        tool: tool(),
        target: options.server.name_of(chosen),
        profile: matches!(chosen, Chosen::Virtual(_)).then(|| options.rules.name()),
        clock: chosen.clock(),
        scale: chosen.scale(),
        selected,
        known: options.known.as_ref().map(|path| path.display().to_string()),
    }
}

/// What has to follow `zaqarcheck run ID` to repeat one case of this run.
fn rerun(options: &RunOptions) -> String {
    let suite = Some(&options.selection.suite).filter(|suite| *suite != Path::new(default_suite()));
    let capabilities = options.capability.iter().flat_map(|capability| option("--capability", Some(capability)));
    let mut words: Vec<String> = option("--suite", suite.map(|suite| suite.display())).collect();
    words.extend(option("--target", options.target.as_ref()));
    words.extend(options.rules.words());
    words.extend(option("--known", options.known.as_ref().map(|known| known.display())));
    words.extend(options.server.words(capabilities));
    words.join(" ")
}
