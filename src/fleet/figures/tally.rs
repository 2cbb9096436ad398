//! Takes what an engine tells.
//! Gives [`Figures`] at the end.
//! Never keeps attempts: of a delivery it keeps its times, of an attempt that there was one more in its second.

use std::sync::Arc;

use super::recovery::Recovery;
use super::seconds::Seconds;
use super::{Figures, GroupFigures, Quantiles};
use crate::fleet::scene::outages::Outages;
use crate::fleet::watch::{Ended, Fate, Tried, Watch};
use crate::fleet::world::{Nanos, SECOND, Sender, World};

/// Counts what it watches.
#[derive(Clone, Debug)]
pub struct Tally {
    horizon: Nanos,
    outages: Arc<Outages>,
    groups: Vec<Group>,
    recovery: Option<Recovery>,
    /// When each delivery was posted, and when each was over.
    posts: Vec<Nanos>,
    ends: Vec<Nanos>,
    held: Held,
    pool: Pool,
}

/// What became of a group.
#[derive(Clone, Debug)]
struct Group {
    name: String,
    healthy: bool,
    /// Deliveries by their [`Fate`].
    fates: [u64; 5],
    attempts: u64,
    wasted: u64,
    latencies: Vec<Nanos>,
    lags: Vec<Nanos>,
    seconds: Seconds,
    recovery: Option<Recovery>,
}

/// How long failing messages held a worker.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    count: u64,
    sum: u128,
}

/// How many workers were taken for how long.
#[derive(Clone, Copy, Debug, Default)]
struct Pool {
    places: Option<u32>,
    sleeping: bool,
    since: Nanos,
    taken: u32,
    area: u128,
    waiting_max: u64,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(world: &World) -> Self {
        let outages = Arc::new(Outages::new(world));
        let recoveries: Vec<_> =
            (0..world.subscribers.len()).map(|group| Recovery::new(world, &outages, group)).collect();
        let recovery = recoveries.iter().flatten().cloned().reduce(Recovery::together);
        let groups = world.subscribers.iter().zip(recoveries).map(|(group, recovery)| Group {
            name: group.name.clone(),
            healthy: world.never_fails(group),
            ..Group::empty(recovery)
        });
        let (places, sleeping) = match world.sender {
            Sender::Sleeping { workers, .. } => (workers, true),
            Sender::Rescheduling { in_flight, .. } => (in_flight, false),
        };
        Self {
            horizon: world.horizon,
            groups: groups.collect(),
            recovery,
            posts: Vec::new(),
            ends: Vec::new(),
            held: Held::default(),
            pool: Pool { places, sleeping, ..Pool::default() },
            outages,
        }
    }

    /// The figures of what was watched.
    pub fn figures(mut self) -> Figures {
        self.pool(self.horizon, 0, 0, 0);
        let at_risk = at_risk_max(&mut self.posts, &mut self.ends);
        let total = self.groups.iter().fold(Group::empty(self.recovery.take()), Group::with);
        let mut healthy: Vec<Nanos> = Vec::new();
        for group in self.groups.iter().filter(|group| group.healthy) {
            healthy.extend(&group.latencies);
        }
        let of_places = |places: u32| self.pool.area as f64 / (f64::from(places) * self.horizon as f64);
        let saturates = |places: u32| {
            (self.held.sum > 0)
                .then(|| f64::from(places) * self.held.count as f64 * SECOND as f64 / self.held.sum as f64)
        };
        Figures {
            healthy_p99: (!healthy.is_empty()).then(|| Quantiles::of(&mut healthy).p99),
            occupancy: self.pool.places.map(of_places),
            saturation_rate: self.pool.places.filter(|_| self.pool.sleeping).and_then(saturates),
            max_backlog: self.pool.waiting_max,
            max_at_risk: at_risk,
            total: total.figures(),
            groups: self.groups.into_iter().map(Group::figures).collect(),
        }
    }

