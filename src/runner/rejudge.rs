//! Takes a recorded run and a plan of the present suite.
//! Gives the records that the run would have had if this suite had judged it.
//! Never judges what was not asked: a case that would send other requests today can't be told from an old recording.

use serde_json::Value;

use super::doubt::is_doubtful;
use super::event::{AttemptRecord, ExchangeRecord, ResultKind, ScenarioFinished, Wall};
use super::mask::{mask, mask_text};
use super::plan::Planned;
use super::recording::Recording;
use super::{Ledger, ledger, record};
use crate::judge::{Attempt, Clockwork, Exchange, Noise, Observed, judge};
use crate::scenario::{Behaviour, Case, Script};
use crate::target::{Bindings, fill};
use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, HttpResponse};

/// Judges every planned case by what was recorded of it; one that can't be judged so is an error that says why.
pub fn rejudge(recording: &Recording, plan: &[Planned], ledger: Option<&Ledger>) -> Vec<ScenarioFinished> {
    let clock = recording.header.clockwork();
    let one = |planned: &Planned| match recording.case(&planned.case.id) {
        None => record::untested(planned, ResultKind::Error, "the recording does not have it".into()),
        Some(old) => rejudge_case(planned, old, ledger, clock),
    };
    plan.iter().map(one).collect()
}

fn rejudge_case(
    planned: &Planned,
    old: &ScenarioFinished,
    ledger: Option<&Ledger>,
    clock: Clockwork,
) -> ScenarioFinished {
    let case = &planned.case;
    if matches!(old.verdict, ResultKind::NotApplicable | ResultKind::Error) {
        return record::untested(planned, old.verdict, old.reason.clone().unwrap_or_default());
    }
    let observed = match observed(case, old) {
        Ok(observed) => observed,
        Err(reason) => return record::untested(planned, ResultKind::Error, reason),
    };
    let verdict = judge(case, &observed, clock);
    let finding = ledger::compare(ledger, planned, &verdict, clock);
    let mut new = record::finished(planned, observed, verdict, finding);
    if old.verdict == ResultKind::Inconclusive && is_doubtful(planned, &new) {
        // It was played more than once, and late at another place each time.
        new.verdict = ResultKind::Inconclusive;
    }
    let wall = Wall { noise: new.wall.noise, ..old.wall };
    ScenarioFinished { repeats: old.repeats, wall, ..new }
}

/// What was seen, as the target saw it; or why the recording does not tell it of this case.
fn observed(case: &Case, old: &ScenarioFinished) -> Result<Observed, String> {
    let bindings = recorded_bindings(case, old);
    let exchanges = old
        .exchanges
        .iter()
        .map(|exchange| recorded_exchange(case, &bindings, exchange))
        .collect::<Result<Vec<_>, _>>();
    let exchanges = exchanges?;
    check_steps(case, &exchanges)?;
    old.attempts.iter().try_for_each(|attempt| check_script(case, attempt))?;
    Ok(Observed {
        exchanges,
        attempts: old.attempts.iter().map(|attempt| recorded_attempt(case, attempt)).collect(),
        noise: recorded_noise(old),
        ended: instant(old.elapsed_s),
    })
}

/// The names of the recorded run as far as requests hold them: what is masked need not be right.
fn recorded_bindings(case: &Case, old: &ScenarioFinished) -> Bindings {
    let addresses = case.subscribers.keys().map(|name| (name.clone(), format!("http://{name}.test/"))).collect();
    let mut bindings = Bindings::new("recorded", case, addresses);
    for attempt in &old.attempts {
        bindings.arrived(&attempt.subscriber, &recorded_attempt(case, attempt).request);
    }
    bindings
}

fn recorded_exchange(case: &Case, bindings: &Bindings, old: &ExchangeRecord) -> Result<Exchange, String> {
    let index = old.step.strip_prefix("steps[").and_then(|rest| rest.strip_suffix(']')?.parse::<usize>().ok());
    let index = index.filter(|index| case.steps.get(*index).is_some_and(|step| step.action.asks()));
    let step = index.ok_or_else(|| format!("{} sends nothing any more", old.step))?;
    let now = fill(&case.steps[step].action, bindings);
    // A body of `null` reads back as none.
    let masked = |body: Option<&Value>| body.filter(|body| !body.is_null()).map(mask);
    let same_body = masked(now.json().as_ref()) == masked(old.body.as_ref());
    if !same_body || mask_text(&format!("{} {}", now.method, now.target)) != mask_text(&old.request) {
        return Err(format!("{} sends another request than it did when this was recorded", old.step));
    }
    // As it was sent, with the addresses of that run.
    let sent = old.body.as_ref().map_or(now.body, |body| body.to_string().into());
    let (method, target) = old.request.split_once(' ').unwrap_or((&old.request, ""));
    let body = |value: &Value| match value.as_str() {
        Some(text) if old.answer_is_text => text.to_owned().into(),
        _ => value.to_string().into(),
    };
    Ok(Exchange {
        step,
        sent: instant(old.at_s),
        request: HttpRequest { method: method.into(), target: target.into(), headers: Vec::new(), body: sent },
        response: HttpResponse {
            status: old.status,
            headers: old.answer_headers.clone(),
            body: old.answer.as_ref().map(body).unwrap_or_default(),
        },
    })
}

