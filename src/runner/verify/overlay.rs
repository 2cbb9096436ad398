//! Takes a world, the case that showed it to a target, and what the target did.
//! Gives the predicted and the observed attempts of every delivery.
//! Never compares more than that: at what time which attempt began.

use super::posts::Posted;
use super::prediction::predict;
use super::staging::{Staged, Unplayable, subscriber};
use crate::fleet::{Arrivals, Fate, Nanos, Pattern, World};
use crate::judge::{Observed, subject_of};
use crate::scenario::Subject;
use crate::time::Instant;

/// Every delivery of a world, predicted and observed. Times count from the start of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The deliveries, in the order of posting.
    pub deliveries: Vec<Overlaid>,
    /// Requests that belong to no delivery.
    pub strays: usize,
}

/// One delivery, predicted and observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlaid {
    /// The subscriber's group.
    pub group: String,
    /// Which of the group it is; none if it is the only one.
    pub member: Option<u32>,
    /// The number of the message, counted through all posts.
    pub message: usize,
    /// When its post was sent.
    pub posted: Nanos,
    /// When each attempt is predicted to begin.
    pub predicted: Vec<Nanos>,
    /// When each attempt arrived.
    pub observed: Vec<Nanos>,
    /// What is predicted to become of it.
    pub fate: Fate,
}

impl Overlay {
    /// The largest difference between an attempt that was predicted and the one observed in its place.
    pub fn error_max(&self) -> Nanos {
        self.deliveries.iter().filter_map(Overlaid::error_max).max().unwrap_or_default()
    }

    /// Whether every delivery has the attempts that were predicted, each within `tolerance` of its time, and no more.
    pub fn agrees(&self, tolerance: Nanos) -> bool {
        self.strays == 0 && self.deliveries.iter().all(|delivery| delivery.agrees(tolerance))
    }
}

impl Overlaid {
    /// The largest difference between an attempt that was predicted and the one observed in its place.
    pub fn error_max(&self) -> Option<Nanos> {
        self.predicted.iter().zip(&self.observed).map(|(predicted, observed)| predicted.abs_diff(*observed)).max()
    }

    /// Whether it has the attempts that were predicted, each within `tolerance` of its time, and no more.
    pub fn agrees(&self, tolerance: Nanos) -> bool {
        self.predicted.len() == self.observed.len() && self.error_max().is_none_or(|error| error <= tolerance)
    }
}

pub(super) fn overlay(world: &World, staged: &Staged, observed: &Observed) -> Result<Overlay, Unplayable> {
    let first = staged.posts.first().map_or(0, |post| post.at);
    let sent = |place: usize| {
        let step = staged.first_post + place;
        observed
            .exchanges
            .iter()
            .find(|exchange| exchange.step == step)
            .map_or(Instant::START, |exchange| exchange.sent)
    };
    let origin = sent(0);
    let since = |at: Instant| nanos(at.since(origin)).saturating_add(first);
    let posted: Vec<Nanos> = (0..staged.posts.len()).map(|place| since(sent(place))).collect();
    let predicted = predict(&as_posted(world, &staged.posts, &posted))?;
    let mut deliveries: Vec<Overlaid> = staged
        .dealt
        .iter()
        .enumerate()
        .map(|(place, dealt)| {
            let group = &world.subscribers[dealt.group];
            let predicted = predicted.get(place).cloned().unwrap_or_default();
            Overlaid {
                group: group.name.clone(),
                member: (group.count > 1).then_some(dealt.member),
                message: dealt.message,
                posted: posted[dealt.post],
                predicted: predicted.attempts.iter().map(|tried| tried.began).collect(),
                observed: Vec::new(),
                fate: predicted.fate.unwrap_or(Fate::Unfinished),
            }
        })
        .collect();
    let mut strays = 0;
    for attempt in &observed.attempts {
        let message = subject_of(&staged.case, attempt);
        let place = staged.dealt.iter().position(|dealt| {
            message == Some(Subject::Message(dealt.message))
                && attempt.subscriber == subscriber(dealt.group, dealt.member)
        });
        match place {
            Some(place) => deliveries[place].observed.push(since(attempt.arrived)),
            None => strays += 1,
        }
    }
    Ok(Overlay { deliveries, strays })
}

/// The same world with its posts at the moments at which they were sent: a client sends one after the other.
fn as_posted(world: &World, posts: &[Posted], posted: &[Nanos]) -> World {
    let trace = |index: usize| {
        let of = posts.iter().zip(posted).filter(move |(post, _)| post.arrivals == index);
        Pattern::Trace(of.map(|(_, at)| *at).collect())
    };
    let arrivals = world.arrivals.iter().enumerate();
    let arrivals = arrivals.map(|(index, arrivals)| Arrivals { pattern: trace(index), ..arrivals.clone() }).collect();
    // A client that was late must not move a delivery beyond the horizon.
    let last = posted.iter().max().copied().unwrap_or_default();
    World { arrivals, horizon: world.horizon.saturating_add(last), ..world.clone() }
}

fn nanos(duration: std::time::Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::SECOND;
    use crate::fleet::file::read;
    use crate::runner::verify::posts::posts;

    /// A client sends one post after the other, and is late: that is not the server's doing.
    #[test]
    fn what_is_predicted_starts_when_posts_were_sent() {
        let text = r#"{"format": 1, "horizon": "10s", "subscribers": {"a": {}, "b": {}},
            "arrivals": [{"to": "a", "burst": {"posts": 2}}, {"to": "b", "trace": [0, 5]}]}"#;
        let world = read("w", text, &|_| Err("no file".into())).expect("it is right").world;
        let sent = [1, 2, 3, 12].map(|second| second * SECOND);
        let moved = as_posted(&world, &posts(&world).expect("nothing is drawn"), &sent);
        let patterns: Vec<_> = moved.arrivals.iter().map(|arrivals| arrivals.pattern.clone()).collect();
        assert_eq!(patterns, [Pattern::Trace(sent[..2].to_vec()), Pattern::Trace(sent[2..].to_vec())]);
        assert!(moved.horizon > 12 * SECOND, "a late post is still seen");
    }

    #[test]
    fn an_overlay_agrees_if_every_attempt_does() {
        let of = |predicted: &[Nanos], observed: &[Nanos]| Overlaid {
            group: "g".into(),
            member: None,
            message: 0,
            posted: 0,
            predicted: predicted.to_vec(),
            observed: observed.to_vec(),
            fate: Fate::Lost,
        };
        let agrees = |predicted, observed, strays| {
            Overlay { deliveries: vec![of(&[1], &[1]), of(predicted, observed)], strays }.agrees(2)
        };
        assert!(agrees(&[0, 5], &[2, 3], 0) && agrees(&[], &[], 0));
        assert!(!agrees(&[0, 5], &[3, 5], 0), "one is late");
        assert!(!agrees(&[0, 5], &[0], 0) && !agrees(&[0], &[0, 0], 0), "one is missing, one is too many");
        assert!(!agrees(&[0], &[0], 1), "one belongs to nobody");
        assert_eq!(of(&[0, 5], &[3, 1]).error_max(), Some(4));
    }
}
