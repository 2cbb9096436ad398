//! Takes a policy and the circumstances under which it is to serve.
//! Gives what bites about it, each concern with its number.
//! Never calls a policy good: it knows only what it was told to look for.

use serde_json::Value;

use super::sns::{DELAY_MAX_S, DELAY_MIN_S, RETRIES_MAX as SNS_RETRIES_MAX, SPAN_MAX_S};
use super::{End, Outcomes, Timeline};
use crate::policy::{BackoffFunction, Phase, Selected, Stop, Undefined};
use crate::protocol::{Deviation, Deviations};

/// Where a policy is to serve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Circumstances {
    /// The outage that messages have to survive, in seconds.
    pub outage_s: Option<u64>,
    /// Failing deliveries that begin each second.
    pub rate: Option<f64>,
    /// Workers that sleep through the retries of a delivery; ten in Zaqar. Source: commit, `max_notifier_workers`.
    pub workers: Option<u32>,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Messages are lost, or wait for others.
    Bites,
    /// Worth knowing.
    Notice,
}

/// One thing to know about a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concern {
    /// What it is called.
    pub name: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// The sentence, with the number in it.
    pub text: String,
}

/// Everything there is to say about the policy that counts, what bites first.
///
/// ```
/// use zaqarcheck::policy::Selected;
/// use zaqarcheck::protocol::Deviations;
/// use zaqarcheck::schedule::{Circumstances, lint};
/// let circumstances = Circumstances { outage_s: Some(600), ..Circumstances::default() };
/// let concerns = lint(&Selected::defaults(), circumstances, Deviations::NONE);
/// assert_eq!(concerns[0].name, "outage-outlasts-schedule");
/// ```
pub fn lint(selected: &Selected, circumstances: Circumstances, deviations: Deviations) -> Vec<Concern> {
    let timeline = Timeline::draw(selected.clone(), &Outcomes::never(), deviations);
    let rules = [
        breaks_off(&timeline),
        endless(&timeline),
        outage(&timeline, circumstances),
        workers(&timeline, circumstances),
        zero_minimum(selected, &timeline),
        http_errors(deviations),
        maximum_not_reached(selected, &timeline),
        same_function(selected, &timeline, deviations),
        no_jitter(&timeline),
        beyond_sns(&timeline),
    ];
    let mut concerns: Vec<Concern> = rules.into_iter().flatten().collect();
    concerns.sort_by_key(|concern| concern.weight);
    concerns
}

fn bites(name: &'static str, text: String) -> Option<Concern> {
    Some(Concern { name, weight: Weight::Bites, text })
}

fn notice(name: &'static str, text: String) -> Option<Concern> {
    Some(Concern { name, weight: Weight::Notice, text })
}

fn breaks_off(timeline: &Timeline) -> Option<Concern> {
    match timeline.end {
        // Has a rule of its own.
        End::Stopped(Stop::Undefined(Undefined::ZeroMinimum)) => None,
        End::Stopped(stop) => {
            bites("breaks-off", format!("the server gives up after {} retries with {stop}", timeline.retries()))
        }
        _ => None,
    }
}

fn endless(timeline: &Timeline) -> Option<Concern> {
    let text = || {
        let (retries, span_s) = (timeline.retries(), timeline.span_s());
        format!("there are more than {retries} retries; the {retries}th is {span_s} s after the first attempt")
    };
    (timeline.end == End::Cut).then(|| bites("endless", text())).flatten()
}

fn outage(timeline: &Timeline, circumstances: Circumstances) -> Option<Concern> {
    let outage_s = circumstances.outage_s?;
    let span_s = timeline.span_s();
    if timeline.end == End::Cut || span_s >= outage_s {
        return None;
    }
    let lost = outage_s - span_s;
    bites(
        "outage-outlasts-schedule",
        format!(
            "the last attempt is {span_s} s after the first: of an outage of {outage_s} s, every message is lost whose \
             first attempt falls into the first {lost} s"
        ),
    )
}

fn workers(timeline: &Timeline, circumstances: Circumstances) -> Option<Concern> {
    let rate = circumstances.rate?;
    let workers = circumstances.workers.unwrap_or(WORKERS);
    let hold_s = timeline.span_s();
    let busy = hold_s as f64 * rate;
    if busy < f64::from(workers) {
        return None;
    }
    bites(
        "workers-saturated",
        format!(
            "a delivery that fails holds its worker for {hold_s} s: {rate} of them a second want {busy:.1} workers and \
             there are {workers}, so healthy subscribers wait; they are enough for one in {:.0} s",
            hold_s as f64 / f64::from(workers)
        ),
    )
}

