//! Takes what an engine tells.
//! Gives [`Series`]: requests, workers and waiting second by second, how latency is spread, and some deliveries in full.
//! Never grows with the number of deliveries: what is kept depends on the horizon, and has a limit.

use std::collections::BTreeMap;

use super::spread::Spread;
use crate::fleet::scene::outages::Outages;
use crate::fleet::watch::{Ended, Fate, Tried, Watch};
use crate::fleet::world::{Nanos, SECOND, Window, World};
use crate::policy::Phase;

/// What a picture or a table of a run is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// How long each step is: a second, or more where the horizon has more than [`STEPS_MAX`] of them.
    pub step: Nanos,
    /// What happened in each step; the first begins at 0.
    pub steps: Vec<Step>,
    /// Some deliveries with all their attempts, in the order of posting: of those whose first attempt failed, if any.
    pub rows: Vec<Row>,
    /// From post to success, of those that were delivered.
    pub latency: Spread,
    /// Deliveries, whatever became of them.
    pub published: u64,
    /// When some subscriber is known not to work: first moment, and moment after the last.
    pub outages: Vec<(Nanos, Nanos)>,
    /// Requests a second that all subscribers can take together; none if one of them can take any number.
    pub capacity_per_s: Option<u64>,
    /// Workers, or requests that may be open; none without a limit.
    pub workers: Option<u32>,
    /// Whether an engine told of workers at all.
    pub pooled: bool,
}

/// What happened in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// First attempts sent.
    pub first: u64,
    /// Retries sent.
    pub retries: u64,
    /// Of both, those that failed.
    pub failed: u64,
    /// Deliveries that ended with success.
    pub delivered: u64,
    /// Deliveries that ended without, or were not over at the horizon.
    pub undelivered: u64,
    /// Deliveries posted and not over, at the end of the step.
    pub at_risk: u64,
    /// Posts that waited for a worker, the most at once.
    pub waiting: u64,
    /// Workers taken, in the mean; those asleep are among them.
    pub busy: f64,
    /// Workers asleep between two attempts, in the mean.
    pub asleep: f64,
    /// The longest latency of what was posted in this step to subscribers that never fail; none if nothing was, or it
    /// did not arrive.
    pub healthy_latency: Option<Nanos>,
}

/// One delivery with its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The number of the delivery.
    pub delivery: u64,
    /// The index of the subscriber's group.
    pub group: u32,
    /// When the message was posted.
    pub posted: Nanos,
    /// The attempts: when each began, and its phase; at most [`ATTEMPTS_MAX`].
    pub attempts: Vec<(Nanos, Option<Phase>)>,
    /// When it was over and how, if it was.
    pub end: Option<(Nanos, Fate)>,
}

/// The most steps that are kept.
pub const STEPS_MAX: u64 = 20_000;
/// The most deliveries that are kept in full.
pub const ROWS_MAX: usize = 40;
/// The most attempts that are kept of each.
pub const ATTEMPTS_MAX: usize = 2_000;

impl Series {
    /// What `engine` tells about a world.
    pub fn of(world: &World, engine: impl FnOnce(&World, &mut Collector)) -> Self {
        let mut collector = Collector::new(world);
        engine(world, &mut collector);
        collector.series()
    }
}

/// Makes a [`Series`] of what it is told.
#[derive(Clone, Debug)]
pub struct Collector {
    horizon: Nanos,
    series: Series,
    /// By a number that is drawn from the delivery's: the smallest ones stay, which makes the choice even and the same
    /// in every order. Those whose first attempt failed, and the others.
    kept: [BTreeMap<u64, Row>; 2],
    /// Which groups never fail.
    healthy: Vec<bool>,
    pool: Level,
    /// Time-weighted sums in each step: workers taken, workers asleep.
    sums: Vec<(u128, u128)>,
    /// What is posted and what is over, in each step.
    flow: Vec<(u64, u64)>,
}

/// The workers since some moment.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    since: Nanos,
    waiting: u64,
    busy: u32,
    asleep: u32,
}

