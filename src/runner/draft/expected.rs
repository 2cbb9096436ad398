//! Takes a case that expects nothing, and what a target did with it.
//! Gives what a scenario has to expect so that the target passes it: attempts, delays in whole seconds, bodies.
//! Never takes what a busy machine added for the target's own delay.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::asked::number;
use crate::judge::{Attempt, Clockwork, Exchange, Observed, Timing, subject_of};
use crate::scenario::{Action, Case, Subject};
use crate::time::{Duration, Instant};

/// One message at one subscriber.
type Delivery = (String, usize);

/// The delays before the attempts of each delivery, in whole seconds; that before the first counts from the post.
#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    before: BTreeMap<Delivery, Vec<u64>>,
    /// Whether the machine may have made one of them out of a usual one.
    pub(super) doubtful: bool,
}

impl Delays {
    /// Each the longest of `usual_s` that has passed; where none fits, whole seconds as they were.
    pub(super) fn read(case: &Case, observed: &Observed, usual_s: &BTreeSet<u64>, clock: Clockwork) -> Self {
        let timing = Timing::among(case, usual_s.clone(), clock);
        let mut delays = Self::default();
        for delivery in all(case) {
            let mut before = Vec::new();
            for (index, (from, to)) in gaps_of(case, observed, &delivery).into_iter().enumerate() {
                let gap = to.since(from);
                let whole = (gap + timing.early(false)).as_secs();
                let usual = usual_s.range(..=whole).next_back().copied().unwrap_or(whole);
                let (late, tolerated) =
                    (gap.saturating_sub(Duration::from_secs(usual)), timing.late(Duration::from_secs(usual)));
                let excused = observed.lateness(from, to, late, 1) + tolerated >= late;
                // That a first attempt comes at once is not judged, so it need not be certain.
                delays.doubtful |= late > tolerated && excused && index > 0;
                before.push(if excused { usual } else { whole });
            }
            delays.before.insert(delivery, before);
        }
        delays
    }
}

/// What stands under `expect.deliveries`.
pub(super) fn deliveries(case: &Case, observed: &Observed, delays: &Delays) -> Vec<Value> {
    let bodies = bodies(case);
    let one = |(delivery, before): (&Delivery, &Vec<u64>)| {
        let (subscriber, message) = delivery;
        let mut expected = json!({ "subscriber": subscriber, "message": message, "attempts": before.len() });
        let (first, rest) = before.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
        if !rest.is_empty() {
            expected["delays_s"] = rest.into();
        }
        if first > 0 {
            expected["first_at_s"] = number(first as f64);
        }
        let body = Value::from(Map::from_iter([("body".to_owned(), bodies[*message].clone())]));
        let attempts = attempts(case, observed, delivery);
        let carries =
            |attempt: &&Attempt| attempt.request.json().is_some_and(|seen| seen.get("body") == body.get("body"));
        if !attempts.is_empty() && attempts.iter().all(carries) {
            expected["body"] = body;
        }
        expected
    };
    delays.before.iter().map(one).collect()
}

/// A line for each delivery: how many attempts, after which delays, and how the subscriber met them.
pub(super) fn seen(case: &Case, observed: &Observed) -> Vec<String> {
    let one = |expected: &crate::scenario::ExpectedDelivery| {
        let (subscriber, message) = (&expected.subscriber, expected.message.unwrap_or_default());
        let ending = if expected.attempts == 1 { "attempt" } else { "attempts" };
        let mut line = format!("{subscriber}, message {message}: {} {ending}", expected.attempts);
        let delays = expected.delays_s.iter().filter_map(|delay| delay.accepted().first());
        let delays: Vec<String> = delays.map(ToString::to_string).collect();
        if let Some(first) = expected.first_at_s {
            line += &format!(", the first after {first} s");
        }
        if !delays.is_empty() {
            line += &format!(", the others after {} s", delays.join(" "));
        }
        let attempts = attempts(case, observed, &(subscriber.clone(), message));
        if let Some(last) = attempts.last() {
            line += &format!("; the last met {}", last.behaviour);
        }
        line
    };
    case.expect.deliveries.iter().map(one).collect()
}

/// Every silence of a delivery, that between the post and its first attempt included.
pub(super) fn gaps(case: &Case, observed: &Observed) -> Vec<Duration> {
    let gaps = all(case).into_iter().flat_map(|delivery| gaps_of(case, observed, &delivery));
    gaps.map(|(from, to)| to.since(from)).collect()
}

fn gaps_of(case: &Case, observed: &Observed, delivery: &Delivery) -> Vec<(Instant, Instant)> {
    let attempts = attempts(case, observed, delivery);
    let ends = attempts.iter().map(|attempt| attempt.ended);
    let before = std::iter::once(posted(case, observed)).chain(ends);
    before.zip(attempts.iter().map(|attempt| attempt.arrived)).collect()
}

fn attempts<'a>(case: &Case, observed: &'a Observed, (subscriber, message): &Delivery) -> Vec<&'a Attempt> {
    let ours = |attempt: &&Attempt| {
        attempt.subscriber == *subscriber && subject_of(case, attempt) == Some(Subject::Message(*message))
    };
    observed.attempts.iter().filter(ours).collect()
}

/// Each message at each subscriber.
fn all(case: &Case) -> Vec<Delivery> {
    let messages = bodies(case).len();
    let of = |name: &String| (0..messages).map(|message| (name.clone(), message)).collect::<Vec<_>>();
    case.subscribers.keys().flat_map(of).collect()
}

fn bodies(case: &Case) -> Vec<Value> {
    let posted = case.steps.iter().filter_map(|step| match &step.action {
        Action::Post(post) => Some(&post.messages),
        _ => None,
    });
    posted.flatten().map(|message| message.body.clone()).collect()
}

/// When the post was sent, which is the last step.
fn posted(case: &Case, observed: &Observed) -> Instant {
    let is_post = |exchange: &&Exchange| matches!(case.steps[exchange.step].action, Action::Post(_));
    observed.exchanges.iter().find(is_post).map_or(Instant::START, |exchange| exchange.sent)
}