fn zero_minimum(selected: &Selected, timeline: &Timeline) -> Option<Concern> {
    let function = function_of(selected)?;
    let power = matches!(function, BackoffFunction::Geometric | BackoffFunction::Exponential);
    if !power || number(selected, "minimum_delay") != Some(0) {
        return None;
    }
    let (name, retries) = (function.name(), timeline.retries());
    match timeline.end {
        End::Stopped(stop) => bites(
            "zero-minimum",
            format!(
                "{name} from minimum_delay 0 divides by it: the server gives up after {retries} retries with {stop}"
            ),
        ),
        _ => bites(
            "zero-minimum",
            format!("{name} from minimum_delay 0 has no delays: {} retries in the backoff phase", 0),
        ),
    }
}

fn http_errors(deviations: Deviations) -> Option<Concern> {
    let text = "an answer of 500 to 599 ends the delivery at the first attempt: 0 retries, whatever the policy says";
    deviations.has(Deviation::HttpErrorNotRetried).then(|| bites("http-error-not-retried", text.into())).flatten()
}

fn maximum_not_reached(selected: &Selected, timeline: &Timeline) -> Option<Concern> {
    let last_s = backoff(timeline).last()?;
    let maximum_s = timeline.attempts.iter().rev().find(|attempt| attempt.phase() == Some(Phase::PostBackoff));
    if function_of(selected)? != BackoffFunction::Linear || timeline.end == End::Cut {
        return None;
    }
    let after = match maximum_s.and_then(|attempt| attempt.retry) {
        Some(retry) => format!("{} s is waited for only by maximum_delay_retries", retry.delay_s),
        None => "without maximum_delay_retries maximum_delay is never waited for".into(),
    };
    notice("maximum-not-reached", format!("linear stops below maximum_delay: its last delay is {last_s} s; {after}"))
}

fn same_function(selected: &Selected, timeline: &Timeline, deviations: Deviations) -> Option<Concern> {
    let (own, twin) = match function_of(selected)? {
        BackoffFunction::Exponential => (BackoffFunction::Exponential, BackoffFunction::Geometric),
        BackoffFunction::Geometric => (BackoffFunction::Geometric, BackoffFunction::Exponential),
        _ => return None,
    };
    let Selected::Policy(keys) = selected else { return None };
    let mut keys = keys.clone();
    keys.insert("retry_backoff_function".into(), twin.name().into());
    let other = Timeline::draw(Selected::Policy(keys), &Outcomes::never(), deviations);
    let count = backoff(timeline).count();
    let differ = backoff(timeline).zip(backoff(&other)).filter(|(own, twin)| own != twin).count();
    (count > 0)
        .then(|| {
            let text =
                format!("{} and {} are one curve here: {differ} of {count} delays differ", own.name(), twin.name());
            notice("exponential-equals-geometric", text)
        })
        .flatten()
}

fn no_jitter(timeline: &Timeline) -> Option<Concern> {
    let retries = timeline.retries();
    let text = || {
        format!(
            "there is no jitter and no key for it: deliveries that fail together come back together at each \
             of {retries} retries"
        )
    };
    (retries > 0).then(|| notice("no-jitter", text())).flatten()
}

fn beyond_sns(timeline: &Timeline) -> Option<Concern> {
    let beyond = beyond(timeline);
    (!beyond.is_empty())
        .then(|| notice("not-expressible-in-sns", format!("AWS SNS would refuse it: {}", beyond.join("; "))))
        .flatten()
}

/// What of a schedule is outside the limits of AWS SNS.
pub(super) fn beyond(timeline: &Timeline) -> Vec<String> {
    let (retries, span_s) = (timeline.retries(), timeline.span_s());
    let delays =
        || timeline.attempts.iter().filter_map(|attempt| attempt.retry).filter(|r| r.phase != Phase::Immediate);
    let short = delays().filter(|retry| retry.delay_s < DELAY_MIN_S).count();
    let longest = delays().map(|retry| retry.delay_s).max().unwrap_or_default();
    let more = if timeline.end == End::Cut { "more than " } else { "" };
    let checks = [
        (retries > SNS_RETRIES_MAX).then(|| format!("{more}{retries} retries, at most {SNS_RETRIES_MAX}")),
        (span_s > SPAN_MAX_S).then(|| format!("{more}{span_s} s in all, at most {SPAN_MAX_S}")),
        (longest > DELAY_MAX_S).then(|| format!("a delay of {longest} s, at most {DELAY_MAX_S}")),
        (short > 0).then(|| format!("{short} delays shorter than {DELAY_MIN_S} s outside the immediate phase")),
    ];
    checks.into_iter().flatten().collect()
}