/// Every step has to have been played, unless one before it ended the case.
fn check_steps(case: &Case, exchanges: &[Exchange]) -> Result<(), String> {
    let mut played = exchanges.iter();
    for (index, step) in case.steps.iter().enumerate().filter(|(_, step)| step.action.asks()) {
        match played.next() {
            Some(exchange) if exchange.step != index => {
                return Err(format!("steps[{index}] stood elsewhere when this was recorded"));
            }
            // Nobody said what this answer must be, so the case ended here.
            Some(exchange) if step.expect.is_none() && !(200..=299).contains(&exchange.response.status) => break,
            Some(_) => {}
            None => return Err(format!("steps[{index}] was not played when this was recorded")),
        }
    }
    match played.next() {
        None => Ok(()),
        Some(exchange) => Err(format!("steps[{}] would not be played any more", exchange.step)),
    }
}

fn check_script(case: &Case, attempt: &AttemptRecord) -> Result<(), String> {
    let plays = |behaviour: &str| {
        let script = case.subscribers.get(&attempt.subscriber);
        script.is_some_and(|script| script.iter().any(|one| is_recorded_as(one, behaviour)))
    };
    if plays(&attempt.behaviour) {
        return Ok(());
    }
    Err(format!(
        "{} does not play {} any more, as it did when this was recorded",
        attempt.subscriber, attempt.behaviour
    ))
}

/// Whether this is the behaviour that was recorded; the keys of one that is an object may stand in any order.
fn is_recorded_as(behaviour: &Behaviour, recorded: &str) -> bool {
    let written = behaviour.to_string();
    let object = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    written == recorded || object(&written).is_some_and(|written| object(recorded) == Some(written))
}

fn recorded_attempt(case: &Case, old: &AttemptRecord) -> Attempt {
    let script = case.subscribers.get(&old.subscriber).into_iter().flat_map(Script::iter);
    let planned = script.filter(|one| is_recorded_as(one, &old.behaviour)).map(Behaviour::duration).next();
    Attempt {
        subscriber: old.subscriber.clone(),
        arrived: instant(old.at_s),
        ended: instant(old.ended_s),
        due: instant(old.at_s) + planned.unwrap_or_default(),
        request: HttpRequest {
            method: old.method.clone(),
            target: "/".into(),
            headers: old.headers.clone(),
            body: old.body.clone().into(),
        },
        behaviour: old.behaviour.clone(),
    }
}

fn recorded_noise(old: &ScenarioFinished) -> Vec<Noise> {
    let noise = |(at, late, stalled): &(u64, u64, u64)| Noise {
        at: Instant::after_start(Duration::from_micros(*at)),
        late: Duration::from_micros(*late),
        stalled: Duration::from_micros(*stalled),
    };
    old.wall.noise.iter().map(noise).collect()
}

/// How late the machine may have made what happened in a case between two of its times, in seconds.
pub(super) fn lateness_s(old: &ScenarioFinished, from_s: f64, to_s: f64) -> f64 {
    let observed = Observed { noise: recorded_noise(old), ..Observed::default() };
    let (from, to) = (instant(from_s), instant(to_s));
    observed.lateness(from, to, to.since(from), 1).as_secs_f64()
}

/// A recorded time, which is exact to the millisecond.
fn instant(seconds: f64) -> Instant {
    Instant::after_start(Duration::from_millis((seconds * 1000.0).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Answer;

    #[test]
    fn the_keys_of_a_recorded_answer_may_stand_in_any_order() {
        let headers = vec![("a".into(), "1".into()), ("b".into(), "2".into())];
        let answer = Answer { headers, delay: Duration::from_secs(2), ..Answer::of_status(503) };
        let check = |behaviour: Behaviour, recorded: &str, expected: bool| {
            assert_eq!(is_recorded_as(&behaviour, recorded), expected, "{behaviour} {recorded}");
        };
        let answer = Behaviour::Status(answer);
        check(answer.clone(), r#"{"status":503,"headers":{"a":"1","b":"2"},"delay":"2s"}"#, true);
        check(answer.clone(), r#"{"delay": "2s", "headers": {"b": "2", "a": "1"}, "status": 503}"#, true);
        check(answer.clone(), r#"{"delay": "2s", "headers": {"b": "2"}, "status": 503}"#, false);
        check(answer, "status 503", false);
        check(Behaviour::Reset, "reset", true);
        check(Behaviour::Reset, "garbage", false);
    }
}
