//! Takes a world.
//! Gives [`Scene`], where all that never changes is worked out: what a request meets, and what follows from it.
//! Never knows what else is under way: both engines ask here, one delivery at a time.

pub(super) mod conditions;
pub(super) mod course;
pub(super) mod dice;
pub(super) mod even;
pub(super) mod group;
pub(super) mod outages;
pub(super) mod posts;
pub(super) mod times;
pub(super) mod verdicts;

use std::sync::Arc;

use crate::fleet::watch::{Ended, Fate, Tried, Watch};
use crate::fleet::world::{Capacity, Jitter, Nanos, Sender, World};
use conditions::Met;
use course::{BATCH_MAX, Course, DELIVERIES_MAX, Endless, SUBSCRIBERS_MAX, Step};
use dice::Dice;
use group::Group;
use posts::Post;
use verdicts::{Verdicts, fate};

/// A world, worked out.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) horizon: Nanos,
    pub(super) groups: Vec<Group>,
    pub(super) verdicts: Verdicts,
    timeout: Option<Nanos>,
    delays: Dice,
    refusals: Dice,
}

/// The messages of one post on their way to one subscriber, or one message with a timer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// When it goes on.
    pub(super) at: Nanos,
    pub(super) posted: Nanos,
    /// When the first attempt at the current message began.
    pub(super) began: Nanos,
    /// The delay waited last.
    pub(super) waited: Nanos,
    /// The number of the delivery of the current message.
    pub(super) delivery: u32,
    /// The subscriber, counted over all groups.
    pub(super) subscriber: u32,
    /// How many attempts there were at the current message.
    pub(super) attempts: u32,
    /// How many messages are left, this one included.
    pub(super) left: u16,
    /// Whether the retries began after an answer.
    pub(super) answered: bool,
    pub(super) wake: Wake,
}

/// Why a job is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// The next attempt is due.
    Attempt,
    /// The worker, or the place, is free again.
    Free,
    /// The worker falls asleep.
    Doze,
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Another one, so long after the end of this one.
    Again { ended: Nanos, delay: Nanos },
    /// Everything is over at this moment.
    Done { ended: Nanos },
    /// Nothing more before the horizon; the outcome may be known by then.
    Never { ended: Nanos },
}

/// Tells whether a subscriber with a capacity takes one more request at this moment; `since` is when it last came up.
pub(super) trait Door {
    fn admits(&mut self, subscriber: u32, capacity: Capacity, at: Nanos, since: Option<Nanos>) -> bool;
}

/// Where no subscriber has a capacity.
pub(super) struct Open;

impl Door for Open {
    fn admits(&mut self, _: u32, _: Capacity, _: Nanos, _: Option<Nanos>) -> bool {
        true
    }
}

impl Scene {
    pub(super) fn new(world: &World) -> Result<Self, Endless> {
        check_size(world)?;
        let course = |policy| Course::new(policy, world.rules, world.horizon).map(Arc::new);
        let courses: Vec<_> = world.policies.iter().map(course).collect::<Result<_, _>>()?;
        let (mut groups, mut offset) = (Vec::new(), 0_u32);
        for (number, subscriber) in (0..).zip(&world.subscribers) {
            let course = Arc::clone(&courses[subscriber.policy]);
            groups.push(Group::new(world, number, subscriber, course, offset));
            offset += subscriber.count;
        }
        let timeout = match world.sender {
            Sender::Sleeping { timeout, .. } | Sender::Rescheduling { timeout, .. } => timeout,
        };
        let mut scene = Self {
            horizon: world.horizon,
            groups,
            verdicts: Verdicts::new(world.rules),
            timeout,
            delays: Dice::new(world.seed, "fleet/delays"),
            refusals: Dice::new(world.seed, "fleet/refusals"),
        };
        scene.settle();
        Ok(scene)
    }

    fn group_of(&self, subscriber: u32) -> (u32, &Group) {
        let index = self.groups.partition_point(|group| group.offset <= subscriber) - 1;
        (index as u32, &self.groups[index])
    }