impl Collector {
    /// Nothing told yet.
    pub fn new(world: &World) -> Self {
        let step = step_of(world.horizon);
        let count = usize::try_from(world.horizon.div_ceil(step)).expect("there are not many").max(1);
        let series = Series {
            step,
            steps: vec![Step::default(); count],
            rows: Vec::new(),
            latency: Spread::new(),
            published: 0,
            outages: outages(world),
            capacity_per_s: capacity(world),
            workers: world.sender.places(),
            pooled: false,
        };
        Self {
            horizon: world.horizon,
            series,
            kept: [BTreeMap::new(), BTreeMap::new()],
            healthy: world.subscribers.iter().map(|group| world.never_fails(group)).collect(),
            pool: Level::default(),
            sums: vec![(0, 0); count],
            flow: vec![(0, 0); count],
        }
    }

    /// The series of what was told.
    pub fn series(mut self) -> Series {
        self.advance(self.horizon);
        let mut series = self.series;
        let mut at_risk = 0;
        for (place, step) in series.steps.iter_mut().enumerate() {
            let (posted, over) = self.flow[place];
            at_risk += posted;
            at_risk -= over;
            step.at_risk = at_risk;
            // The last step may be shorter than the others.
            let from = place as u64 * series.step;
            let lasted = series.step.min(self.horizon.saturating_sub(from)).max(1) as f64;
            let (busy, asleep) = self.sums[place];
            (step.busy, step.asleep) = (busy as f64 / lasted, asleep as f64 / lasted);
        }
        let [failed, smooth] = self.kept;
        let rows = if failed.is_empty() { smooth } else { failed };
        series.rows = rows.into_values().collect();
        series.rows.sort_by_key(|row| (row.posted, row.delivery));
        series
    }

    fn place(&self, at: Nanos) -> usize {
        ((at / self.series.step) as usize).min(self.series.steps.len() - 1)
    }

    fn step(&mut self, at: Nanos) -> &mut Step {
        let place = self.place(at);
        &mut self.series.steps[place]
    }

    fn keep(&mut self, tried: &Tried) {
        let key = scattered(tried.delivery);
        if tried.attempt == 1 {
            let kept = &mut self.kept[usize::from(!tried.failed)];
            let (delivery, group, posted) = (tried.delivery, tried.group, tried.posted);
            let row = || Row { delivery, group, posted, attempts: vec![(tried.began, tried.phase)], end: None };
            if kept.len() < ROWS_MAX || kept.last_key_value().is_some_and(|(last, _)| key < *last) {
                kept.insert(key, row());
            }
            if kept.len() > ROWS_MAX {
                kept.pop_last();
            }
        } else if let Some(row) = self.kept[0].get_mut(&key).filter(|row| row.attempts.len() < ATTEMPTS_MAX) {
            row.attempts.push((tried.began, tried.phase));
        }
    }

    /// Adds the time up to `at` to the steps it lies in.
    fn advance(&mut self, at: Nanos) {
        let level = self.pool;
        let (mut from, until) = (level.since, at.min(self.horizon));
        while from < until {
            let place = self.place(from);
            let lasted = until.min((place as u64 + 1) * self.series.step) - from;
            let (busy, asleep) = &mut self.sums[place];
            *busy += u128::from(level.busy) * u128::from(lasted);
            *asleep += u128::from(level.asleep) * u128::from(lasted);
            let step = &mut self.series.steps[place];
            step.waiting = step.waiting.max(level.waiting);
            from += lasted;
        }
        self.pool.since = self.pool.since.max(at);
    }
}

impl Watch for Collector {
    fn tried(&mut self, tried: &Tried) {
        let step = self.step(tried.began);
        *(if tried.attempt == 1 { &mut step.first } else { &mut step.retries }) += 1;
        step.failed += u64::from(tried.failed);
        self.keep(tried);
    }

