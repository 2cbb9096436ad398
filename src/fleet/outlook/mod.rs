//! Takes a world whose deliveries are independent and whose delays are not spread, and policies one after the other.
//! Gives [`Outlook`]: figures of the whole world, without a look at any one attempt.
//! Never estimates: what it says is what counting all attempts would say.
//!
//! Deliveries that were posted between two moments and that fared alike so far make their next attempt together, each
//! so long after its post. What they meet splits them into fewer than there are windows; so a million deliveries are a
//! handful of spans of time, and how many were posted in a span is looked up.

pub(super) mod inflow;
pub(super) mod ranks;

use crate::fleet::figures::seconds::Seconds;
use crate::fleet::figures::{PER_MILLE, Peak, Quantiles, rank};
use crate::fleet::scene::Scene;
use crate::fleet::scene::conditions::{Met, Stretch};
use crate::fleet::scene::course::{Course, Endless};
use crate::fleet::scene::verdicts::fate;
use crate::fleet::watch::Fate;
use crate::fleet::world::{Jitter, Nanos, SECOND, Sender, World};
use inflow::Inflow;

/// Figures of a world, of all subscribers together; each is that of [`GroupFigures`](super::GroupFigures).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// Deliveries.
    pub published: u64,
    /// Answered with success.
    pub delivered: u64,
    /// Ended by an answer that is no success.
    pub rejected: u64,
    /// Given up after the last attempt.
    pub lost: u64,
    /// Not over at the horizon.
    pub unfinished: u64,
    /// Requests sent.
    pub attempts: u64,
    /// Requests that failed.
    pub wasted: u64,
    /// From post to success.
    pub latency: Quantiles,
    /// From the end of the outage that the first attempt met to success.
    pub recovery_lag: Quantiles,
    /// The most requests in one second.
    pub peak_1s: Peak,
    /// The most requests in ten seconds.
    pub peak_10s: Peak,
    /// The mean time from the first attempt to the end of a message that failed at least once and was over by the
    /// horizon, in nanoseconds: how long it would hold a worker.
    pub hold: Option<f64>,
}

/// A world made ready for many policies.
#[derive(Debug)]
pub struct Prepared {
    scene: Scene,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    posts: Inflow,
    /// What a request meets, from the start to the horizon.
    stretches: Vec<Stretch>,
}

/// Deliveries that fared alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Alike {
    /// Posted from here until before there.
    from: Nanos,
    until: Nanos,
    /// Their next attempt comes so long after their post.
    after: Nanos,
    /// Whether their retries began after an answer.
    answered: bool,
    /// When the outage is over that their first attempt met.
    over: Option<Nanos>,
}

/// Deliveries that succeeded after the same time.
#[derive(Clone, Copy, Debug)]
struct Landed {
    group: usize,
    alike: Alike,
    took: Nanos,
}

/// What is added up.
#[derive(Debug, Default)]
struct Sums {
    outlook: Outlook,
    landed: Vec<Landed>,
    seconds: Seconds,
    held: u128,
    failed: u64,
}

impl Prepared {
    /// Works out all that no policy changes. Nothing comes of it for a world in which deliveries get in each other's
    /// way, wait for the message before them, or meet something that is drawn.
    ///
    /// # Errors
    /// [`Endless`], for a policy of the world.
    pub fn new(world: &World) -> Result<Option<Self>, Endless> {
        let batches = world.arrivals.iter().any(|arrivals| arrivals.batch > 1);
        if !world.is_independent() || batches && matches!(world.sender, Sender::Sleeping { .. }) {
            return Ok(None);
        }
        let scene = Scene::new(world)?;
        let Some(stretches) = (0..scene.groups.len()).map(|group| scene.stretches(group)).collect::<Option<Vec<_>>>()
        else {
            return Ok(None);
        };
        let groups = Inflow::of_groups(world).into_iter().zip(stretches);
        let groups = groups.map(|(posts, stretches)| Group { posts, stretches }).collect();
        Ok(Some(Self { scene, groups }))
    }

    /// The world under its own policies; none if one of them spreads its delays.
    pub fn outlook(&self) -> Option<Outlook> {
        self.outlook_under(|group| &self.scene.groups[group].course)
    }

