//! Takes a case that breaks an invariant.
//! Gives the smallest case found that breaks the same one: fewer faults, subscribers, messages, steps; then shorter.
//! Never changes what kind of failure it is: a cut after which another invariant speaks first is not made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::outcome::{Play, broken};
use super::shorter::shorter;
use crate::scenario::{Action, Answer, Behaviour, Case, PatchSubscription, Script, Step};

/// More plays than this are not spent on one failure.
const PLAYS_MAX: usize = 3000;

/// A case cut down.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What is left.
    pub case: Arc<Case>,
    /// How many cases were played for it.
    pub plays: usize,
}

/// Cuts down `case`, whose first violation is of `invariant`.
pub fn shrink(case: &Case, invariant: &str, on: &impl Play) -> Shrunk {
    let mut shrinker = Shrinker { case: case.clone(), invariant, on, plays: 0 };
    while shrinker.round() {}
    Shrunk { case: Arc::new(shrinker.case), plays: shrinker.plays }
}

struct Shrinker<'a, P> {
    case: Case,
    invariant: &'a str,
    on: &'a P,
    plays: usize,
}

impl<P: Play> Shrinker<'_, P> {
    /// Tries every cut once; whether one was made.
    fn round(&mut self) -> bool {
        let passes: [fn(&Case) -> Vec<Case>; 7] =
            [calmer, fewer_subscribers, fewer_messages, fewer_steps, plainer, sooner, shorter];
        let mut any = false;
        for pass in passes {
            while let Some(smaller) = self.first_that_fails(pass(&self.case)) {
                self.case = smaller;
                any = true;
            }
        }
        any
    }

    fn first_that_fails(&mut self, candidates: Vec<Case>) -> Option<Case> {
        candidates.into_iter().find(|candidate| {
            self.plays += 1;
            self.plays <= PLAYS_MAX && self.still_fails(candidate)
        })
    }

    fn still_fails(&self, candidate: &Case) -> bool {
        let violations = broken(&Arc::new(candidate.clone()), self.on).unwrap_or_default();
        violations.first().is_some_and(|violation| violation.invariant == self.invariant)
    }
}

/// Scripts with fewer faults: none, one that stays, or one fewer.
fn calmer(case: &Case) -> Vec<Case> {
    let mut smaller = Vec::new();
    for (name, script) in &case.subscribers {
        let behaviours: Vec<&Behaviour> = script.iter().collect();
        let count = behaviours.len();
        let mut with = |behaviours: Vec<Behaviour>| {
            let mut case = case.clone();
            case.subscribers.insert(name.clone(), Script::new(behaviours));
            smaller.push(case);
        };
        let plain = || Behaviour::Status(Answer::of_status(200));
        if count > 1 || *behaviours[0] != plain() {
            with(vec![plain()]);
        }
        if count > 1 {
            with(behaviours[..count / 2].iter().copied().cloned().collect());
            with(vec![behaviours[count - 1].clone()]);
            for left_out in 0..count {
                let rest = behaviours.iter().enumerate().filter(|(index, _)| *index != left_out);
                with(rest.map(|(_, behaviour)| (*behaviour).clone()).collect());
            }
        }
        let closes = Behaviour::ReadThenClose;
        for (index, _) in behaviours.iter().enumerate().filter(|(_, old)| ***old != closes && ***old != plain()) {
            let mut changed: Vec<Behaviour> = behaviours.iter().copied().cloned().collect();
            changed[index] = closes.clone();
            with(changed);
        }
    }
    smaller
}

fn fewer_subscribers(case: &Case) -> Vec<Case> {
    let without = |name: &String| {
        let subscribes =
            |step: &Step| matches!(&step.action, Action::Subscribe(made) if made.to.as_ref() == Some(name));
        let mut case = case.clone();
        case.steps.retain(|step| !subscribes(step));
        tidy(case)
    };
    let mut smaller: Vec<Case> = case.subscribers.keys().map(without).collect();
    smaller.retain(|candidate| candidate.subscribers.len() < case.subscribers.len() && !candidate.steps.is_empty());
    smaller
}

fn fewer_messages(case: &Case) -> Vec<Case> {
    let mut smaller = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        let Action::Post(post) = &step.action else { continue };
        for left_out in 0..post.messages.len() {
            let mut post = post.clone();
            post.messages.remove(left_out);
            if !post.messages.is_empty() {
                smaller.push(with_action(case, index, Action::Post(post)));
            }
        }
    }
    smaller
}

fn fewer_steps(case: &Case) -> Vec<Case> {
    let without = |index: usize| {
        let mut case = case.clone();
        case.steps.remove(index);
        tidy(case)
    };
    (0..case.steps.len()).rev().filter(|_| case.steps.len() > 1).map(without).collect()
}