    fn ended(&mut self, ended: &Ended) {
        self.series.published += 1;
        let (from, until) = (self.place(ended.posted), self.place(ended.at));
        self.flow[from].0 += 1;
        // What is not over stays at risk to the end.
        self.flow[until].1 += u64::from(ended.fate != Fate::Unfinished);
        let latency = ended.at.saturating_sub(ended.posted);
        let step = self.step(ended.at);
        if ended.fate == Fate::Delivered {
            step.delivered += 1;
            self.series.latency.add(latency);
            if self.healthy[ended.group as usize] {
                let slowest = &mut self.step(ended.posted).healthy_latency;
                *slowest = (*slowest).max(Some(latency));
            }
        } else {
            step.undelivered += 1;
        }
        let key = scattered(ended.delivery);
        for kept in &mut self.kept {
            if let Some(row) = kept.get_mut(&key) {
                row.end = Some((ended.at, ended.fate));
            }
        }
    }

    fn pool(&mut self, at: Nanos, waiting: u64, busy: u32, asleep: u32) {
        self.series.pooled = true;
        self.advance(at);
        self.pool = Level { since: at, waiting, busy, asleep };
        // A moment of waiting counts even if no time passes.
        let step = self.step(at);
        step.waiting = step.waiting.max(waiting);
    }
}

/// The round step with which a horizon has at most [`STEPS_MAX`] of them.
fn step_of(horizon: Nanos) -> Nanos {
    let round = [1, 2, 5, 10, 30, 60, 300, 600, 3_600, 21_600, 86_400];
    let enough = |step: &Nanos| horizon / *step < STEPS_MAX;
    let round = round.into_iter().map(|seconds| seconds * SECOND);
    round.into_iter().find(enough).unwrap_or(horizon / STEPS_MAX + 1)
}