    /// The world if all its subscribers had this policy; none if it spreads its delays.
    pub fn outlook_of(&self, course: &Course) -> Option<Outlook> {
        self.outlook_under(|_| course)
    }

    fn outlook_under<'a>(&'a self, course: impl Fn(usize) -> &'a Course) -> Option<Outlook> {
        let mut sums = Sums::default();
        for index in 0..self.groups.len() {
            let course = course(index);
            if course.jitter() != Jitter::None {
                return None;
            }
            self.follow(index, course, &mut sums);
        }
        Some(self.close(sums))
    }

    /// All deliveries of a group, attempt by attempt.
    fn follow(&self, index: usize, course: &Course, sums: &mut Sums) {
        let all = Alike { from: 0, until: self.scene.horizon, after: 0, answered: false, over: None };
        sums.outlook.published += self.groups[index].posts.between(all.from, all.until);
        let (mut current, mut next) = (vec![all], Vec::new());
        for attempt in 0.. {
            for alike in current.drain(..) {
                self.attempt(index, course, attempt, alike, sums, &mut next);
            }
            if next.is_empty() {
                break;
            }
            std::mem::swap(&mut current, &mut next);
        }
    }

    /// The next attempt of deliveries that fared alike; those that go on are added to `next`.
    fn attempt(
        &self,
        index: usize,
        course: &Course,
        attempt: u64,
        alike: Alike,
        sums: &mut Sums,
        next: &mut Vec<Alike>,
    ) {
        let (group, after) = (&self.groups[index], alike.after);
        let first = alike.from.saturating_add(after);
        let over = group.stretches.partition_point(|stretch| stretch.until <= first);
        let mut begun = alike.from;
        for stretch in &group.stretches[over..] {
            let until = alike.until.min(stretch.until.saturating_sub(after));
            if until <= begun {
                break;
            }
            let part = Alike { from: begun, until, ..alike };
            begun = until;
            let met = stretch.met;
            let known = self.scene.horizon.saturating_sub(after).saturating_sub(met.takes).clamp(part.from, until);
            let over = if attempt == 0 { stretch.over } else { alike.over };
            self.outcome(index, course, attempt, Alike { until: known, over, ..part }, met, sums, next);
            sums.outlook.unfinished += group.posts.between(known, until);
            sums.begin(&group.posts, part);
        }
        sums.outlook.unfinished += group.posts.between(begun, alike.until);
    }

    /// What follows from an outcome that is known.
    #[expect(clippy::too_many_arguments, reason = "a delivery's state, where it is, and the two places to put it")]
    fn outcome(
        &self,
        index: usize,
        course: &Course,
        attempt: u64,
        alike: Alike,
        met: Met,
        sums: &mut Sums,
        next: &mut Vec<Alike>,
    ) {
        let count = self.groups[index].posts.between(alike.from, alike.until);
        if count == 0 {
            return;
        }
        let took = alike.after.saturating_add(met.takes);
        let failed = met.failed[usize::from(attempt > 0)];
        let answered = if attempt == 0 { met.status.is_some() } else { alike.answered };
        sums.outlook.wasted += count * u64::from(failed);
        let end = if failed {
            let step = self.scene.step(course, attempt, answered);
            if !step.last {
                return push(next, Alike { after: took.saturating_add(step.delay), answered, ..alike });
            }
            Fate::Lost
        } else {
            fate(met.status)
        };
        match end {
            Fate::Delivered => sums.landed.push(Landed { group: index, alike, took }),
            Fate::Lost => sums.outlook.lost += count,
            _ => sums.outlook.rejected += count,
        }
        if attempt > 0 || end == Fate::Lost {
            sums.failed += count;
            sums.held += u128::from(took) * u128::from(count);
        }
    }

    fn close(&self, mut sums: Sums) -> Outlook {
        let count = |landed: &Landed| self.groups[landed.group].posts.between(landed.alike.from, landed.alike.until);
        let mut latencies: Vec<(Nanos, u64)> = sums.landed.iter().map(|landed| (landed.took, count(landed))).collect();
        latencies.sort_unstable();
        sums.landed.retain(|landed| landed.alike.over.is_some());
        Outlook {
            delivered: latencies.iter().map(|(_, count)| count).sum(),
            latency: weighted(&latencies),
            recovery_lag: self.lags(&sums.landed),
            peak_1s: sums.seconds.peak(1),
            peak_10s: sums.seconds.peak(10),
            hold: (sums.failed > 0).then(|| sums.held as f64 / sums.failed as f64),
            ..sums.outlook
        }
    }

    /// The lags of those whose first attempt met an outage: within each span they grow as the post comes later.
    fn lags(&self, landed: &[Landed]) -> Quantiles {
        let (mut total, mut sum, mut max) = (0, 0_u128, 0);
        for it in landed {
            let (posts, over) = (&self.groups[it.group].posts, it.alike.over.unwrap_or(0));
            total += posts.between(it.alike.from, it.alike.until);
            // Whoever succeeded in the outage has no lag.
            let from = it.alike.from.max(over.saturating_sub(it.took));
            let counted = posts.between(from, it.alike.until);
            sum += posts.sum_between(from, it.alike.until) + u128::from(counted) * u128::from(it.took);
            sum -= u128::from(counted) * u128::from(over);
            let last = posts.last_before(it.alike.until).unwrap_or(0);
            max = max.max((last + it.took).saturating_sub(over));
        }
        if total == 0 {
            return Quantiles::default();
        }
        let not_above = |lag: Nanos| -> u64 {
            let count = |it: &Landed| {
                let last = it.alike.over.unwrap_or(0).saturating_add(lag).checked_sub(it.took);
                let until = last.map_or(0, |last| last.saturating_add(1)).min(it.alike.until);
                self.groups[it.group].posts.between(it.alike.from, until)
            };
            landed.iter().map(count).sum()
        };
        let [p50, p90, p99, p999] = PER_MILLE.map(|per_mille| {
            let wanted = rank(total, per_mille) + 1;
            let (mut below, mut lag) = (0, max);
            while below < lag {
                let middle = below + (lag - below) / 2;
                if not_above(middle) >= wanted { lag = middle } else { below = middle + 1 }
            }
            lag
        });
        Quantiles { count: total, mean: sum as f64 / total as f64, p50, p90, p99, p999, max }
    }
}

