//! Takes a small world.
//! Gives the case that shows it to a server: queues, subscriptions, posts at their times, and what each subscriber does
//! with each attempt; or why a server can't be shown it.
//! Never expects anything of the answers: the overlay tells what was different.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::posts::{Dealt, Posted, deliveries, posts};
use super::prediction::{Predicted, predict};
use crate::fleet::{Endless, Fails, Fate, Jitter, Nanos, Sender, Tried, Window, World};
use crate::policy::Selected;
use crate::scenario::{
    Action, Answer, Behaviour, Case, Expect, ExpectedDelivery, MAIN_PROJECT, NewMessage, OneOrMany, Post, PutQueue,
    Script, Step, Subscribe,
};
use crate::time::Duration;

/// Why a server can't be shown a world.
#[derive(Debug, thiserror::Error)]
pub enum Unplayable {
    /// Something in it is drawn.
    #[error("show this world to a server: it has {0}, and what is drawn here is not what is drawn there")]
    Chance(&'static str),
    /// Something in it is the sender's or the subscriber's own affair.
    #[error("show this world to a server: {0}")]
    Unsaid(&'static str),
    /// It is too large.
    #[error(
        "show this world to a server: {0} deliveries or attempts are too many; use at most {DELIVERIES_MAX} deliveries"
    )]
    TooMany(u64),
    /// Nothing is to be seen in it.
    #[error("show this world to a server: nothing is posted before the horizon")]
    Nothing,
    /// Some delivery is not over at the horizon.
    #[error(
        "show this world to a server: delivery {0} is not over at the horizon; raise it, so that its end can be seen"
    )]
    Unfinished(usize),
    /// A policy without end.
    #[error("play this world: {0}")]
    Endless(#[from] Endless),
}

/// More than that says nothing more about a server.
pub(super) const DELIVERIES_MAX: usize = 200;

/// A world as a case.
pub(super) struct Staged {
    pub case: Arc<Case>,
    pub posts: Vec<Posted>,
    pub dealt: Vec<Dealt>,
    /// The step of the first post; the others follow.
    pub first_post: usize,
}

/// Makes a case of a world; its first post is sent `setup` after the start.
pub(super) fn stage(world: &World, setup: Duration) -> Result<Staged, Unplayable> {
    check(world)?;
    let posts = posts(world)?;
    let first = posts.first().ok_or(Unplayable::Nothing)?.at;
    let dealt = deliveries(world, &posts)?;
    let predicted = predict(world)?;
    if let Some(delivery) = predicted.iter().position(|predicted| predicted.fate == Some(Fate::Unfinished)) {
        return Err(Unplayable::Unfinished(delivery));
    }
    let mut steps = queues(world);
    let first_post = steps.len();
    let mut message = 0;
    for post in &posts {
        let messages = (0..world.arrivals[post.arrivals].batch as usize).map(|place| body(message + place)).collect();
        message += world.arrivals[post.arrivals].batch as usize;
        let action = Action::Post(Post { queue: queue(post.arrivals), project: MAIN_PROJECT.into(), messages });
        // The world begins with its first post: nothing can be seen of what comes before.
        let at = setup + Duration::from_nanos(post.at - first);
        steps.push(Step { action, at: Some(at), expect: None });
    }
    let case = Case {
        id: "fleet/verify".into(),
        needs: Default::default(),
        subscribers: scripts(world, &dealt, &predicted),
        steps,
        expect: expect(&posts, &dealt, &predicted),
    };
    Ok(Staged { case: Arc::new(case), posts, dealt, first_post })
}

/// Refuses what a server can't be told.
fn check(world: &World) -> Result<(), Unplayable> {
    let random = |window: &Window| matches!(window, Window::Random { .. });
    if world.policies.iter().any(|policy| policy.jitter != Jitter::None) {
        return Err(Unplayable::Chance("a policy with jitter"));
    }
    for subscriber in &world.subscribers {
        if subscriber.down.iter().any(|down| random(&down.window))
            || subscriber.slow.iter().any(|slow| random(&slow.window))
        {
            return Err(Unplayable::Chance("outages at random times"));
        }
        if !subscriber.brownouts.is_empty() {
            return Err(Unplayable::Chance("a brown-out"));
        }
        if subscriber.capacity.is_some() {
            return Err(Unplayable::Unsaid("the capacity of a subscriber would depend on the machine"));
        }
        if subscriber.down.iter().any(|down| down.fails == Fails::Hang) {
            return Err(Unplayable::Unsaid("a subscriber that hangs holds a request for ever"));
        }
        if world.policies[subscriber.policy].selected == Selected::Unusable {
            return Err(Unplayable::Unsaid("a policy that is no object"));
        }
    }
    let (Sender::Sleeping { timeout, .. } | Sender::Rescheduling { timeout, .. }) = world.sender;
    if timeout.is_some() {
        return Err(Unplayable::Unsaid("the sender has a timeout, which no request to a server sets"));
    }
    Ok(())
}