/// A number for a delivery that its neighbours' say nothing about; no two have the same. Source: SplitMix64.
const fn scattered(delivery: u64) -> u64 {
    let mut mixed = delivery.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The outages within the horizon that are the same for all members of their group; those that touch are one.
fn outages(world: &World) -> Vec<(Nanos, Nanos)> {
    let outages = Outages::new(world);
    let mut all: Vec<(Nanos, Nanos)> = Vec::new();
    for (group, subscriber) in world.subscribers.iter().enumerate() {
        let drawn = subscriber.down.iter().any(|down| matches!(down.window, Window::Random { .. }));
        if !drawn || subscriber.count == 1 {
            let following = |at| outages.next(group, 0, at);
            let own = std::iter::successors(following(0), |(_, until)| following(*until));
            all.extend(own.take(OUTAGES_MAX).map(|(from, until)| (from, until.min(world.horizon))));
        }
    }
    all.sort_unstable();
    let mut joined: Vec<(Nanos, Nanos)> = Vec::new();
    for (from, until) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}

fn capacity(world: &World) -> Option<u64> {
    let of = |s: &crate::fleet::Subscriber| Some(u64::from(s.capacity?.per_second) * u64::from(s.count));
    world.subscribers.iter().map(of).sum()
}

/// More of them than this can't be told apart in a picture.
const OUTAGES_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Down, Fails};

    fn world(horizon_s: u64, windows: Vec<Window>) -> World {
        let mut world = World { horizon: horizon_s * SECOND, ..World::sample() };
        world.subscribers[0].down = windows.into_iter().map(|window| Down { window, fails: Fails::Refuse }).collect();
        world
    }

    fn down() -> Window {
        Window::Between(SECOND, 3 * SECOND)
    }

    fn tried(delivery: u64, attempt: u32, began_s: u64, failed: bool) -> Tried {
        let at = began_s * SECOND;
        let phase = (attempt > 1).then_some(Phase::Immediate);
        let status = (!failed).then_some(200);
        Tried { delivery, group: 0, member: 0, attempt, phase, posted: 0, began: at, ended: at, status, failed }
    }

    fn ended(delivery: u64, group: u32, at_s: u64, fate: Fate) -> Ended {
        Ended { delivery, group, member: 0, posted: 0, began: None, at: at_s * SECOND, attempts: 1, fate }
    }

    #[test]
    fn requests_and_ends_are_counted_where_they_are() {
        let series = Series::of(&world(10, vec![down()]), |_, told| {
            told.tried(&tried(0, 1, 0, true));
            told.tried(&tried(0, 2, 4, true));
            told.tried(&tried(0, 3, 4, false));
            told.ended(&ended(0, 0, 4, Fate::Delivered));
            told.ended(&ended(1, 1, 2, Fate::Delivered));
            told.ended(&ended(2, 0, 10, Fate::Unfinished));
        });
        let counts: Vec<_> = series.steps.iter().map(|s| (s.first, s.retries, s.failed, s.at_risk)).collect();
        let rest = (0, 0, 0, 1);
        assert_eq!(counts[..5], [(1, 0, 1, 3), (0, 0, 0, 3), (0, 0, 0, 2), (0, 0, 0, 2), (0, 2, 1, 1)]);
        assert!(counts[5..] == [rest; 5], "{counts:?}");
        assert_eq!((series.published, series.latency.count()), (3, 2));
        assert_eq!(series.steps[0].healthy_latency, Some(2 * SECOND));
        assert_eq!((series.steps[4].delivered, series.steps[9].undelivered), (1, 1));
        assert_eq!(series.rows.len(), 1);
        let row = &series.rows[0];
        assert_eq!((row.attempts.len(), row.end), (3, Some((4 * SECOND, Fate::Delivered))));
    }

    #[test]
    fn workers_are_weighed_by_time() {
        let series = Series::of(&world(4, Vec::new()), |_, told| {
            told.pool(SECOND / 2, 0, 4, 2);
            told.pool(5 * SECOND / 2, 7, 10, 10);
            told.pool(5 * SECOND / 2, 0, 1, 0);
        });
        let level: Vec<_> = series.steps.iter().map(|s| (s.busy, s.asleep, s.waiting)).collect();
        assert_eq!(level, [(2.0, 1.0, 0), (4.0, 2.0, 0), (2.5, 1.0, 7), (1.0, 0.0, 0)]);
        assert!(series.pooled && series.workers == Some(10));
    }

    #[test]
    fn which_deliveries_are_kept_depends_on_no_order() {
        let kept = |order: &mut dyn Iterator<Item = u64>| {
            let series = Series::of(&world(10, Vec::new()), |_, told| {
                order.for_each(|delivery| told.tried(&tried(delivery, 1, 0, delivery % 3 == 0)));
            });
            series.rows.iter().map(|row| row.delivery).collect::<Vec<_>>()
        };
        let rows = kept(&mut (0..10_000));
        assert_eq!(rows, kept(&mut (0..10_000).rev()));
        assert_eq!(rows.len(), ROWS_MAX);
        assert!(rows.iter().all(|delivery| delivery % 3 == 0), "{rows:?}");
        // From all over, not from one end.
        assert!(rows[ROWS_MAX / 4] < 5_000 && rows[3 * ROWS_MAX / 4] > 5_000, "{rows:?}");
    }

    #[test]
    fn outages_that_touch_are_one_and_steps_stay_few() {
        let far = u64::MAX / SECOND;
        let windows = vec![
            Window::Between(0, 4 * SECOND),
            Window::Between(3 * SECOND, 5 * SECOND),
            Window::Periodic { first: 10 * SECOND, every: 10 * SECOND, lasting: SECOND },
        ];
        let series = Series::of(&world(25, windows), |_, _| {});
        assert_eq!(
            series.outages.iter().map(|o| (o.0 / SECOND, o.1 / SECOND)).collect::<Vec<_>>(),
            [(0, 5), (10, 11), (20, 21)]
        );
        let endless = vec![Window::Periodic { first: 0, every: 2, lasting: 1 }];
        let long = Series::of(&world(far, endless), |_, told| told.pool(0, 0, 1, 0));
        assert!(long.steps.len() <= STEPS_MAX as usize + 1, "{}", long.steps.len());
        assert_eq!(Series::of(&world(3_600, Vec::new()), |_, _| {}).step, SECOND);
    }
}