    /// Makes the attempt that is due, tells it, and tells the end of every message that ends with it.
    ///
    /// Part of its engine's loop, and what it calls seldom gets a copy of the job: so a job is in registers from the wheel
    /// to the wheel. Were its fields written one by one and copied together right after, the processor would wait each
    /// time.
    #[inline(always)]
    pub(super) fn attempt(&self, job: &mut Job, door: &mut impl Door, watch: &mut impl Watch) -> Then {
        let (index, group) = self.group_of(job.subscriber);
        let (at, course, retrying) = (job.at, &*group.course, job.attempts > 0);
        let step = self.step(course, job.attempts.into(), job.answered);
        let met = self.meet(group, *job, door);
        let ended = at.saturating_add(met.takes);
        let known = ended < self.horizon;
        let failed = known && met.failed[usize::from(retrying)];
        if !retrying {
            job.began = at;
        }
        job.attempts += 1;
        watch.tried(&Tried {
            delivery: job.delivery.into(),
            group: index,
            member: job.subscriber - group.offset,
            attempt: job.attempts,
            phase: step.phase,
            posted: job.posted,
            began: at,
            ended,
            status: met.status.filter(|_| known),
            failed,
        });
        if !known {
            self.abandon(*job, watch);
            return Then::Never { ended };
        }
        if !failed {
            let stops = retrying && self.stops_batch(course, *job, false);
            return self.end(job, ended, fate(met.status), stops, watch);
        }
        if !retrying {
            job.answered = met.status.is_some();
        }
        if step.last {
            let stops = self.stops_batch(course, *job, true);
            return self.end(job, ended, Fate::Lost, stops, watch);
        }
        let delay = match course.jitter() {
            Jitter::None => step.delay,
            jitter => self.spread(course, jitter, (job.delivery, job.attempts), job.waited, step.delay),
        };
        (job.waited, job.at) = (delay, ended.saturating_add(delay));
        if job.at >= self.horizon {
            self.abandon(*job, watch);
            return Then::Never { ended };
        }
        Then::Again { ended, delay }
    }

    /// Whether all jobs like this one, but for the number of their delivery, meet the same and go on alike.
    pub(super) fn is_certain(&self, job: Job) -> bool {
        let (_, group) = self.group_of(job.subscriber);
        let met = self.met(group, job.subscriber - group.offset, job.at);
        job.left <= 1 && group.course.jitter() == Jitter::None && !met.doubtful
    }

    /// What a request meets that begins now: an outage; else no room; else a brownout; else nothing.
    #[inline(always)]
    fn meet(&self, group: &Group, job: Job, door: &mut impl Door) -> Met {
        let met = self.met(group, job.subscriber - group.offset, job.at);
        if !met.doubtful {
            return met;
        }
        let answer = self.answer(group, (job.subscriber, job.at), (job.delivery, job.attempts), door);
        // What is answered too late is not known.
        let status = met.status.map(|_| answer);
        Met { status, failed: self.verdicts.failed(status), ..met }
    }

    /// The status that a subscriber answers which works, at a moment, to an attempt at a delivery.
    fn answer(&self, group: &Group, (subscriber, at): (u32, Nanos), place: (u32, u32), door: &mut impl Door) -> u16 {
        let member = subscriber - group.offset;
        if let Some(capacity) = group.capacity {
            let closed = || group.down.iter().filter_map(|(times, _)| times.closed(member, at)).max();
            let since = if capacity.cold > 0 { closed() } else { None };
            if !door.admits(subscriber, capacity, at, since) {
                return capacity.status;
            }
        }
        let refused = (0..).zip(&group.brownouts).find(|(index, (times, parts_per_million, _))| {
            let dice = self.refusals.at(*index, place.0.into());
            times.closes(member, at).is_some() && dice.up_to(place.1.into(), 0, 999_999) < *parts_per_million
        });
        refused.map_or(200, |(_, (_, _, status))| *status)
    }

    /// What the policy says about an attempt, counted from 0, of a message whose retries began after an answer or not.
    #[inline]
    pub(in crate::fleet) fn step(&self, course: &Course, attempt: u64, answered: bool) -> Step {
        course.step(attempt).unwrap_or_else(|| self.later(course, attempt, answered))
    }

    #[cold]
    fn later(&self, course: &Course, attempt: u64, answered: bool) -> Step {
        let restarts = course.is_broken() && answered && self.verdicts.restarts;
        let again = |index: u64| course.retry(index.checked_sub(course.count()).filter(|_| restarts)?);
        let retry = |index| course.retry(index).or_else(|| again(index));
        let (before, next) = (attempt.checked_sub(1).and_then(retry), retry(attempt));
        let phase = before.map(|(_, phase)| phase);
        Step { phase, last: next.is_none(), delay: next.map_or(0, |(delay, _)| delay) }
    }

    /// Whether the messages after this one are given up, its retries being over. Source: `model::delivery`.
    #[inline]
    fn stops_batch(&self, course: &Course, job: Job, exhausted: bool) -> bool {
        let restarted = u64::from(job.attempts - 1) > course.count();
        self.verdicts.batch_stops && (!job.answered || restarted || exhausted && course.is_broken())
    }