/// The name of a subscriber in the case.
pub(super) fn subscriber(group: usize, member: u32) -> String {
    format!("s{group}-{member}")
}

fn queue(arrivals: usize) -> String {
    format!("arrivals-{arrivals}")
}

fn body(message: usize) -> NewMessage {
    NewMessage { body: json!({"zaqarcheck_message": message}), ttl: None }
}

/// A queue for each arrivals, and a subscription for each subscriber that they go to.
fn queues(world: &World) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = |action| steps.push(Step { action, at: None, expect: None });
    for (index, arrivals) in world.arrivals.iter().enumerate() {
        let project = || MAIN_PROJECT.to_owned();
        step(Action::PutQueue(PutQueue { queue: queue(index), project: project(), metadata: None }));
        for &group in &arrivals.to {
            let options = match &world.policies[world.subscribers[group].policy].selected {
                Selected::Policy(keys) if !keys.is_empty() => {
                    Some(json!({ "_retry_policy": Value::Object(keys.clone()) }))
                }
                _ => None,
            };
            for member in 0..world.subscribers[group].count {
                let to = subscriber(group, member);
                step(Action::Subscribe(Subscribe {
                    queue: queue(index),
                    project: project(),
                    name: Some(format!("{to}-of-{index}")),
                    to: Some(to),
                    uri: None,
                    ttl: None,
                    options: options.clone(),
                }));
            }
        }
    }
    steps
}

/// What each subscriber does with each attempt, in the order in which they are predicted to come.
fn scripts(world: &World, dealt: &[Dealt], predicted: &[Predicted]) -> BTreeMap<String, Script> {
    let mut tries: BTreeMap<String, Vec<Tried>> = BTreeMap::new();
    for (group, of) in world.subscribers.iter().enumerate() {
        tries.extend((0..of.count).map(|member| (subscriber(group, member), Vec::new())));
    }
    for (dealt, predicted) in dealt.iter().zip(predicted) {
        tries.entry(subscriber(dealt.group, dealt.member)).or_default().extend(&predicted.attempts);
    }
    let script = |mut tries: Vec<Tried>| {
        tries.sort_by_key(|tried| (tried.began, tried.delivery, tried.attempt));
        let mut behaviours: Vec<Behaviour> = tries.iter().map(behaviour).collect();
        if behaviours.is_empty() {
            behaviours.push(Behaviour::Status(Answer::of_status(200)));
        }
        Script::new(behaviours)
    };
    tries.into_iter().map(|(name, tries)| (name, script(tries))).collect()
}

/// A connection that is refused leaves no trace. One that is closed without an answer is the same to a server, and seen.
fn behaviour(tried: &Tried) -> Behaviour {
    let delay = Duration::from_nanos(tried.ended.saturating_sub(tried.began));
    match tried.status {
        Some(status) => Behaviour::Status(Answer { delay, ..Answer::of_status(status) }),
        None if delay.is_zero() => Behaviour::ReadThenClose,
        None => Behaviour::Hang(delay),
    }
}

/// How long is waited for each attempt. Nothing is judged by it.
fn expect(posts: &[Posted], dealt: &[Dealt], predicted: &[Predicted]) -> Expect {
    let mut longest = 0;
    let mut gap = |from: Nanos, to: Nanos| {
        let gap = to.saturating_sub(from).div_ceil(crate::fleet::SECOND);
        longest = longest.max(gap);
        OneOrMany::One(gap)
    };
    let mut one = |dealt: &Dealt, predicted: &Predicted| {
        let first = predicted.attempts.first()?;
        let gaps = predicted.attempts.windows(2).map(|pair| gap(pair[0].ended, pair[1].began));
        Some(ExpectedDelivery {
            subscriber: subscriber(dealt.group, dealt.member),
            message: Some(dealt.message),
            confirmation: None,
            attempts: u32::try_from(predicted.attempts.len()).expect("there are not many"),
            delays_s: gaps.collect(),
            first_at_s: Some(Duration::from_nanos(first.began - posts[dealt.post].at).as_secs_f64()),
            body: None,
            body_text: None,
            headers: BTreeMap::new(),
        })
    };
    let deliveries = dealt.iter().zip(predicted).filter_map(|(dealt, predicted)| one(dealt, predicted)).collect();
    Expect { deliveries, arrivals: BTreeMap::new(), quiet_s: (longest + QUIET_MORE_S) as f64 }
}

/// Beyond the longest delay, silence means that nothing more comes.
const QUIET_MORE_S: u64 = 5;
