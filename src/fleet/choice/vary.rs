//! Takes a world.
//! Gives others that differ from it in one thing: the policy, the length of outages, how messages arrive.
//! Never changes what was not asked for: random draws stay where they were.

use super::metric::bounds;
use crate::fleet::world::{Arrivals, Nanos, Pattern, Policy, Window, World};

impl World {
    /// This world where every subscriber has `policy`.
    #[must_use]
    pub fn under(&self, policy: Policy) -> Self {
        let mut world = self.clone();
        for subscriber in &mut world.subscribers {
            subscriber.policy = 0;
        }
        world.policies = vec![policy];
        world
    }

    /// This world where every outage lasts `length` from its beginning on; drawn ones last that long in the mean. What
    /// is watched after the last moment of an outage stays as long as it was.
    #[must_use]
    pub fn with_outages(&self, length: Nanos) -> Self {
        self.with_each_outage(|_| length)
    }

    /// This world where every outage lasts so many thousandths of what it did.
    #[must_use]
    pub fn with_outages_scaled(&self, thousandths: u64) -> Self {
        let scaled = |length: Nanos| u128::from(length) * u128::from(thousandths) / 1_000;
        self.with_each_outage(|length| Nanos::try_from(scaled(length)).unwrap_or(Nanos::MAX))
    }

    fn with_each_outage(&self, length: impl Fn(Nanos) -> Nanos) -> Self {
        let mut world = self.clone();
        let mut longer = 0;
        for down in world.subscribers.iter_mut().flat_map(|subscriber| &mut subscriber.down) {
            match &mut down.window {
                Window::Between(from, until) => {
                    let end = from.saturating_add(length(*until - *from).max(1));
                    longer = longer.max(end.saturating_sub(*until));
                    *until = end;
                }
                Window::Periodic { every, lasting, .. } => *lasting = length(*lasting).clamp(1, *every - 1),
                Window::Random { down, .. } => *down = length(*down).max(1),
            }
        }
        world.horizon = world.horizon.saturating_add(longer);
        world
    }

    /// This world where all that is posted comes at once, as the first outage begins.
    #[must_use]
    pub fn at_once(&self) -> Self {
        let mut world = self.clone();
        let first = world.arrivals.iter().map(|arrivals| bounds(&arrivals.pattern).0).min().unwrap_or(0);
        let at = self.first_outage().unwrap_or(first);
        for arrivals in &mut world.arrivals {
            arrivals.pattern = Pattern::Burst { at, posts: posts(arrivals) };
        }
        world
    }

    /// When the first outage begins whose time is written down.
    fn first_outage(&self) -> Option<Nanos> {
        let downs = self.subscribers.iter().flat_map(|subscriber| &subscriber.down);
        let begin = downs.filter_map(|down| match down.window {
            Window::Between(first, _) | Window::Periodic { first, .. } => Some(first),
            Window::Random { .. } => None,
        });
        begin.min()
    }

    /// What one world has to be tried in before a policy is called good for it: outages of other lengths, since with one
    /// length a policy may be lucky that an attempt falls on its end; and all messages at once.
    pub fn variations(&self, name: &str) -> Vec<(String, Self)> {
        let scaled = FACTORS.map(|thousandths| {
            let by = if thousandths == 1_000 { String::new() } else { format!(", outages x {}", decimal(thousandths)) };
            (format!("{name}{by}"), self.with_outages_scaled(thousandths))
        });
        scaled.into_iter().chain([(format!("{name}, all at once"), self.at_once())]).collect()
    }
}

/// How many posts there are, in the mean.
fn posts(arrivals: &Arrivals) -> u64 {
    match &arrivals.pattern {
        Pattern::Burst { posts, .. } | Pattern::Even { posts, .. } => *posts,
        Pattern::Poisson { from, until, per_kilosecond } => {
            let posts = u128::from(until - from) * u128::from(*per_kilosecond) / KILOSECOND;
            u64::try_from(posts).unwrap_or(u64::MAX).max(1)
        }
        Pattern::Trace(moments) => moments.len() as u64,
    }
}

fn decimal(thousandths: u64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// No round numbers but 1: attempts fall on round seconds.
const FACTORS: [u64; 5] = [1_000, 487, 811, 1_273, 1_949];
const KILOSECOND: u128 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Down, Fails, Jitter, SECOND};
    use crate::policy::Selected;

    fn windows(world: &World) -> Vec<Window> {
        world.subscribers.iter().flat_map(|subscriber| &subscriber.down).map(|down| down.window.clone()).collect()
    }

    fn sample() -> World {
        let mut world = World::sample();
        for window in [
            Window::Periodic { first: 0, every: 10 * SECOND, lasting: 2 * SECOND },
            Window::Random { up: 100 * SECOND, down: 5 * SECOND },
        ] {
            world.subscribers[1].down.push(Down { window, fails: Fails::Hang });
        }
        world
    }

    #[test]
    fn outages_last_as_long_as_is_asked() {
        let world = sample().with_outages(7 * SECOND);
        let expected = [
            Window::Between(SECOND, 8 * SECOND),
            Window::Periodic { first: 0, every: 10 * SECOND, lasting: 7 * SECOND },
            Window::Random { up: 100 * SECOND, down: 7 * SECOND },
        ];
        assert_eq!(windows(&world), expected);
        assert_eq!(world.horizon, 15 * SECOND, "as long after the outage as before");
        assert_eq!(sample().with_outages_scaled(1_000), sample());
        assert_eq!(windows(&sample().with_outages_scaled(500))[0], Window::Between(SECOND, 2 * SECOND));
        let far = sample().with_outages(u64::MAX);
        assert_eq!(windows(&far)[1], Window::Periodic { first: 0, every: 10 * SECOND, lasting: 10 * SECOND - 1 });
    }

    #[test]
    fn all_at_once_is_as_much_as_before() {
        let mut world = sample();
        world.subscribers[1].down.clear();
        world.arrivals[0].pattern = Pattern::Poisson { from: 0, until: 10 * SECOND, per_kilosecond: 2_500 };
        assert_eq!(world.at_once().arrivals[0].pattern, Pattern::Burst { at: SECOND, posts: 25 });
    }

    #[test]
    fn variants_differ_from_each_other_and_have_names() {
        let variations = sample().variations("world");
        let names: Vec<&str> = variations.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..2], ["world", "world, outages x 0.487"]);
        assert_eq!(variations[0].1, sample());
        for (place, (name, world)) in variations.iter().enumerate() {
            assert!(variations[..place].iter().all(|(_, other)| other != world), "{name}");
        }
    }

    #[test]
    fn one_policy_for_everybody() {
        let policy = Policy { name: "own".into(), selected: Selected::Unusable, jitter: Jitter::Full };
        let mut world = sample();
        world.policies.push(world.policies[0].clone());
        world.subscribers[1].policy = 1;
        let under = world.under(policy.clone());
        assert!(under.policies == [policy] && under.subscribers.iter().all(|subscriber| subscriber.policy == 0));
        assert_eq!(under.arrivals, world.arrivals);
    }
}
