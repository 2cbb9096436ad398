//! Takes one case as it stands in the file.
//! Gives what a file says of confirmations, and every place where it can't mean what it says.
//! Never asks whether a subscriber is known: the other checks do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::document::Problem;
use super::file::{Capability, ScenarioFile};
use super::spans::Segment;

/// Confirms or unsubscribes as a subscriber does, by what it was sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmByLink {
    /// The subscriber's name. The last confirmation that has reached it counts.
    pub subscriber: String,
    /// Of which type that confirmation is; `"SubscriptionConfirmation"` unless said otherwise.
    #[serde(default)]
    pub confirmation: Confirmation,
    /// The value sent as `confirmed`, any JSON.
    pub confirmed: Value,
    /// Headers that replace those of the confirmation, for a link that was tampered with.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What asks a subscriber to confirm, by its `Message_Type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum Confirmation {
    /// Asks a new subscriber to confirm.
    #[default]
    SubscriptionConfirmation,
    /// Tells a subscriber that has unsubscribed how to subscribe again.
    UnsubscribeConfirmation,
}

impl Confirmation {
    /// Both types.
    pub const ALL: [Self; 2] = [Self::SubscriptionConfirmation, Self::UnsubscribeConfirmation];

    /// The `Message_Type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

/// What is wrong with the confirmations of a file.
pub(super) fn check(file: &ScenarioFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let declared = file.needs.contains(&Capability::Confirmation);
    let mut undeclared = |path: Vec<Segment>| {
        let message = "without the capability `confirmation` no target sends a confirmation";
        let help = "write `\"needs\": [\"confirmation\"]`".to_owned();
        if !declared {
            problems.push(Problem::at_key(path, message, Some(help)));
        }
    };
    let expected = || file.expect.deliveries.iter().enumerate().filter(|(_, delivery)| delivery.confirmation.is_some());
    let place = |index: usize, key: &str| vec!["expect".into(), "deliveries".into(), index.into(), key.into()];
    let links =
        || file.steps.iter().enumerate().filter_map(|(index, step)| Some((index, step.confirm_by_link.as_ref()?)));
    links().for_each(|(index, _)| undeclared(vec!["steps".into(), index.into(), "confirm_by_link".into()]));
    expected().for_each(|(index, _)| undeclared(place(index, "confirmation")));
    for (index, delivery) in expected() {
        if delivery.message.is_some() {
            let message = "both `message` and `confirmation` say what is delivered";
            problems.push(Problem::at_key(place(index, "confirmation"), message, Some("keep one of them".into())));
        }
        if delivery.first_at_s.is_some() {
            let message = "`first_at_s` counts from a post, and a confirmation follows none";
            problems.push(Problem::at_key(place(index, "first_at_s"), message, Some("take it away".into())));
        }
    }
    for (index, link) in links() {
        for (name, value) in &link.headers {
            let path = ["steps".into(), index.into(), "confirm_by_link".into(), "headers".into(), name.as_str().into()];
            if http::HeaderName::try_from(name).is_err() {
                let message = format!("`{name}` is not the name of a header");
                problems.push(Problem::at_key(path.into(), message, None));
            } else if http::HeaderValue::try_from(value).is_err() {
                problems.push(Problem::at_value(path.into(), "no header can have this value", None));
            }
        }
    }
    problems
}