impl Sums {
    /// Counts requests in their seconds: by the second where there are many in one, else by the post.
    fn begin(&mut self, posts: &Inflow, alike: Alike) {
        let Alike { from, until, after, .. } = alike;
        for (posts, times) in posts.streams() {
            let Some(last) = posts.last_before(until).filter(|last| *last >= from) else { continue };
            let count = posts.between(from, until);
            self.outlook.attempts += count * times;
            let seconds = (from + after) / SECOND..=(last + after) / SECOND;
            if count < 2 * (seconds.end() - seconds.start() + 1) {
                posts.each_between(from, until).for_each(|posted| self.seconds.count((posted + after) / SECOND, times));
                continue;
            }
            let mut begun = from;
            for second in seconds {
                let end = until.min((second + 1) * SECOND - after);
                let count = posts.between(begun, end);
                if count > 0 {
                    self.seconds.count(second, count * times);
                }
                begun = end;
            }
        }
    }
}

/// Those that fared alike and were posted one after the other are one.
fn push(all: &mut Vec<Alike>, new: Alike) {
    match all.last_mut() {
        Some(last) if (Alike { from: last.from, until: last.until, ..new }) == *last && last.until == new.from => {
            last.until = new.until;
        }
        _ => all.push(new),
    }
}

/// The quantiles of sorted values, each with its weight.
fn weighted(values: &[(Nanos, u64)]) -> Quantiles {
    let count: u64 = values.iter().map(|(_, weight)| weight).sum();
    if count == 0 {
        return Quantiles::default();
    }
    let [p50, p90, p99, p999] = PER_MILLE.map(|per_mille| {
        let mut left = rank(count, per_mille);
        let found = values.iter().find(|(_, weight)| {
            let here = left < *weight;
            left = left.saturating_sub(*weight);
            here
        });
        found.map_or(0, |(value, _)| *value)
    });
    let sum: u128 = values.iter().map(|(value, weight)| u128::from(*value) * u128::from(*weight)).sum();
    let max = values.iter().rev().find(|(_, weight)| *weight > 0).map_or(0, |(value, _)| *value);
    Quantiles { count, mean: sum as f64 / count as f64, p50, p90, p99, p999, max }
}
