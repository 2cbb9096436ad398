//! Takes a schedule in one system's words: Zaqar's policy, AWS SNS's, or a plain list of delays.
//! Gives it in another's, with the formulas that were assumed and everything that is lost.
//! Never hides a difference: both schedules are drawn and compared.

use serde_json::{Map, Value, json};

use super::lint::{beyond, function_of};
use super::sns::{FORMULAS, HealthyRetryPolicy, RETRIES_MAX, SPAN_MAX_S};
use super::{End, Outcomes, Timeline};
use crate::policy::{BackoffFunction, Phase, Selected, default, validate};
use crate::protocol::Deviations;

/// A schedule as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Seconds before each retry.
    List(Vec<u64>),
    /// A delivery policy of AWS SNS.
    Sns {
        /// Its retries.
        policy: HealthyRetryPolicy,
        /// Whether it is a topic's, and its subscriptions have nothing to say.
        disable_overrides: bool,
        /// Keys that have no counterpart.
        unheeded: Vec<String>,
    },
    /// A delivery policy of Zaqar.
    Zaqar(Value),
}

/// What to convert to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// Seconds before each retry.
    List,
    /// AWS SNS.
    Sns,
    /// Zaqar.
    Zaqar,
}

impl System {
    /// Every system.
    pub const ALL: [Self; 3] = [Self::List, Self::Sns, Self::Zaqar];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Sns => "sns",
            Self::Zaqar => "zaqar",
        }
    }
}

/// A schedule in other words.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The document to store.
    pub document: Value,
    /// What was assumed and what is lost, a sentence each.
    pub notes: Vec<String>,
}

/// Converts; `deviations` say whose arithmetic Zaqar's side follows.
///
/// # Errors
/// Why the other system can't hold such a schedule, with the number.
pub fn convert(source: &Source, to: System, deviations: Deviations) -> Result<Conversion, String> {
    let delays = delays_of(source, deviations)?;
    let mut notes = assumed(source, to);
    let (document, converted) = match (source, to) {
        (_, System::List) => (json!(delays), delays.clone()),
        (Source::Zaqar(policy), System::Zaqar) => (policy.clone(), delays.clone()),
        (Source::Sns { policy, disable_overrides, .. }, System::Sns) => {
            (sns(policy, *disable_overrides), delays.clone())
        }
        (Source::Zaqar(policy), System::Sns) => zaqar_to_sns(policy, deviations)?,
        (Source::Sns { policy, disable_overrides, .. }, System::Zaqar) => {
            sns_to_zaqar(policy, *disable_overrides, deviations, &mut notes)?
        }
        (Source::List(_), System::Zaqar) => nearest(&delays, |shape| {
            let policy = shape.zaqar();
            Some((policy.clone(), drawn(&policy, deviations).ok()?))
        })
        .ok_or("express the list: no range of delays that Zaqar accepts comes near it")?,
        (Source::List(_), System::Sns) if is_outside_sns(&delays) => return Err(outside_sns(&delays)),
        (Source::List(_), System::Sns) => nearest(&delays, |shape| {
            let policy = shape.sns(delays.len() as u64);
            policy.mistakes().is_empty().then(|| (sns(&policy, false), policy.delays()))
        })
        .ok_or("express the list: no policy that AWS SNS accepts comes near it")?,
    };
    notes.extend(differences(&delays, &converted));
    Ok(Conversion { document, notes })
}

fn delays_of(source: &Source, deviations: Deviations) -> Result<Vec<u64>, String> {
    match source {
        Source::List(delays) => Ok(delays.clone()),
        Source::Sns { policy, .. } => Ok(policy.delays()),
        Source::Zaqar(policy) => {
            let timeline = timeline(policy, deviations);
            match timeline.end {
                End::Cut => Err(format!("write down more than {} retries", timeline.retries())),
                _ => Ok(delays(&timeline)),
            }
        }
    }
}

fn assumed(source: &Source, to: System) -> Vec<String> {
    let mut notes = Vec::new();
    let from_sns = matches!(source, Source::Sns { .. });
    if from_sns || to == System::Sns {
        notes.push(format!("assumed: AWS publishes no formulas for its backoff functions; used are {FORMULAS}"));
    }
    if let (Source::Sns { unheeded, .. }, true) = (source, to != System::Sns) {
        notes.extend(unheeded.iter().map(|key| format!("lost: {key}, {} has no such thing", to.name())));
        notes.push("lost: the jitter that AWS adds, of a kind it does not tell".into());
    }
    if to == System::Sns && !from_sns {
        notes.push("changed: AWS adds jitter, of a kind it does not tell".into());
    }
    if let (Source::Zaqar(policy), true) = (source, to == System::List) {
        let flag = policy.get("ignore_subscription_override").is_some_and(|flag| flag == true);
        notes.extend(flag.then(|| "lost: ignore_subscription_override, a list has no such thing".into()));
    }
    notes
}

