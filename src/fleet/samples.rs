//! Takes nothing.
//! Gives a small world for the tests of this module.
//! Never stands for anything that users see.

use super::world::{Arrivals, Deal, Down, Fails, Jitter, Pattern, Policy, SECOND, Sender, Subscriber, Window, World};
use crate::policy::Selected;
use crate::protocol::Deviations;

impl World {
    /// Two of a group that is down from 1 s to 3 s, and two of a group that never fails; 10 workers; 10 s.
    pub(crate) fn sample() -> Self {
        let subscriber = |name: &str, down| Subscriber {
            name: name.into(),
            count: 2,
            policy: 0,
            latency: 0,
            down,
            brownouts: Vec::new(),
            slow: Vec::new(),
            capacity: None,
        };
        let down = vec![Down { window: Window::Between(SECOND, 3 * SECOND), fails: Fails::Refuse }];
        let pattern = Pattern::Even { from: 0, until: 10 * SECOND, posts: 10 };
        Self {
            seed: 0,
            horizon: 10 * SECOND,
            rules: Deviations::NONE,
            policies: vec![Policy { name: "p".into(), selected: Selected::defaults(), jitter: Jitter::None }],
            subscribers: vec![subscriber("bad", down), subscriber("good", Vec::new())],
            arrivals: vec![Arrivals { to: vec![0, 1], deal: Deal::Each, batch: 1, pattern }],
            sender: Sender::Sleeping { workers: Some(10), per_subscriber: None, timeout: None },
        }
    }
}
