//! Takes a case.
//! Gives the cases in which one of its numbers is smaller: a time, a silence, a latency, a count or a delay of a policy, a lifetime.
//! Never touches the silence at the end: an attempt that is cut off by it would look like one that is missing.

use serde_json::Value;

use crate::scenario::{Action, Behaviour, Case, Script};
use crate::time::Duration;

/// Every number once at nothing, and once at half of it.
pub(super) fn shorter(case: &Case) -> Vec<Case> {
    let mut smaller = times(case);
    smaller.extend(silences(case));
    for (index, step) in case.steps.iter().enumerate() {
        for action in fewer(&step.action) {
            let mut case = case.clone();
            case.steps[index].action = action;
            smaller.push(case);
        }
    }
    smaller
}

/// Steps that are taken earlier.
fn times(case: &Case) -> Vec<Case> {
    let mut smaller = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        for at in step.at.into_iter().flat_map(less_time) {
            let mut case = case.clone();
            case.steps[index].at = Some(at);
            smaller.push(case);
        }
    }
    smaller
}

/// Subscribers that take less time over an attempt.
fn silences(case: &Case) -> Vec<Case> {
    let mut smaller = Vec::new();
    for (name, script) in &case.subscribers {
        let behaviours: Vec<Behaviour> = script.iter().cloned().collect();
        for (index, behaviour) in behaviours.iter().enumerate() {
            for quicker in quicker(behaviour) {
                let mut changed = behaviours.clone();
                changed[index] = quicker;
                let mut case = case.clone();
                case.subscribers.insert(name.clone(), Script::new(changed));
                smaller.push(case);
            }
        }
    }
    smaller
}

fn quicker(behaviour: &Behaviour) -> Vec<Behaviour> {
    let at_once = matches!(behaviour, Behaviour::Status(answer) if !answer.delay.is_zero()).then_some(Duration::ZERO);
    at_once
        .into_iter()
        .chain(less_time(behaviour.duration()))
        .filter_map(|time| match behaviour {
            Behaviour::Hang(_) => Some(Behaviour::Hang(time)),
            Behaviour::Refuse(_) => Some(Behaviour::Refuse(time)),
            Behaviour::SlowBody(_) => Some(Behaviour::SlowBody(time)),
            Behaviour::Status(answer) => {
                let mut answer = answer.clone();
                answer.delay = time;
                Some(Behaviour::Status(answer))
            }
            _ => None,
        })
        .collect()
}

/// The same request with one smaller number in one of its documents.
fn fewer(action: &Action) -> Vec<Action> {
    let (mut changed, mut found) = (action.clone(), Vec::new());
    for place in 0.. {
        let Some(number) = numbers(&mut changed).into_iter().nth(place) else { break };
        let Some(was) = number.as_i64() else { continue };
        for less in less_count(was) {
            let mut smaller = action.clone();
            if let Some(number) = numbers(&mut smaller).into_iter().nth(place) {
                *number = less.into();
            }
            found.push(smaller);
        }
    }
    found
}

/// Every number in the documents of a request but those that tell messages apart.
fn numbers(action: &mut Action) -> Vec<&mut Value> {
    let documents: Vec<&mut Value> = match action {
        Action::PatchQueue(patch) => vec![&mut patch.changes],
        Action::PatchSubscription(patch) => vec![&mut patch.changes],
        Action::Post(post) => post.messages.iter_mut().filter_map(|message| message.ttl.as_mut()).collect(),
        Action::PutQueue(put) => put.metadata.iter_mut().collect(),
        Action::Subscribe(subscribe) => subscribe.options.iter_mut().chain(&mut subscribe.ttl).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    documents.into_iter().for_each(|document| collect(document, &mut found));
    found
}

fn collect<'a>(document: &'a mut Value, found: &mut Vec<&'a mut Value>) {
    match document {
        Value::Number(_) => found.push(document),
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, found)),
        Value::Object(keys) => keys.values_mut().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Whole seconds below this one: people read them more easily, and no schedule has others.
fn less_time(time: Duration) -> Vec<Duration> {
    let seconds = less_count(i64::try_from(time.as_secs()).unwrap_or_default());
    seconds.into_iter().filter(|less| *less > 0).map(|less| Duration::from_secs(less.unsigned_abs())).collect()
}

/// Nothing, and half. Going down one by one would cost more plays than a smaller number is worth.
fn less_count(count: i64) -> Vec<i64> {
    match count {
        ..=0 => Vec::new(),
        1 => vec![0],
        _ => vec![0, count / 2],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::{Answer, PutQueue};

    #[test]
    fn a_count_shrinks_to_nothing_and_to_half() {
        assert_eq!(less_count(20), [0, 10]);
        assert_eq!(less_count(2), [0, 1]);
        assert_eq!(less_count(1), [0]);
        assert!(less_count(0).is_empty());
        assert!(less_count(-3).is_empty());
    }

    #[test]
    fn every_number_of_a_document_shrinks_alone() {
        let metadata = |first: i64, second: i64| json!({ "_retry_policy": { "a": first, "b": second, "c": "linear" } });
        let put = |metadata| {
            Action::PutQueue(PutQueue { queue: "q".into(), project: "main".into(), metadata: Some(metadata) })
        };
        let smaller = fewer(&put(metadata(2, 1)));
        let expected = [metadata(0, 1), metadata(1, 1), metadata(2, 0)].map(put);
        assert_eq!(format!("{smaller:?}"), format!("{expected:?}"));
    }

    #[test]
    fn a_silence_keeps_its_kind_and_lasts_at_least_a_second() {
        let seconds = |seconds| Behaviour::Hang(Duration::from_secs(seconds));
        assert_eq!(quicker(&seconds(30)), [seconds(15)]);
        assert_eq!(quicker(&seconds(1)), []);
        assert_eq!(quicker(&Behaviour::Reset), []);
        let late = |delay| Behaviour::Status(Answer { delay: Duration::from_secs(delay), ..Answer::of_status(503) });
        assert_eq!(quicker(&late(4)), [late(0), late(2)]);
        assert_eq!(quicker(&late(0)), []);
    }
}