fn zaqar_to_sns(policy: &Value, deviations: Deviations) -> Result<(Value, Vec<u64>), String> {
    let timeline = timeline(policy, deviations);
    let beyond = beyond(&timeline);
    if !beyond.is_empty() {
        return Err(format!("express it in AWS SNS: {}", beyond.join("; ")));
    }
    if let End::Stopped(stop) = timeline.end {
        return Err(format!("convert it: the server breaks off after {} retries with {stop}", timeline.retries()));
    }
    let of = |phase| timeline.retries_of(phase) as u64;
    let delay = |key: &str, default: i64| policy.get(key).and_then(Value::as_i64).unwrap_or(default);
    let bound = |key, default| u64::try_from(delay(key, default)).unwrap_or(0);
    let selected = policy.as_object().map_or(Selected::Unusable, |keys| Selected::Policy(keys.clone()));
    let converted = HealthyRetryPolicy {
        min_delay_target: bound("minimum_delay", default::MINIMUM_DELAY_S),
        max_delay_target: bound("maximum_delay", default::MAXIMUM_DELAY_S),
        num_retries: timeline.retries() as u64,
        num_no_delay_retries: of(Phase::Immediate),
        num_min_delay_retries: of(Phase::PreBackoff),
        num_max_delay_retries: of(Phase::PostBackoff),
        backoff_function: function_of(&selected).unwrap_or(BackoffFunction::Linear).name().into(),
    };
    let mistakes: Vec<String> = converted.mistakes().iter().map(|(key, text)| format!("{key}: {text}")).collect();
    if !mistakes.is_empty() {
        return Err(format!("express it in AWS SNS: {}", mistakes.join("; ")));
    }
    let flag = policy.get("ignore_subscription_override").is_some_and(|flag| flag == true);
    Ok((sns(&converted, flag), converted.delays()))
}

fn sns_to_zaqar(
    policy: &HealthyRetryPolicy,
    disable_overrides: bool,
    deviations: Deviations,
    notes: &mut Vec<String>,
) -> Result<(Value, Vec<u64>), String> {
    let mut shape = Shape {
        no_delay: policy.num_no_delay_retries,
        minimum_retries: policy.num_min_delay_retries,
        minimum_s: policy.min_delay_target,
        maximum_s: policy.max_delay_target,
        maximum_retries: policy.num_max_delay_retries,
        function: BackoffFunction::named(&policy.backoff_function).unwrap_or(BackoffFunction::Linear),
    };
    if validate(&shape.zaqar(), deviations).is_err() {
        let widened = shape.minimum_s + WIDTH_MIN_S;
        let text = format!(
            "changed: maxDelayTarget {} to {widened}, Zaqar refuses a range narrower than {WIDTH_MIN_S} s",
            shape.maximum_s
        );
        notes.push(text);
        shape.maximum_s = widened;
    }
    let mut converted = shape.zaqar();
    if disable_overrides {
        converted["ignore_subscription_override"] = true.into();
    }
    let timeline = timeline(&converted, deviations);
    let (asked, given) = (policy.backoff_retries(), timeline.retries_of(Phase::Backoff));
    if asked != given as u64 {
        notes.push(format!(
            "changed: {asked} backoff retries to {given}; in Zaqar the range of delays fixes their number"
        ));
    }
    let delays = drawn(&converted, deviations)?;
    Ok((converted, delays))
}

/// What both systems can say, but for the number of backoff retries.
#[derive(Clone, Copy, Debug)]
struct Shape {
    no_delay: u64,
    minimum_retries: u64,
    minimum_s: u64,
    maximum_s: u64,
    maximum_retries: u64,
    function: BackoffFunction,
}

impl Shape {
    fn zaqar(&self) -> Value {
        json!({
            "retries_with_no_delay": self.no_delay,
            "minimum_delay_retries": self.minimum_retries,
            "minimum_delay": self.minimum_s,
            "maximum_delay": self.maximum_s,
            "maximum_delay_retries": self.maximum_retries,
            "retry_backoff_function": self.function.name(),
        })
    }