/// Policies, options and lifetimes with less in them, and a server that asks for less.
fn plainer(case: &Case) -> Vec<Case> {
    let mut smaller = Vec::new();
    if !case.needs.is_empty() {
        let mut plain = Case { needs: BTreeSet::new(), ..case.clone() };
        plain.steps.retain(|step| !matches!(step.action, Action::Confirm(_)));
        smaller.push(plain);
    }
    for (index, step) in case.steps.iter().enumerate() {
        match &step.action {
            Action::PutQueue(put) => {
                for metadata in less(put.metadata.as_ref()) {
                    smaller.push(with_action(
                        case,
                        index,
                        Action::PutQueue({
                            let mut put = put.clone();
                            put.metadata = metadata;
                            put
                        }),
                    ));
                }
            }
            Action::Subscribe(subscribe) => {
                let mut with = |change: &dyn Fn(&mut crate::scenario::Subscribe)| {
                    let mut plain = subscribe.clone();
                    change(&mut plain);
                    smaller.push(with_action(case, index, Action::Subscribe(plain)));
                };
                if subscribe.ttl.is_some() {
                    with(&|plain| plain.ttl = None);
                }
                for options in less(subscribe.options.as_ref()) {
                    with(&|plain| plain.options.clone_from(&options));
                }
            }
            Action::PatchQueue(patch) => {
                for value in less(patch.changes.pointer(POLICY_OF_CHANGES)) {
                    let mut patch = patch.clone();
                    patch.changes.pointer_mut(POLICY_OF_CHANGES).into_iter().for_each(|policy| {
                        *policy = value.clone().unwrap_or_else(|| Value::Object(Map::new()));
                    });
                    smaller.push(with_action(case, index, Action::PatchQueue(patch)));
                }
            }
            Action::PatchSubscription(patch) => {
                for changes in less(Some(&patch.changes)).into_iter().flatten() {
                    let patch = PatchSubscription { changes, ..patch.clone() };
                    smaller.push(with_action(case, index, Action::PatchSubscription(patch)));
                }
            }
            Action::Post(post) => {
                for (number, _) in post.messages.iter().enumerate().filter(|(_, message)| message.ttl.is_some()) {
                    let mut post = post.clone();
                    post.messages[number].ttl = None;
                    smaller.push(with_action(case, index, Action::Post(post)));
                }
            }
            _ => {}
        }
    }
    // A cut that empties a document which was empty already is none.
    smaller.retain(|candidate| format!("{:?}", candidate.steps) != format!("{:?}", case.steps));
    smaller
}

/// Where a change of a queue has its policy.
const POLICY_OF_CHANGES: &str = "/0/value";

/// A document without one of its keys, or one of the keys of its policy; nothing at all first.
fn less(document: Option<&Value>) -> Vec<Option<Value>> {
    let Some(Value::Object(keys)) = document else { return Vec::new() };
    let mut smaller = vec![None];
    for (key, value) in keys {
        if keys.len() > 1 {
            let mut rest = keys.clone();
            rest.shift_remove(key);
            smaller.push(Some(rest.into()));
        }
        for inner in value.as_object().into_iter().flat_map(|inner| inner.keys()) {
            let mut rest = keys.clone();
            rest.get_mut(key).and_then(Value::as_object_mut).and_then(|inner_keys| inner_keys.shift_remove(inner));
            smaller.push(Some(rest.into()));
        }
    }
    smaller
}

/// Steps without a time of their own.
fn sooner(case: &Case) -> Vec<Case> {
    let timed = case.steps.iter().enumerate().filter(|(_, step)| step.at.is_some());
    let at_once = timed.map(|(index, _)| {
        let mut case = case.clone();
        case.steps[index].at = None;
        case
    });
    at_once.collect()
}

fn with_action(case: &Case, index: usize, action: Action) -> Case {
    let mut case = case.clone();
    case.steps[index].action = action;
    case
}

/// The case without steps that speak of a subscription nobody makes, and without subscribers that nobody names.
pub(super) fn tidy(mut case: Case) -> Case {
    let mut made = BTreeSet::new();
    case.steps.retain(|step| match &step.action {
        Action::Subscribe(subscribe) => {
            made.extend(subscribe.name.clone());
            true
        }
        Action::Confirm(confirm) => made.contains(&confirm.subscription),
        Action::PatchSubscription(patch) => made.contains(&patch.subscription),
        Action::DeleteSubscription(delete) => made.contains(&delete.subscription),
        _ => true,
    });
    let subscribed = case.steps.iter().filter_map(|step| match &step.action {
        Action::Subscribe(subscribe) => subscribe.to.clone(),
        _ => None,
    });
    let mut named: BTreeSet<String> = subscribed.collect();
    let led_to = |script: &Script| script.iter().filter_map(leads_to).collect::<Vec<String>>();
    // Where nobody is subscribed, nobody has to be there.
    let more: Vec<String> = case
        .subscribers
        .iter()
        .filter(|(name, _)| named.contains(*name))
        .flat_map(|(_, script)| led_to(script))
        .collect();
    named.extend(more);
    let kept: BTreeMap<String, Script> = case
        .subscribers
        .into_iter()
        .filter(|(name, _)| named.contains(name))
        .map(|(name, script)| {
            let known = script.iter().filter(|behaviour| leads_to(behaviour).is_none_or(|to| named.contains(&to)));
            let known: Vec<Behaviour> = known.cloned().collect();
            (name, if known.is_empty() { Script::new(vec![Behaviour::ReadThenClose]) } else { Script::new(known) })
        })
        .collect();
    case.subscribers = kept;
    case
}

fn leads_to(behaviour: &Behaviour) -> Option<String> {
    match behaviour {
        Behaviour::Redirect { to, .. } => Some(to.clone()),
        _ => None,
    }
}
