//! Takes a world that has been read.
//! Gives what is wrong with it as a whole: nothing would be seen, or more than can be simulated.
//! Never walks through a schedule further than that it is too long.

use super::page::{Page, Spot};
use super::windows::shown;
use crate::fleet::world::{Arrivals, Deal, Nanos, Pattern, Policy, SECOND, Sender, Subscriber, World};
use crate::policy::Schedule;
use crate::protocol::Deviations;
use crate::scenario::display;
use crate::schedule::RETRIES_MAX;

/// Where the parts of a world stand in the file.
pub(super) struct Places<'b, 'a> {
    pub horizon: &'b Spot<'a>,
    /// Nothing for the default policy that nobody wrote.
    pub policies: Vec<Option<Spot<'a>>>,
    pub arrivals: Vec<Spot<'a>>,
}

/// Writes down what is wrong, and what is worth saying.
pub(super) fn check(page: &mut Page, world: &World, places: &Places<'_, '_>) {
    late_arrivals(page, world, places);
    let attempts: Vec<u64> =
        (0..).zip(&world.policies).map(|(index, policy)| schedule(page, world, index, policy, places)).collect();
    sizes(page, world, &attempts, places);
    hangs(page, world);
}

/// Posts after the horizon: a mistake if they are all there are.
fn late_arrivals(page: &mut Page, world: &World, places: &Places<'_, '_>) {
    let late = |arrivals: &Arrivals| begins(&arrivals.pattern) >= world.horizon;
    let horizon = shown(world.horizon);
    if world.arrivals.iter().all(late) {
        let first = world.arrivals.iter().map(|arrivals| begins(&arrivals.pattern)).min().unwrap_or_default();
        let message =
            format!("nothing is posted before the horizon of {horizon}: the first post comes at {}", shown(first));
        page.refuse(places.horizon, message, Some("raise `horizon`, or let the posts come sooner"));
        return;
    }
    for (arrivals, spot) in world.arrivals.iter().zip(&places.arrivals).filter(|(arrivals, _)| late(arrivals)) {
        let first = shown(begins(&arrivals.pattern));
        page.notes.push(format!(
            "{} begins at {first} and the horizon is {horizon}: nothing of it is seen",
            display(&spot.path)
        ));
    }
}

fn begins(pattern: &Pattern) -> Nanos {
    match pattern {
        Pattern::Burst { at, .. } => *at,
        Pattern::Even { from, .. } | Pattern::Poisson { from, .. } => *from,
        Pattern::Trace(times) => times.first().copied().unwrap_or_default(),
    }
}

/// How many attempts a delivery makes at most before the horizon.
fn schedule(page: &mut Page, world: &World, index: usize, policy: &Policy, places: &Places<'_, '_>) -> u64 {
    let (attempts, span) = walk(policy, world.rules, world.horizon);
    let used = world.subscribers.iter().any(|subscriber| subscriber.policy == index && can_fail(subscriber));
    if attempts > RETRIES_MAX as u64 && used {
        let message =
            format!("a delivery that keeps failing makes more than {RETRIES_MAX} attempts before the horizon");
        let help = "lower the numbers of retries, raise the delays, or shorten `horizon`";
        page.refuse(places.policies[index].as_ref().unwrap_or(places.horizon), message, Some(help));
    } else if span >= world.horizon && used {
        let (name, horizon) = (&policy.name, shown(world.horizon));
        page.notes.push(format!(
            "the schedule of the policy `{name}` is longer than the horizon of {horizon}: \
             what keeps failing is unfinished, not lost"
        ));
    }
    attempts
}

/// The attempts before the horizon, and the time of the last one, as far as it is walked.
fn walk(policy: &Policy, rules: Deviations, horizon: Nanos) -> (u64, Nanos) {
    let (mut attempts, mut at) = (1, 0);
    for retry in Schedule::new(policy.selected.clone(), rules).map_while(Result::ok) {
        at = retry.delay_s.saturating_mul(SECOND).saturating_add(at);
        if at >= horizon || attempts > RETRIES_MAX as u64 {
            break;
        }
        attempts += 1;
    }
    (attempts, at)
}

fn can_fail(subscriber: &Subscriber) -> bool {
    !subscriber.down.is_empty()
        || !subscriber.brownouts.is_empty()
        || !subscriber.slow.is_empty()
        || subscriber.capacity.is_some()
}

fn sizes(page: &mut Page, world: &World, attempts: &[u64], places: &Places<'_, '_>) {
    let (mut deliveries, mut worst) = (0_u128, 0_u128);
    for (arrivals, spot) in world.arrivals.iter().zip(&places.arrivals) {
        let posts = u128::from(posts(&arrivals.pattern, world.horizon)) * u128::from(arrivals.batch);
        for subscriber in arrivals.to.iter().map(|index| &world.subscribers[*index]) {
            let members = if arrivals.deal == Deal::Each { subscriber.count } else { 1 };
            let more = posts * u128::from(members);
            deliveries += more;
            worst += more * u128::from(if can_fail(subscriber) { attempts[subscriber.policy] } else { 1 });
        }
        let what = match (deliveries, worst) {
            (DELIVERIES_OVER.., _) => format!("{deliveries} deliveries, at most {} are simulated", DELIVERIES_OVER - 1),
            (_, ATTEMPTS_OVER..) => format!("up to {worst} attempts, at most {} are simulated", ATTEMPTS_OVER - 1),
            _ => continue,
        };
        page.refuse(spot, format!("that makes {what}"), Some("a smaller world with the same rates has the same shape"));
        return;
    }
}

/// How many posts there are before the horizon, in the mean where they are drawn.
fn posts(pattern: &Pattern, horizon: Nanos) -> u64 {
    let span = |from: &Nanos, until: &Nanos| u128::from((*until).min(horizon).saturating_sub(*from));
    let posts = match pattern {
        Pattern::Burst { posts, .. } => u128::from(*posts),
        Pattern::Even { from, until, posts } => {
            (span(from, until) * u128::from(*posts)).div_ceil(u128::from(until - from))
        }
        Pattern::Poisson { from, until, per_kilosecond } => {
            span(from, until) * u128::from(*per_kilosecond) / u128::from(SECOND * 1000)
        }
        Pattern::Trace(times) => times.len() as u128,
    };
    u64::try_from(posts).unwrap_or(u64::MAX)
}

/// A request that hangs and is never given up keeps its worker: Zaqar has no timeout, but few know.
fn hangs(page: &mut Page, world: &World) {
    let (Sender::Sleeping { timeout, .. } | Sender::Rescheduling { timeout, .. }) = world.sender;
    let hangs = |subscriber: &&Subscriber| subscriber.down.iter().any(|down| down.fails == crate::fleet::Fails::Hang);
    if timeout.is_none()
        && let Some(subscriber) = world.subscribers.iter().find(hangs)
    {
        page.notes
            .push(format!("`{}` hangs and the sender has no timeout: such a request never ends", subscriber.name));
    }
}

/// The first number of deliveries that is too large: the times of each are kept until their quantiles are known.
const DELIVERIES_OVER: u128 = 20_000_001;
/// The first number of attempts that is too large: at ten million a second, a quarter of an hour.
const ATTEMPTS_OVER: u128 = 10_000_000_001;