    fn sns(&self, retries: u64) -> HealthyRetryPolicy {
        HealthyRetryPolicy {
            min_delay_target: self.minimum_s,
            max_delay_target: self.maximum_s,
            num_retries: retries,
            num_no_delay_retries: self.no_delay,
            num_min_delay_retries: self.minimum_retries,
            num_max_delay_retries: self.maximum_retries,
            backoff_function: self.function.name().into(),
        }
    }
}

/// The document of the shape whose attempts come nearest to those of a list in time.
fn nearest(delays: &[u64], draw: impl Fn(Shape) -> Option<(Value, Vec<u64>)>) -> Option<(Value, Vec<u64>)> {
    let drawn = shapes(delays).into_iter().filter_map(draw);
    drawn.min_by_key(|(_, drawn)| {
        let late = lateness(delays, drawn).map_or(0, |(_, late, _)| late);
        let end = span(delays).abs_diff(span(drawn));
        late.max(end).saturating_add(delays.len().abs_diff(drawn.len()) as u64)
    })
}

/// What a list may have been meant as: zeros, a run of its shortest delay, something between, a run of its longest.
fn shapes(delays: &[u64]) -> Vec<Shape> {
    let run = |delays: &mut dyn Iterator<Item = &u64>, of: u64| delays.take_while(|delay| **delay == of).count() as u64;
    let no_delay = run(&mut delays.iter(), 0);
    let rest = &delays[no_delay as usize..];
    let minimum_s = rest.first().copied().unwrap_or(default::MINIMUM_DELAY_S as u64);
    let maximum_s = rest.last().copied().unwrap_or_default();
    let (first, last) = (run(&mut rest.iter(), minimum_s), run(&mut rest.iter().rev(), maximum_s));
    let some = |run: u64| [0, run.saturating_sub(2), run.saturating_sub(1), run];
    let mut shapes: Vec<Shape> = flat(delays, no_delay).into_iter().collect();
    for function in BackoffFunction::ALL {
        for minimum_retries in some(first) {
            for maximum_retries in some(last).into_iter().filter(|last| minimum_retries + last <= rest.len() as u64) {
                // Zaqar wants a wider range than a list may have, and linear stops short of the maximum.
                for maximum_s in [maximum_s, maximum_s.saturating_add(5), minimum_s.saturating_add(WIDTH_MIN_S)] {
                    shapes.push(Shape { no_delay, minimum_retries, minimum_s, maximum_s, maximum_retries, function });
                }
            }
        }
    }
    shapes
}

/// As many retries over the same time, all about as far apart: in Zaqar a wide range brings many retries with it.
fn flat(delays: &[u64], no_delay: u64) -> Option<Shape> {
    let retries = delays.len() as u64 - no_delay;
    let mean_s = span(delays).checked_div(retries)?;
    let minimum_s = mean_s.saturating_sub(WIDTH_MIN_S / 2);
    Some(Shape {
        no_delay,
        minimum_retries: (retries / 2).saturating_sub(1),
        minimum_s,
        maximum_s: minimum_s.saturating_add(WIDTH_MIN_S),
        maximum_retries: retries.div_ceil(2).saturating_sub(1),
        function: BackoffFunction::Linear,
    })
}

fn sns(policy: &HealthyRetryPolicy, disable_overrides: bool) -> Value {
    if disable_overrides {
        json!({"http": {"defaultHealthyRetryPolicy": policy, "disableSubscriptionOverrides": true}})
    } else {
        json!({"healthyRetryPolicy": policy})
    }
}

fn is_outside_sns(delays: &[u64]) -> bool {
    delays.len() > RETRIES_MAX || span(delays) > SPAN_MAX_S
}

/// Why AWS can't hold a list.
fn outside_sns(delays: &[u64]) -> String {
    let (retries, span_s) = (delays.len(), span(delays));
    format!("express {retries} retries over {span_s} s: AWS SNS takes at most {RETRIES_MAX} over {SPAN_MAX_S} s")
}

fn span(delays: &[u64]) -> u64 {
    delays.iter().fold(0, |sum, delay| sum.saturating_add(*delay))
}