    /// The delay that is waited after an attempt at a delivery where the policy says `delay`, `waited` being the last one.
    fn spread(&self, course: &Course, jitter: Jitter, place: (u32, u32), waited: Nanos, delay: Nanos) -> Nanos {
        let up_to = |most| self.delays.up_to(place.0.into(), place.1.into(), most);
        let lowest_and_width = |lowest: Nanos, width: Nanos| lowest.saturating_add(up_to(width));
        match jitter {
            Jitter::None => delay,
            Jitter::Full => up_to(delay),
            Jitter::Equal => lowest_and_width(delay / 2, delay - delay / 2),
            Jitter::Percent(percent) => {
                let part = (u128::from(delay) * u128::from(percent) / 100) as Nanos;
                lowest_and_width(delay - part, part.saturating_mul(2))
            }
            Jitter::MeanPreserving => lowest_and_width(delay / 2, delay),
            Jitter::Decorrelated => {
                let most = waited.saturating_mul(3).max(delay);
                lowest_and_width(delay, most - delay).min(course.longest())
            }
        }
    }

    /// The current message is over; what follows is the next one of its post, at once.
    #[inline(always)]
    fn end(&self, job: &mut Job, ended: Nanos, fate: Fate, stops: bool, watch: &mut impl Watch) -> Then {
        self.tell(*job, ended, fate, watch);
        if stops {
            self.tell_rest(*job, ended, Fate::Collateral, watch);
        } else if job.next_message() {
            job.at = ended;
            return Then::Again { ended, delay: 0 };
        }
        Then::Done { ended }
    }

    /// What is not over is not over.
    pub(super) fn abandon(&self, job: Job, watch: &mut impl Watch) {
        self.tell(job, self.horizon, Fate::Unfinished, watch);
        self.tell_rest(job, self.horizon, Fate::Unfinished, watch);
    }

    /// Tells of the messages after the current one, which all end alike.
    fn tell_rest(&self, mut job: Job, at: Nanos, fate: Fate, watch: &mut impl Watch) {
        while job.next_message() {
            self.tell(job, at, fate, watch);
        }
    }

    fn tell(&self, job: Job, at: Nanos, fate: Fate, watch: &mut impl Watch) {
        let (index, group) = self.group_of(job.subscriber);
        watch.ended(&Ended {
            delivery: job.delivery.into(),
            group: index,
            member: job.subscriber - group.offset,
            posted: job.posted,
            began: (job.attempts > 0).then_some(job.began),
            at,
            attempts: job.attempts,
            fate,
        });
    }
}

/// Numbers of deliveries and of subscribers have 32 bits, those of messages in a post 16: a job is small.
fn check_size(world: &World) -> Result<(), Endless> {
    let subscribers = world.subscribers.iter().map(|group| u64::from(group.count)).fold(0, u64::saturating_add);
    if subscribers > SUBSCRIBERS_MAX {
        return Err(Endless::Subscribers(subscribers));
    }
    if let Some(batch) = world.arrivals.iter().map(|arrivals| arrivals.batch).find(|batch| *batch > BATCH_MAX) {
        return Err(Endless::Batch(batch));
    }
    let deliveries = world.deliveries();
    // What comes at random may be a little more than the mean.
    if deliveries > DELIVERIES_MAX { Err(Endless::Deliveries(deliveries)) } else { Ok(()) }
}

impl Job {
    pub(super) const fn new(posted: Nanos, delivery: u32, subscriber: u32, left: u16) -> Self {
        let (at, began, waited) = (posted, 0, 0);
        Self {
            at,
            posted,
            began,
            waited,
            delivery,
            subscriber,
            attempts: 0,
            left,
            answered: false,
            wake: Wake::Attempt,
        }
    }

    /// The jobs of one post for one subscriber: one in all where a worker brings its messages one after the other.
    pub(super) fn of_post(post: &Post, subscriber: u32, sleeping: bool) -> impl Iterator<Item = Self> {
        let (jobs, left) = if sleeping { (1, post.batch) } else { (post.batch, 1) };
        let (at, delivery) = (post.at, post.delivery as u32);
        (0..jobs).map(move |number| Self::new(at, delivery + number, subscriber, left as u16))
    }

    /// The same job of a delivery that is so many later.
    pub(super) const fn followed(self, later: u32) -> Self {
        Self { delivery: self.delivery.wrapping_add(later), ..self }
    }

    /// Whether its worker slept until now.
    pub(super) const fn is_awakened(&self) -> bool {
        self.waited > 0
    }

    /// Turns to the next message of the post, if there is one.
    const fn next_message(&mut self) -> bool {
        if self.left <= 1 {
            return false;
        }
        *self = Self { at: self.at, ..Self::new(self.posted, self.delivery + 1, self.subscriber, self.left - 1) };
        true
    }
}
