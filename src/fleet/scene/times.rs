//! Takes the windows of a group of subscribers.
//! Gives [`Times`]: whether one of them is open at a moment, until when, and when the last one closed.
//! Never walks through periods: what repeats is computed, and only what is drawn is listed.

use super::dice::Dice;
use crate::fleet::world::{Nanos, Window};

/// When a window is open for each member of a group.
#[derive(Clone, Debug)]
pub(super) enum Times {
    /// For everybody alike.
    Alike(Window),
    /// For each member at times of its own, sorted.
    Drawn(Vec<Vec<Spell>>),
}

/// From the first moment until before the second.
pub(super) type Spell = (Nanos, Nanos);

impl Times {
    /// `dice` are those of this window; each member gets its own from them.
    pub(super) fn new(window: &Window, dice: Dice, members: u32, horizon: Nanos) -> Self {
        match *window {
            Window::Random { up, down } => {
                let draw = |member| draw(dice.at(member, 0), up, down, horizon);
                Self::Drawn((0..u64::from(members)).map(draw).collect())
            }
            _ => Self::Alike(window.clone()),
        }
    }

    /// When it closes, if it is open at `at`.
    pub(super) fn closes(&self, member: u32, at: Nanos) -> Option<Nanos> {
        match *self {
            Self::Alike(Window::Between(from, until)) => (from <= at && at < until).then_some(until),
            Self::Alike(Window::Periodic { first, every, lasting }) => {
                let since = at.checked_sub(first)? % every;
                (since < lasting).then(|| (at - since).saturating_add(lasting))
            }
            Self::Alike(Window::Random { .. }) => None,
            Self::Drawn(ref members) => {
                let spells = &members[member as usize];
                let (from, until) = *spells.get(spells.partition_point(|(_, until)| *until <= at))?;
                (from <= at).then_some(until)
            }
        }
    }

    /// When it closed for the last time, `at` included.
    pub(super) fn closed(&self, member: u32, at: Nanos) -> Option<Nanos> {
        match *self {
            Self::Alike(Window::Between(_, until)) => (until <= at).then_some(until),
            Self::Alike(Window::Periodic { first, every, lasting }) => {
                let since = at.checked_sub(first)?.checked_sub(lasting)?;
                Some(at - since % every)
            }
            Self::Alike(Window::Random { .. }) => None,
            Self::Drawn(ref members) => {
                let spells = &members[member as usize];
                let over = spells.partition_point(|(_, until)| *until <= at);
                Some(spells[over.checked_sub(1)?].1)
            }
        }
    }

    /// When it opens next, `at` included.
    pub(super) fn opens(&self, member: u32, at: Nanos) -> Option<Nanos> {
        match *self {
            Self::Alike(Window::Between(from, until)) => (from >= at && from < until).then_some(from),
            Self::Alike(Window::Periodic { first, every, .. }) => match at.checked_sub(first) {
                None => Some(first),
                Some(since) => first.checked_add(since.div_ceil(every).checked_mul(every)?),
            },
            Self::Alike(Window::Random { .. }) => None,
            Self::Drawn(ref members) => {
                let spells = &members[member as usize];
                spells.get(spells.partition_point(|(from, _)| *from < at)).map(|(from, _)| *from)
            }
        }
    }
}

/// Up at first, then down and up in turn.
fn draw(dice: Dice, up: Nanos, down: Nanos, horizon: Nanos) -> Vec<Spell> {
    let (mut spells, mut at) = (Vec::new(), 0_u64);
    for turn in 0.. {
        let from = at.saturating_add(dice.exponential(turn, 0, up as f64).max(1));
        let until = from.saturating_add(dice.exponential(turn, 1, down as f64).max(1));
        if from >= horizon {
            break;
        }
        spells.push((from, until));
        at = until;
    }
    spells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(window: &Window) -> Times {
        Times::new(window, Dice::new(0, "test"), 2, 1000)
    }

    #[track_caller]
    fn check(window: &Window, at: Nanos, expected: [Option<Nanos>; 3]) {
        let times = times(window);
        assert_eq!([times.opens(1, at), times.closes(1, at), times.closed(1, at)], expected, "{window:?} at {at}");
    }

    #[test]
    fn a_window_is_open_from_its_first_moment_until_before_its_last() {
        let once = Window::Between(10, 20);
        check(&once, 9, [Some(10), None, None]);
        check(&once, 10, [Some(10), Some(20), None]);
        check(&once, 19, [None, Some(20), None]);
        check(&once, 20, [None, None, Some(20)]);
        check(&Window::Between(10, 10), 10, [None, None, Some(10)]);
    }

    #[test]
    fn a_window_may_come_back() {
        let again = Window::Periodic { first: 10, every: 100, lasting: 30 };
        check(&again, 0, [Some(10), None, None]);
        check(&again, 39, [Some(110), Some(40), None]);
        check(&again, 40, [Some(110), None, Some(40)]);
        check(&again, 110, [Some(110), Some(140), Some(40)]);
        check(&again, 210, [Some(210), Some(240), Some(140)]);
        check(&again, 1_000_000_040, [Some(1_000_000_110), None, Some(1_000_000_040)]);
    }

    #[test]
    fn drawn_windows_are_told_as_they_were_drawn() {
        let times = times(&Window::Random { up: 50, down: 20 });
        let Times::Drawn(members) = &times else { panic!("{times:?}") };
        assert_ne!(members[0], members[1]);
        let mut before = None;
        for &(from, until) in &members[1] {
            assert_eq!(
                (times.opens(1, from), times.closes(1, from), times.closed(1, from)),
                (Some(from), Some(until), before)
            );
            assert_eq!((times.closes(1, until - 1), times.closes(1, until)), (Some(until), None));
            before = Some(until);
        }
        assert!(members[1].len() > 5, "{members:?}");
    }
}