    /// Adds what another one has counted, of other deliveries of the same world.
    pub(in crate::fleet) fn absorb(&mut self, other: Self) {
        for (group, other) in self.groups.iter_mut().zip(&other.groups) {
            group.add(other);
            if let (Some(recovery), Some(other)) = (&mut group.recovery, &other.recovery) {
                recovery.add(other);
            }
        }
        if let (Some(recovery), Some(other)) = (&mut self.recovery, &other.recovery) {
            recovery.add(other);
        }
        self.posts.extend(other.posts);
        self.ends.extend(other.ends);
        self.held.count += other.held.count;
        self.held.sum += other.held.sum;
    }
}

impl Watch for Tally {
    const ASLEEP: bool = false;

    fn tried(&mut self, tried: &Tried) {
        let group = &mut self.groups[tried.group as usize];
        group.attempts += 1;
        group.wasted += u64::from(tried.failed);
        group.seconds.count(tried.began / SECOND, 1);
    }

    fn ended(&mut self, ended: &Ended) {
        let group = &mut self.groups[ended.group as usize];
        group.fates[ended.fate as usize] += 1;
        if ended.fate == Fate::Delivered {
            group.latencies.push(ended.at - ended.posted);
            let met = ended.began.and_then(|began| self.outages.over(ended.group as usize, ended.member, began));
            group.lags.extend(met.map(|over| ended.at.saturating_sub(over)));
        }
        if let Some(recovery) = &mut group.recovery {
            recovery.ended(ended);
        }
        if let Some(recovery) = &mut self.recovery {
            recovery.ended(ended);
        }
        let failed = ended.attempts > 1 || ended.fate == Fate::Lost;
        if let Some(began) = ended.began.filter(|_| failed && ended.fate != Fate::Unfinished) {
            self.held.count += 1;
            self.held.sum += u128::from(ended.at - began);
        }
        self.posts.push(ended.posted);
        self.ends.push(ended.at);
    }

    fn pool(&mut self, at: Nanos, waiting: u64, taken: u32, _: u32) {
        let pool = &mut self.pool;
        pool.area += u128::from(at - pool.since) * u128::from(pool.taken);
        (pool.since, pool.taken) = (at, taken);
        pool.waiting_max = pool.waiting_max.max(waiting);
    }
}

impl Group {
    fn empty(recovery: Option<Recovery>) -> Self {
        Self {
            name: String::new(),
            healthy: false,
            fates: [0; 5],
            attempts: 0,
            wasted: 0,
            latencies: Vec::new(),
            lags: Vec::new(),
            seconds: Seconds::default(),
            recovery,
        }
    }

    fn with(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    /// Everything but the recovery, which is watched for all groups together.
    fn add(&mut self, other: &Self) {
        self.fates.iter_mut().zip(other.fates).for_each(|(fate, other)| *fate += other);
        self.attempts += other.attempts;
        self.wasted += other.wasted;
        self.latencies.extend(&other.latencies);
        self.lags.extend(&other.lags);
        other.seconds.iter().for_each(|(second, count)| self.seconds.count(second, count));
    }

    fn figures(mut self) -> GroupFigures {
        let [delivered, rejected, lost, collateral_lost, unfinished] = self.fates;
        let recovered = self.recovery.map(Recovery::judge);
        GroupFigures {
            name: self.name,
            published: self.fates.iter().sum(),
            delivered,
            rejected,
            lost,
            collateral_lost,
            unfinished,
            attempts: self.attempts,
            wasted: self.wasted,
            latency: Quantiles::of(&mut self.latencies),
            recovery_lag: Quantiles::of(&mut self.lags),
            peak_1s: self.seconds.peak(1),
            peak_10s: self.seconds.peak(10),
            drain: recovered.and_then(|recovered| recovered.drain),
            recovered: recovered.map(|recovered| recovered.recovered),
        }
    }
}

/// The most deliveries that were posted and not over at once.
fn at_risk_max(posts: &mut [Nanos], ends: &mut [Nanos]) -> u64 {
    posts.sort_unstable();
    ends.sort_unstable();
    let (mut over, mut most) = (0, 0);
    for (posted, at) in (1..).zip(posts.iter()) {
        over += ends[over..].iter().take_while(|end| *end <= at).count();
        most = most.max(posted - over.min(posted));
    }
    most as u64
}