fn backoff(timeline: &Timeline) -> impl Iterator<Item = u64> {
    let retries = timeline.attempts.iter().filter_map(|attempt| attempt.retry);
    retries.filter(|retry| retry.phase == Phase::Backoff).map(|retry| retry.delay_s)
}

/// The function that a policy names, linear if it names none.
pub(super) fn function_of(selected: &Selected) -> Option<BackoffFunction> {
    let Selected::Policy(keys) = selected else { return None };
    match keys.get("retry_backoff_function") {
        None => Some(BackoffFunction::Linear),
        Some(name) => BackoffFunction::named(name.as_str()?),
    }
}

fn number(selected: &Selected, key: &str) -> Option<i64> {
    let Selected::Policy(keys) = selected else { return None };
    keys.get(key).and_then(Value::as_i64)
}

/// Source: commit, the default of `max_notifier_workers`.
const WORKERS: u32 = 10;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Profile;

    #[track_caller]
    fn check(policy: &Value, circumstances: Circumstances, profile: Profile, expected: &[&str]) {
        let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
        let concerns = lint(&selected, circumstances, profile.deviations());
        let names: Vec<&str> = concerns.iter().map(|concern| concern.name).collect();
        assert_eq!(names, expected, "{policy} {concerns:#?}");
    }

    #[test]
    fn every_concern_has_its_cause() {
        let calm = Circumstances::default();
        let usual = ["maximum-not-reached", "no-jitter"];
        let documented = |policy, expected: &[&str]| check(&policy, calm, Profile::Documented, expected);
        documented(json!({}), &usual);
        documented(json!({"retry_backoff_function": "arithmetic"}), &["no-jitter"]);
        documented(json!({"retry_backoff_function": "geometric"}), &["exponential-equals-geometric", "no-jitter"]);
        documented(
            json!({"retry_backoff_function": "geometric", "minimum_delay": 0}),
            &["zero-minimum", "no-jitter", "not-expressible-in-sns"],
        );
        documented(json!({"maximum_delay": 3_600}), &["maximum-not-reached", "no-jitter", "not-expressible-in-sns"]);
        documented(json!({"retries_with_no_delay": i64::MAX}), &["endless", "no-jitter", "not-expressible-in-sns"]);
        check(&json!({}), calm, Profile::Zaqar23, &["http-error-not-retried", usual[0], usual[1]]);
    }

    #[test]
    fn limits_are_met_exactly() {
        let usual = ["maximum-not-reached", "no-jitter"];
        let with = |first| [&[first], &usual[..]].concat();
        let outage = |seconds| Circumstances { outage_s: Some(seconds), ..Circumstances::default() };
        check(&json!({}), outage(180), Profile::Documented, &usual);
        check(&json!({}), outage(181), Profile::Documented, &with("outage-outlasts-schedule"));
        // 180 s times one in 18 s is ten workers.
        let rate = |rate| Circumstances { rate: Some(rate), ..Circumstances::default() };
        check(&json!({}), rate(0.055), Profile::Documented, &usual);
        check(&json!({}), rate(0.056), Profile::Documented, &with("workers-saturated"));
        let many = Circumstances { workers: Some(11), ..rate(0.056) };
        check(&json!({}), many, Profile::Documented, &usual);
    }

    #[test]
    fn the_numbers_are_said() {
        let policy = json!({"retry_backoff_function": "exponential", "minimum_delay": 1, "maximum_delay": 3_600});
        let selected = Selected::Policy(policy.as_object().expect("it is an object").clone());
        let circumstances = Circumstances { outage_s: Some(1_000_000), rate: Some(0.1), workers: None };
        let said = lint(&selected, circumstances, Profile::Zaqar23.deviations());
        let lines: Vec<String> = said.iter().map(|concern| format!("{}: {}", concern.name, concern.text)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
