//! Takes a seed, or a scenario file.
//! Gives what happens in it, a line for each request and each attempt, and what is broken.
//! Never cuts anything down: it shows the whole.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::Error;
use super::explore::ModelArgs;
use super::seed::parse_seed;
use super::select::select;
use super::suite::default_suite;
use crate::explore::{Plan, Play, View, violations};
use crate::judge::{Attempt, Exchange, Observed, subject_of};
use crate::runner::{Exit, is_there};
use crate::scenario::Case;
use crate::time::Instant;

/// Options of `replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    /// A scenario file, or a seed in hex, or a commit.
    #[arg(value_name = "FILE|SEED")]
    what: String,
    #[command(flatten)]
    model: ModelArgs,
    /// The folder of the suite, whose register files cite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &ReplayOptions) -> Result<Exit, Error> {
    let on = options.model.engine();
    let mut out = BufWriter::new(anstream::stdout().lock());
    let mut exit = Exit::Conforms;
    if is_there(Path::new(&options.what)) {
        for planned in select(&options.suite, std::slice::from_ref(&options.what))? {
            writeln!(out, "{}: {}", planned.case.id, planned.scenario.title)?;
            trace(&planned.case, &on.play(&planned.case)?, &mut out)?;
        }
    } else {
        let plan = Plan::draw(parse_seed(&options.what).map_err(Error::Usage)?, &on.able());
        writeln!(out, "seed {:x}: {}", plan.seed, plan.swarm)?;
        let case = Arc::new(plan.case);
        let observed = on.play(&case)?;
        trace(&case, &observed, &mut out)?;
        for violation in violations(&View::new(&case, &observed)) {
            writeln!(out, "{} ({}): {}", violation.invariant, <&str>::from(violation.nature), violation.text)?;
            exit = Exit::Deviates;
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Scripts first, then every event in the order of time.
fn trace(case: &Case, observed: &Observed, out: &mut impl Write) -> Result<(), Error> {
    for (name, script) in &case.subscribers {
        let behaviours: Vec<String> = script.iter().map(ToString::to_string).collect();
        writeln!(out, "{name}: {}", behaviours.join(", "))?;
    }
    let asked = observed.exchanges.iter().map(|exchange| (exchange.sent, asked(exchange)));
    let arrived = observed.attempts.iter().map(|attempt| (attempt.arrived, arrived(case, attempt)));
    let mut events: Vec<(Instant, String)> = asked.chain(arrived).collect();
    events.sort_by_key(|(at, _)| *at);
    for (at, event) in events {
        writeln!(out, "{:>12}  {event}", at.to_string())?;
    }
    Ok(writeln!(out, "{:>12}  over", observed.ended.to_string())?)
}

fn asked(exchange: &Exchange) -> String {
    let body = String::from_utf8_lossy(&exchange.request.body);
    let line = format!("{} {} {body}", exchange.request.method, exchange.request.target);
    format!("client    {} -> {}", line.trim_end(), exchange.response.status)
}

fn arrived(case: &Case, attempt: &Attempt) -> String {
    let subject = subject_of(case, attempt).map_or_else(|| "unknown".into(), |subject| subject.to_string());
    format!("{:9} {subject}: {}, ended at {}", attempt.subscriber, attempt.behaviour, attempt.ended)
}
