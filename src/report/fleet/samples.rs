//! Takes a policy.
//! Gives series, a sweep and a search for the tests of pictures, made by the plainest engine there is.
//! Never stands for anything that users see.

use serde_json::Value;

use crate::fleet::{
    Candidate, Candidates, Collector, Ended, Fate, Figures, Grid, GroupFigures, Jitter, Line, Measured, Peak,
    Quantiles, SECOND, Scored, Searched, Series, Swept, Tried, Wanted, Watch, World, read_values,
};
use crate::policy::Selected;
use crate::protocol::Deviations;
use crate::schedule::{Outcomes, Timeline};

/// Three posts a second for 15 minutes to a subscriber that is away from 100 s on, for so long; one in four to a healthy
/// one.
pub(super) fn series(policy: &Value, outage_s: u64) -> Series {
    let selected = Selected::Policy(policy.as_object().expect("it is an object").clone());
    let timeline = Timeline::draw(selected, &Outcomes::never(), Deviations::NONE);
    let down = 100..100 + outage_s;
    let mut world = World { horizon: 1_000 * SECOND, ..World::sample() }.with_outages(outage_s * SECOND);
    let crate::fleet::Window::Between(from, until) = &mut world.subscribers[0].down[0].window else { unreachable!() };
    (*from, *until) = (down.start * SECOND, down.end * SECOND);
    Series::of(&world, |_, told: &mut Collector| {
        let mut busy = Vec::new();
        for delivery in 0..2_700 {
            let (posted, group) = (delivery * SECOND / 3, u32::from(delivery % 4 == 0));
            let (mut fate, mut at, mut attempts) = (Fate::Lost, posted, 0);
            for attempt in &timeline.attempts {
                attempts += 1;
                let began = posted + attempt.at_s * SECOND + 20_000_000 * u64::from(attempts);
                let failed = group == 0 && down.contains(&(began / SECOND));
                let phase = attempt.phase();
                let status = (!failed).then_some(200);
                at = began + 20_000_000;
                told.tried(&Tried {
                    delivery,
                    group,
                    member: 0,
                    attempt: attempts,
                    phase,
                    posted,
                    began,
                    ended: at,
                    status,
                    failed,
                });
                if !failed {
                    fate = Fate::Delivered;
                    break;
                }
            }
            told.ended(&Ended {
                delivery,
                group,
                member: 0,
                posted,
                began: Some(posted),
                at: at.min(world.horizon),
                attempts,
                fate,
            });
            busy.extend([(posted, 1_i32), (at, -1)]);
        }
        busy.sort_unstable();
        let mut taken = 0;
        for (at, change) in busy {
            taken += change;
            told.pool(at, (taken - 10).max(0) as u64, taken.min(10) as u32, (taken - 1).clamp(0, 10) as u32);
        }
    })
}

/// What a policy would come to if its lag were its longest gap, and so on.
fn guessed(world: &World, candidate: &Candidate, outage_s: u64) -> Measured {
    let lag = (candidate.shape.gap_max_s * SECOND).min(outage_s * SECOND) / 2;
    let lost = outage_s.saturating_sub(candidate.shape.span_s);
    let total = GroupFigures {
        published: 1_000,
        delivered: 1_000 - lost.min(900),
        lost: lost.min(900),
        attempts: 1_000 + 40 * candidate.shape.attempts as u64,
        peak_1s: Peak { count: 40 + 9_000 / (1 + candidate.shape.gap_max_s), at: 0 },
        recovery_lag: Quantiles { count: 9, p50: lag / 2, p99: lag, ..Quantiles::default() },
        ..GroupFigures::default()
    };
    Measured::of(world, &Figures { total, ..Figures::default() })
}

pub(super) fn found() -> (Vec<Candidate>, Wanted, Searched) {
    let Candidates { all, .. } = Grid::default().candidates(Jitter::None, Deviations::NONE).expect("it is small");
    let objectives = crate::fleet::OBJECTIVES.map(|name| crate::fleet::Metric::named(name).expect(name)).to_vec();
    let wanted = Wanted { limits: vec!["lost=0".parse().expect("it is a limit")], objectives };
    let world = World::sample();
    let scored = all.iter().map(|candidate| Scored::of(&[guessed(&world, candidate, 100)], &wanted.limits)).collect();
    let searched = Searched::of(scored, &wanted);
    (all, wanted, searched)
}

pub(super) fn swept() -> Swept {
    let settings = read_values("1s..2h*2").expect("they are values");
    let candidates = Grid::default().candidates(Jitter::None, Deviations::NONE).expect("it is small").all;
    let world = World::sample();
    let line = |name: &str, place: usize| Line {
        name: name.into(),
        points: settings
            .iter()
            .map(|s| guessed(&world, &candidates[place], s.number.expect("a time") as u64))
            .collect(),
    };
    let lines = vec![line("first", 30), line("second", 700), line("third", 1_100)];
    Swept { field: "outage".into(), settings, lines }
}
