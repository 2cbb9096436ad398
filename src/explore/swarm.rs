//! Takes dice.
//! Gives the options of one seed: how much of what there is, and which kinds of trouble there are at all.
//! Never has all of it at once: what is off lets what is on go further (swarm testing).

use std::fmt;

use strum::VariantArray;

use super::dice::Dice;
use super::kind::Kind;

/// Something that a plan may do besides posting to subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Feature {
    /// Policies that must be refused, or are valid in an odd way.
    BadPolicies,
    /// Several messages in one post.
    Batches,
    /// A server that asks subscribers to confirm; they do, or not, or take it back.
    Confirmation,
    /// More than ten subscribers.
    Crowd,
    /// Queues are deleted.
    DeletedQueues,
    /// Subscriptions are deleted.
    DeletedSubscriptions,
    /// Subscriptions and messages with a short ttl.
    Expiry,
    /// Messages are listed.
    Listings,
    /// `post_headers` and `post_data`.
    Options,
    /// Policies are changed while deliveries are under way.
    PatchedPolicies,
    /// Subscriptions have policies.
    SubscriptionPolicies,
}

impl Feature {
    /// The name in options.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The options of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swarm {
    /// Tenants.
    pub projects: u64,
    /// Queues of each tenant.
    pub queues: u64,
    /// Subscribers besides the one that is healed.
    pub subscribers: u64,
    /// Steps drawn after the first subscriptions.
    pub steps: u64,
    /// How long every answer of a subscriber takes, in seconds.
    pub latency_s: u64,
    /// The kinds of trouble that are on.
    pub faults: Vec<Kind>,
    /// The features that are on.
    pub features: Vec<Feature>,
}

impl Swarm {
    /// Draws the options; every kind and feature is off in half of the seeds, crowds in most.
    pub fn draw(dice: &mut Dice) -> Self {
        let faults = Kind::faults().filter(|_| dice.chance(50)).collect();
        let likely = |feature: &Feature| match feature {
            Feature::Crowd => 4,
            Feature::Confirmation => 20,
            _ => 50,
        };
        let features: Vec<Feature> =
            Feature::VARIANTS.iter().copied().filter(|feature| dice.chance(likely(feature))).collect();
        let crowd = features.contains(&Feature::Crowd);
        Self {
            projects: dice.between(1, 2),
            queues: dice.between(1, 2),
            subscribers: if crowd { dice.between(10, 12) } else { dice.between(1, 3) },
            steps: dice.between(1, 6),
            latency_s: dice.pick(&[0, 0, 0, 1, 2, 5]),
            faults,
            features,
        }
    }

    /// Whether a feature is on.
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

impl fmt::Display for Swarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { projects, queues, subscribers, steps, latency_s, .. } = self;
        write!(
            f,
            "projects {projects}, queues {queues}, subscribers {subscribers}, steps {steps}, latency {latency_s} s"
        )?;
        let faults: Vec<&str> = self.faults.iter().map(|kind| kind.name()).collect();
        let features: Vec<&str> = self.features.iter().map(|feature| feature.name()).collect();
        write!(f, "; faults {}; features {}", listed(&faults), listed(&features))
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".into() } else { names.join(" ") }
}
