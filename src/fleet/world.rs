//! Takes nothing.
//! Gives [`World`], everything that a population of deliveries depends on, as plain values that were checked before.
//! Never holds a default: whoever reads a file fills them in.

use crate::policy::Selected;
use crate::protocol::Deviations;

/// Nanoseconds: since the start of the world, or between two moments. Whole numbers, so that two engines can agree.
pub type Nanos = u64;

/// One second.
pub const SECOND: Nanos = 1_000_000_000;

/// A population of deliveries and all that happens to it.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// From which every random draw follows. Each draw has a place of its own (the delivery and the attempt, the post, the
    /// subscriber and the outage), so that another policy shifts nobody's numbers.
    pub seed: u64,
    /// When watching ends; a delivery under way then is unfinished. At least 1.
    pub horizon: Nanos,
    /// In what the sender differs from the documents: nothing, or what Zaqar 23.0.1 does.
    pub rules: Deviations,
    /// The policies that subscribers name.
    pub policies: Vec<Policy>,
    /// The groups of subscribers, in the order of the file. Never empty.
    pub subscribers: Vec<Subscriber>,
    /// What is posted. Never empty.
    pub arrivals: Vec<Arrivals>,
    /// Who brings the messages to the subscribers.
    pub sender: Sender,
}

impl World {
    /// Whether no delivery gets in another's way: no limit of workers, of open requests or of what a subscriber takes.
    pub fn is_independent(&self) -> bool {
        let unlimited = match self.sender {
            Sender::Sleeping { workers: places, per_subscriber, .. }
            | Sender::Rescheduling { in_flight: places, per_subscriber, .. } => {
                places.is_none() && per_subscriber.is_none()
            }
        };
        unlimited && self.subscribers.iter().all(|group| group.capacity.is_none())
    }

    /// How many deliveries there are before the horizon; in the mean, where posts come at random.
    pub fn deliveries(&self) -> u64 {
        let of = |arrivals: &Arrivals| {
            let members = |group: &usize| match arrivals.deal {
                Deal::Each => u64::from(self.subscribers[*group].count),
                Deal::One => 1,
            };
            let each = arrivals.to.iter().map(members).fold(0, u64::saturating_add);
            arrivals.posts(self.horizon).saturating_mul(each).saturating_mul(arrivals.batch.into())
        };
        self.arrivals.iter().map(of).fold(0, u64::saturating_add)
    }

    /// Whether a request to such a subscriber always succeeds.
    pub fn never_fails(&self, group: &Subscriber) -> bool {
        let (Sender::Sleeping { timeout, .. } | Sender::Rescheduling { timeout, .. }) = self.sender;
        let in_time = |latency: Nanos| timeout.is_none_or(|timeout| latency < timeout);
        let steady = group.down.is_empty() && group.brownouts.is_empty() && group.capacity.is_none();
        steady && in_time(group.latency) && group.slow.iter().all(|slow| in_time(slow.latency))
    }
}

/// A delivery policy and what a sender could do to it that Zaqar does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name in the file.
    pub name: String,
    /// The policy that counts.
    pub selected: Selected,
    /// How each delay is spread. Zaqar does not: this is a what-if.
    pub jitter: Jitter,
}

/// How a delay `d` of the policy becomes the delay that is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jitter {
    /// `d`.
    None,
    /// Uniform in `0..=d`. Halves the span of the schedule.
    Full,
    /// Uniform in `d/2..=d`.
    Equal,
    /// Uniform within this many per cent of `d`, 1 to 100.
    Percent(u8),
    /// Uniform in `d/2..=3d/2`: keeps the mean.
    MeanPreserving,
    /// Uniform between `d` and three times the delay waited before, at most the longest delay of the policy.
    Decorrelated,
}

/// A group of subscribers that behave alike.
///
/// What a request meets is settled when it begins: an outage, the first in the list; else that there is no room; else a
/// brownout; else success. It takes the latency of the first slow time that it begins in, or the usual one, and is given
/// up if that is not less than the timeout. What is refused by an outage or for want of room takes no room.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscriber {
    /// Its name in the file.
    pub name: String,
    /// How many there are; each has its own outages, where those are drawn, and its own capacity. At least 1.
    pub count: u32,
    /// Which of [`World::policies`] counts for it.
    pub policy: usize,
    /// How long a request takes that nothing delays; a refused connection takes as long.
    pub latency: Nanos,
    /// When it does not work.
    pub down: Vec<Down>,
    /// When it answers some requests with an error.
    pub brownouts: Vec<Brownout>,
    /// When it answers slowly.
    pub slow: Vec<Slow>,
    /// How many requests it can take.
    pub capacity: Option<Capacity>,
}