/// In what two schedules differ, a sentence each.
fn differences(before: &[u64], after: &[u64]) -> Vec<String> {
    if before == after {
        return vec!["kept: every delay".into()];
    }
    let mut notes = Vec::new();
    if before.len() != after.len() {
        notes.push(format!("changed: {} retries to {}", before.len(), after.len()));
    }
    if span(before) != span(after) {
        notes.push(format!("changed: {} s from the first attempt to the last to {} s", span(before), span(after)));
    }
    if let Some((retry, _, (was, is))) = lateness(before, after).filter(|(_, late, _)| *late > 0) {
        notes.push(format!(
            "changed: retry {retry} comes {is} s after the first attempt instead of {was} s; no other is further off"
        ));
    }
    notes
}

/// The retry whose time differs most: its number, by how much, and both times.
fn lateness(before: &[u64], after: &[u64]) -> Option<(usize, u64, (u64, u64))> {
    let times = |delays: &[u64]| -> Vec<u64> {
        let sum = |at: &mut u64, delay: &u64| {
            *at = at.saturating_add(*delay);
            Some(*at)
        };
        delays.iter().scan(0, sum).collect()
    };
    let pairs = times(before).into_iter().zip(times(after));
    let late = (1..).zip(pairs).map(|(retry, (was, is))| (retry, was.abs_diff(is), (was, is)));
    late.reduce(|most, next| if next.1 > most.1 { next } else { most })
}

fn timeline(policy: &Value, deviations: Deviations) -> Timeline {
    let selected = policy.as_object().map_or(Selected::Unusable, |keys: &Map<_, _>| Selected::Policy(keys.clone()));
    Timeline::draw(selected, &Outcomes::never(), deviations)
}

fn delays(timeline: &Timeline) -> Vec<u64> {
    timeline.attempts.iter().filter_map(|attempt| attempt.retry).map(|retry| retry.delay_s).collect()
}

/// The delays of a policy that Zaqar accepts.
fn drawn(policy: &Value, deviations: Deviations) -> Result<Vec<u64>, String> {
    validate(policy, deviations).map_err(|refusal| format!("express it in Zaqar: {refusal:?}"))?;
    delays_of(&Source::Zaqar(policy.clone()), deviations)
}

/// The narrowest range, as a delay is written here.
const WIDTH_MIN_S: u64 = super::reading::WIDTH_MIN_S as u64;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &Source, to: System) -> String {
        match convert(source, to, Deviations::NONE) {
            Ok(conversion) => format!("{}\n  {}", conversion.document, conversion.notes.join("\n  ")),
            Err(error) => format!("cannot {error}"),
        }
    }

    fn sns_default() -> Source {
        Source::Sns {
            policy: HealthyRetryPolicy::default(),
            disable_overrides: false,
            unheeded: vec!["throttlePolicy".into()],
        }
    }

    #[test]
    fn every_loss_is_named() {
        let conversions = [
            said(&Source::Zaqar(json!({})), System::Sns),
            said(
                &Source::Zaqar(json!({"retry_backoff_function": "geometric", "ignore_subscription_override": true})),
                System::Sns,
            ),
            said(&Source::Zaqar(json!({"maximum_delay": 3_600})), System::Sns),
            said(&Source::Zaqar(json!({"minimum_delay": 0})), System::Sns),
            said(&Source::Zaqar(json!({"retries_with_no_delay": i64::MAX})), System::List),
            said(&Source::Zaqar(json!({})), System::List),
            said(&sns_default(), System::Zaqar),
            said(&sns_default(), System::List),
            said(&Source::List(vec![5, 300, 1_800, 7_200]), System::Zaqar),
            said(&Source::List(vec![5, 300, 1_800, 7_200]), System::Sns),
            said(&Source::List(vec![0, 10, 20, 40, 80, 80]), System::Sns),
            said(&Source::List(vec![u64::MAX]), System::Zaqar),
            said(&Source::List(vec![]), System::Zaqar),
        ];
        insta::assert_snapshot!(conversions.join("\n"));
    }

    #[test]
    fn a_list_of_a_policy_leads_back_to_its_delays() {
        for policy in [
            json!({}),
            json!({"retry_backoff_function": "geometric", "maximum_delay": 120}),
            json!({"retries_with_no_delay": 0, "minimum_delay_retries": 1, "retry_backoff_function": "arithmetic"}),
        ] {
            let delays = drawn(&policy, Deviations::NONE).expect("the policy is valid");
            let back = convert(&Source::List(delays), System::Zaqar, Deviations::NONE).expect("it was one");
            assert_eq!(back.notes, ["kept: every delay"], "{policy} {}", back.document);
        }
    }
}
