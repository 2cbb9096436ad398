//! Takes the id of a scenario or of one of its cases.
//! Gives it as people read it: requirements, scripts, requests, and when each attempt is expected.
//! Never plays it: times are added up from what the file expects.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Error;
use super::output::terminal;
use super::select::select;
use super::suite::default_suite;
use crate::runner::{Exit, Planned};
use crate::scenario::{
    Action, Case, ExpectedAnswer, ExpectedDelivery, MAIN_PROJECT, OneOrMany, Scenario, Step, Subject,
};
use crate::target::{Bindings, fill};
use crate::time::Duration;

/// Options of `show`.
#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    /// The id of a scenario or of a case, or the path of a scenario.
    #[arg(value_name = "ID")]
    id: String,
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &ShowOptions) -> Result<Exit, Error> {
    let plan = select(&options.suite, std::slice::from_ref(&options.id))?;
    let mut out = terminal();
    let mut shown = None;
    for planned in &plan {
        if shown != Some(&planned.scenario.id) {
            scenario(&mut out, planned)?;
            shown = Some(&planned.scenario.id);
        }
        if planned.case.id != planned.scenario.id {
            writeln!(out, "\n{}", planned.case.id)?;
        }
        case(&mut out, &planned.case)?;
    }
    out.flush()?;
    Ok(Exit::Conforms)
}

fn scenario(out: &mut impl Write, planned: &Planned) -> io::Result<()> {
    let Scenario { id, title, level, file, killed_by, needs, .. } = &*planned.scenario;
    writeln!(out, "{id}: {title}\nlevel {level}; {file}")?;
    if !needs.is_empty() {
        let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
        writeln!(out, "needs {}", needs.join(", "))?;
    }
    writeln!(out, "\nRequirements")?;
    for requirement in &planned.requirements {
        let (id, level, text) = (&requirement.id, requirement.level, &requirement.text);
        writeln!(out, "  {id} ({level}): {text}\n    {}, {}", requirement.source, requirement.locator)?;
    }
    if !killed_by.is_empty() {
        writeln!(out, "\nCatches servers with")?;
        for deviation in killed_by {
            writeln!(out, "  {deviation}: {}", deviation.sentence())?;
        }
    }
    Ok(())
}

fn case(out: &mut impl Write, case: &Case) -> io::Result<()> {
    if !case.subscribers.is_empty() {
        writeln!(out, "\nSubscribers")?;
        for (name, script) in &case.subscribers {
            let script: Vec<String> = script.iter().map(ToString::to_string).collect();
            writeln!(out, "  {name}: {}; the last one repeats", script.join(", then "))?;
        }
    }
    writeln!(out, "\nSteps")?;
    let addresses = case.subscribers.keys().map(|name| (name.clone(), format!("<{name}>"))).collect();
    let mut bindings = Bindings::new("show", case, addresses);
    for (index, step) in case.steps.iter().enumerate() {
        if let Action::Subscribe(subscribe) = &step.action {
            let name = subscribe.name.as_ref().or(subscribe.to.as_ref());
            bindings.subscribed(subscribe, &format!("<{}>", name.map_or("subscription", String::as_str)));
        }
        self::step(out, index, step, &bindings)?;
    }
    for expected in &case.expect.deliveries {
        delivery(out, case, expected)?;
    }
    for (subscriber, order) in &case.expect.arrivals {
        writeln!(out, "\nMessages arrive at {subscriber} in the order {order:?}")?;
    }
    writeln!(out, "\nThen silence for {} s; {} s in all.", case.expect.quiet_s, case.forecast().as_secs_f64())
}

fn step(out: &mut impl Write, index: usize, step: &Step, bindings: &Bindings) -> io::Result<()> {
    let at = step.at.map(|at| format!(" at {} s", at.as_secs_f64())).unwrap_or_default();
    if let Action::Advance(duration) = step.action {
        return writeln!(out, "  [{index}]{at} wait {} s", duration.as_secs_f64());
    }
    if let Action::Network(disruption) = &step.action {
        return writeln!(out, "  [{index}]{at} network: {disruption}");
    }
    let request = fill(&step.action, bindings);
    let project = request.header("x-project-id").and_then(|id| Some(id.split_once('-')?.1));
    let tenant = project.filter(|project| *project != MAIN_PROJECT);
    let tenant = tenant.map(|tenant| format!(" as {tenant}")).unwrap_or_default();
    writeln!(out, "  [{index}]{at} {} {}{tenant}", request.method, request.target)?;
    if let Some(body) = request.json() {
        writeln!(out, "      {body}")?;
    }
    match &step.expect {
        None => Ok(()),
        Some(ExpectedAnswer { status, body }) => {
            let status = accepted(status.accepted());
            let body = body.as_ref().map(|body: &Value| format!(" {body}")).unwrap_or_default();
            writeln!(out, "      expects {status}{body}")
        }
    }
}

/// A row for each attempt; where several gaps are accepted, times go by the first.
fn delivery(out: &mut impl Write, case: &Case, expected: &ExpectedDelivery) -> io::Result<()> {
    let ExpectedDelivery { subscriber, attempts, delays_s, first_at_s, body, body_text, headers, .. } = expected;
    let subject = match expected.subject() {
        Subject::Message(number) => format!("Message {number}"),
        confirmation => confirmation.to_string(),
    };
    let plural = if *attempts == 1 { "attempt" } else { "attempts" };
    writeln!(out, "\n{subject} at {subscriber}: {attempts} {plural}")?;
    if *attempts > 0 {
        writeln!(out, "  attempt       gap      time")?;
    }
    let mut time = Duration::from_secs_f64(first_at_s.unwrap_or_default());
    for index in 0..*attempts as usize {
        let gap = index.checked_sub(1).and_then(|before| delays_s.get(before)).map(OneOrMany::accepted);
        time += gap.and_then(|gap| gap.first()).map(|gap| Duration::from_secs(*gap)).unwrap_or_default();
        let gap = gap.map(|gap| format!("{} s", accepted(gap))).unwrap_or_default();
        writeln!(out, "  {:>7} {gap:>9} {:>7} s", index + 1, time.as_secs_f64())?;
        time += case.subscribers.get(subscriber).map_or(Duration::ZERO, |script| script.at(index).duration());
    }
    if let Some(body) = body {
        writeln!(out, "  body has {body}")?;
    }
    if let Some(text) = body_text {
        writeln!(out, "  body is {text}")?;
    }
    headers
        .iter()
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .try_for_each(|(name, value)| writeln!(out, "  header {name}: {value}"))
}

fn accepted<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