/// Times at which something is so.
#[derive(Clone, Debug, PartialEq)]
pub enum Window {
    /// Once, from the first moment until before the second.
    Between(Nanos, Nanos),
    /// From `first` on, `lasting` out of every `every`; `lasting` is shorter than `every`.
    Periodic {
        /// The first begins here.
        first: Nanos,
        /// From the beginning of one to that of the next.
        every: Nanos,
        /// How long each lasts.
        lasting: Nanos,
    },
    /// Up and down in turn, for times drawn from exponential distributions with these means; up at first.
    Random {
        /// The mean time up.
        up: Nanos,
        /// The mean time down.
        down: Nanos,
    },
}

/// Times at which a subscriber does not work.
#[derive(Clone, Debug, PartialEq)]
pub struct Down {
    /// When.
    pub window: Window,
    /// What a request meets then.
    pub fails: Fails,
}

/// What a request meets at a subscriber that does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// The connection is refused after the latency.
    Refuse,
    /// Nothing answers until the request times out, or for ever.
    Hang,
    /// An answer with this status, 100 to 999, after the latency.
    Status(u16),
}

/// Times at which a part of the requests is answered with an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Brownout {
    /// When.
    pub window: Window,
    /// Which part, in millionths, 1 to 1,000,000.
    pub parts_per_million: u32,
    /// With which status.
    pub status: u16,
}

/// Times at which answers take longer.
#[derive(Clone, Debug, PartialEq)]
pub struct Slow {
    /// When.
    pub window: Window,
    /// How long a request takes then.
    pub latency: Nanos,
}

/// How many requests a subscriber can take before it fails: a bucket of one second's worth of requests, filled evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Requests a second, 1 or more.
    pub per_second: u32,
    /// What those beyond it are answered with.
    pub status: u16,
    /// After an outage the capacity grows evenly from nothing to all of it in this time, and the bucket with it, empty at
    /// first; 0 is at once.
    pub cold: Nanos,
}

/// A stream of posts to one queue, or to many alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    /// Whom they are for: indices into [`World::subscribers`]. Never empty.
    pub to: Vec<usize>,
    /// Who of a group gets a post.
    pub deal: Deal,
    /// How many messages a post holds, 1 to 65,535.
    pub batch: u32,
    /// When they come.
    pub pattern: Pattern,
}

impl Arrivals {
    /// How many posts come before the horizon.
    fn posts(&self, horizon: Nanos) -> u64 {
        match self.pattern {
            Pattern::Burst { at, posts } => posts * u64::from(at < horizon),
            Pattern::Even { from, until, posts } => match horizon.saturating_sub(from) {
                passed if horizon >= until => posts * u64::from(passed > 0),
                passed => {
                    let span = u128::from(until.saturating_sub(from)).max(1);
                    (u128::from(passed) * u128::from(posts)).div_ceil(span) as u64
                }
            },
            Pattern::Poisson { from, until, per_kilosecond } => {
                let span = u128::from(until.min(horizon).saturating_sub(from));
                (span * u128::from(per_kilosecond) / u128::from(1000 * SECOND)) as u64
            }
            Pattern::Trace(ref moments) => moments.partition_point(|at| *at < horizon) as u64,
        }
    }
}

/// Who of a group of subscribers gets a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deal {
    /// All of them: they subscribe to the same queue.
    Each,
    /// One of each group, drawn: they have queues of their own.
    One,
}

/// When posts come.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// So many at once.
    Burst {
        /// When.
        at: Nanos,
        /// How many posts.
        posts: u64,
    },
    /// So many, evenly: post `k` comes at `from + k * (until - from) / posts`.
    Even {
        /// The first comes here.
        from: Nanos,
        /// Where the next one after the last would come.
        until: Nanos,
        /// How many posts.
        posts: u64,
    },
    /// Independent of each other, so many a second in the mean.
    Poisson {
        /// From here.
        from: Nanos,
        /// Until before here.
        until: Nanos,
        /// Posts per 1,000 seconds, 1 or more.
        per_kilosecond: u64,
    },
    /// At these moments, which are sorted.
    Trace(Vec<Nanos>),
}

/// Who brings the messages to the subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A pool of workers as Zaqar has it: a worker takes one post for one subscriber, brings its messages one after
    /// the other, and sleeps through the delays between attempts. Observed: zaqar 23.0.1.
    Sleeping {
        /// How many there are; without a number there is one for everybody.
        workers: Option<u32>,
        /// How many of them may be with one subscriber.
        per_subscriber: Option<u32>,
        /// After how long a request is given up; real Zaqar waits for ever.
        timeout: Option<Nanos>,
    },
    /// Every message has a timer of its own, and a worker only while a request is open.
    Rescheduling {
        /// How many requests may be open.
        in_flight: Option<u32>,
        /// How many of them to one subscriber.
        per_subscriber: Option<u32>,
        /// After how long a request is given up.
        timeout: Option<Nanos>,
    },
}

impl Sender {
    /// How many workers there are, or how many requests may be open; none without a limit.
    pub const fn places(&self) -> Option<u32> {
        match *self {
            Self::Sleeping { workers: places, .. } | Self::Rescheduling { in_flight: places, .. } => places,
        }
    }
}
