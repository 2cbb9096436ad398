//! Takes a world.
//! Gives [`Scene`], where all that never changes is worked out: what a request meets, and what follows from it.
//! Never knows what else is under way: both engines ask here, one delivery at a time.

pub(super) mod course;
pub(super) mod dice;
pub(super) mod even;
pub(super) mod group;
pub(super) mod outages;
pub(super) mod posts;
pub(super) mod times;
pub(super) mod verdicts;

use crate::fleet::watch::{Ended, Fate, Tried, Watch};
use crate::fleet::world::{Capacity, Fails, Jitter, Nanos, Sender, World};
use crate::policy::Phase;
use course::{BATCH_MAX, Course, DELIVERIES_MAX, Endless, SUBSCRIBERS_MAX};
use dice::Dice;
use group::{Conditions, Group};
use posts::Post;
use verdicts::{Verdicts, fate};

/// A world, worked out.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) horizon: Nanos,
    pub(super) groups: Vec<Group>,
    pub(super) courses: Vec<Course>,
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

/// What comes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Met {
    ended: Nanos,
    status: Option<u16>,
}

/// A span of time in which every request meets the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Until before this moment.
    pub(super) until: Nanos,
    /// How long a request takes; for ever is [`Nanos::MAX`].
    pub(super) takes: Nanos,
    pub(super) status: Option<u16>,
    /// When the outage is over in which it lies.
    pub(super) over: Option<Nanos>,
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
        let course = |policy| Course::new(policy, world.rules, world.horizon);
        let courses = world.policies.iter().map(course).collect::<Result<_, _>>()?;
        let (mut groups, mut offset) = (Vec::new(), 0_u32);
        for (number, subscriber) in (0..).zip(&world.subscribers) {
            groups.push(Group::new(world, number, subscriber, offset));
            offset += subscriber.count;
        }
        let timeout = match world.sender {
            Sender::Sleeping { timeout, .. } | Sender::Rescheduling { timeout, .. } => timeout,
        };
        Ok(Self {
            horizon: world.horizon,
            groups,
            courses,
            verdicts: Verdicts::new(world.rules),
            timeout,
            delays: Dice::new(world.seed, "fleet/delays"),
            refusals: Dice::new(world.seed, "fleet/refusals"),
        })
    }

    fn group_of(&self, subscriber: u32) -> (u32, &Group) {
        let index = self.groups.partition_point(|group| group.offset <= subscriber) - 1;
        (index as u32, &self.groups[index])
    }

    /// Makes the attempt that is due, tells it, and tells the end of every message that ends with it.
    ///
    /// Part of its engine's loop, and what it calls gets the job by value: so a job is in registers from the wheel to the
    /// wheel. Were its fields written one by one and copied together right after, the processor would wait each time.
    #[inline(always)]
    pub(super) fn attempt(&self, job: &mut Job, door: &mut impl Door, watch: &mut impl Watch) -> Then {
        let (index, group) = self.group_of(job.subscriber);
        let (at, course) = (job.at, &self.courses[group.course]);
        if job.attempts == 0 {
            job.began = at;
        }
        let retry = (job.attempts > 0).then(|| u64::from(job.attempts - 1));
        let phase = retry.and_then(|retry| self.retry(course, retry, job.answered)).map(|(_, phase)| phase);
        let met = self.meet(group, job, door);
        let known = met.ended < self.horizon;
        let failed = known && self.verdicts.failed(met.status, retry.is_some());
        job.attempts += 1;
        watch.tried(&Tried {
            delivery: job.delivery.into(),
            group: index,
            member: job.subscriber - group.offset,
            attempt: job.attempts,
            phase,
            posted: job.posted,
            began: at,
            ended: met.ended,
            status: met.status.filter(|_| known),
            failed,
        });
        if !known {
            self.abandon(*job, watch);
            return Then::Never { ended: met.ended };
        }
        if !failed {
            let stops = retry.is_some() && self.stops_batch(course, job, false);
            let then;
            (*job, then) = self.end(*job, met.ended, fate(met.status), stops, watch);
            return then;
        }
        if retry.is_none() {
            job.answered = met.status.is_some();
        }
        let Some((delay, _)) = self.retry(course, u64::from(job.attempts - 1), job.answered) else {
            let stops = self.stops_batch(course, job, true);
            let then;
            (*job, then) = self.end(*job, met.ended, Fate::Lost, stops, watch);
            return then;
        };
        let delay = match course.jitter() {
            Jitter::None => delay,
            jitter => self.spread(course, jitter, (job.delivery, job.attempts), job.waited, delay),
        };
        (job.waited, job.at) = (delay, met.ended.saturating_add(delay));
        if job.at >= self.horizon {
            self.abandon(*job, watch);
            return Then::Never { ended: met.ended };
        }
        Then::Again { ended: met.ended, delay }
    }

    /// What a request meets that begins now: an outage; else no room; else a brownout; else nothing.
    #[inline]
    fn meet(&self, group: &Group, job: &Job, door: &mut impl Door) -> Met {
        let at = job.at;
        let Conditions { takes, down } = group.conditions(job.subscriber - group.offset, at);
        let status = match down {
            Some(Fails::Refuse) => None,
            Some(Fails::Hang) => return self.time_out(at),
            Some(Fails::Status(status)) => Some(status),
            None if group.always_answers() => Some(200),
            None => Some(self.answer(group, *job, door)),
        };
        if self.timeout.is_some_and(|timeout| takes >= timeout) {
            return self.time_out(at);
        }
        Met { ended: at.saturating_add(takes), status }
    }

    /// What requests to a group meet from the start to the horizon; none where something is drawn, or the subscriber
    /// changes more often than is worth a list.
    pub(super) fn stretches(&self, index: usize) -> Option<Vec<Stretch>> {
        let group = &self.groups[index];
        if !group.brownouts.is_empty() || group.is_drawn() {
            return None;
        }
        let (mut stretches, mut at) = (Vec::new(), 0);
        while at < self.horizon {
            let met = self.meet(group, &Job::new(at, 0, group.offset, 1), &mut Open);
            let takes = if met.ended == Nanos::MAX { met.ended } else { met.ended - at };
            let over = outages::over(group.down.iter().map(|(times, _)| times), 0, at, self.horizon);
            let until = group.change_after(at).min(self.horizon);
            stretches.push(Stretch { until, takes, status: met.status, over });
            at = until;
            if stretches.len() > STRETCHES_MAX {
                return None;
            }
        }
        Some(stretches)
    }

    fn time_out(&self, at: Nanos) -> Met {
        Met { ended: self.timeout.map_or(Nanos::MAX, |timeout| at.saturating_add(timeout)), status: None }
    }

    /// The status that a subscriber answers which works.
    fn answer(&self, group: &Group, job: Job, door: &mut impl Door) -> u16 {
        let (at, member) = (job.at, job.subscriber - group.offset);
        if let Some(capacity) = group.capacity {
            let closed = || group.down.iter().filter_map(|(times, _)| times.closed(member, at)).max();
            let since = if capacity.cold > 0 { closed() } else { None };
            if !door.admits(job.subscriber, capacity, at, since) {
                return capacity.status;
            }
        }
        let refused = (0..).zip(&group.brownouts).find(|(index, (times, parts_per_million, _))| {
            let dice = self.refusals.at(*index, job.delivery.into());
            times.closes(member, at).is_some() && dice.up_to(job.attempts.into(), 0, 999_999) < *parts_per_million
        });
        refused.map_or(200, |(_, (_, _, status))| *status)
    }

    /// The nominal delay before a retry, counted from 0, and its phase.
    #[inline]
    pub(super) fn retry(&self, course: &Course, index: u64, answered: bool) -> Option<(Nanos, Phase)> {
        course.retry(index).or_else(|| self.restarted(course, index, answered))
    }

    #[cold]
    fn restarted(&self, course: &Course, index: u64, answered: bool) -> Option<(Nanos, Phase)> {
        let restarts = course.is_broken() && answered && self.verdicts.restarts;
        course.retry(index.checked_sub(course.count()).filter(|_| restarts)?)
    }

    /// Whether the messages after this one are given up, its retries being over. Source: `model::delivery`.
    fn stops_batch(&self, course: &Course, job: &Job, exhausted: bool) -> bool {
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
    fn end(&self, mut job: Job, ended: Nanos, fate: Fate, stops: bool, watch: &mut impl Watch) -> (Job, Then) {
        self.tell(job, ended, fate, watch);
        while job.next_message() {
            if !stops {
                job.at = ended;
                return (job, Then::Again { ended, delay: 0 });
            }
            self.tell(job, ended, Fate::Collateral, watch);
        }
        (job, Then::Done { ended })
    }

    /// What is not over is not over.
    pub(super) fn abandon(&self, mut job: Job, watch: &mut impl Watch) {
        self.tell(job, self.horizon, Fate::Unfinished, watch);
        while job.next_message() {
            self.tell(job, self.horizon, Fate::Unfinished, watch);
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

const STRETCHES_MAX: usize = 1 << 16;

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
