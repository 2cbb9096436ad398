//! Takes the steps of a file.
//! Gives the one [`Action`] of each.
//! Never decides what a step with no action or two means: the checks have refused it.

use super::case::Action;
use super::file::StepFile;
use crate::time::Duration;

macro_rules! actions {
    ($($key:ident => $variant:ident,)*) => {
        /// The keys of a step that are actions, in the order of the format.
        pub(super) const ACTIONS: &[&str] = &[$(stringify!($key),)* "network", "advance"];

        /// The actions that a step names.
        pub(super) fn named_actions(step: &StepFile) -> Vec<&'static str> {
            let asks = [$((stringify!($key), step.$key.is_some()),)*];
            let others = [("network", step.network.is_some()), ("advance", step.advance.is_some())];
            asks.into_iter().chain(others).filter(|(_, is_named)| *is_named).map(|(key, _)| key).collect()
        }

        /// The action of a step; nothing if it has none.
        pub(super) fn action(step: StepFile) -> Option<Action> {
            $(if let Some(request) = step.$key {
                return Some(Action::$variant(request));
            })*
            if let Some(network) = step.network {
                return network.disruption().map(Action::Network);
            }
            step.advance.and_then(seconds).map(Action::Advance)
        }
    };
}

actions! {
    put_queue => PutQueue,
    get_queue => GetQueue,
    patch_queue => PatchQueue,
    delete_queue => DeleteQueue,
    list_queues => ListQueues,
    post => Post,
    list_messages => ListMessages,
    subscribe => Subscribe,
    get_subscription => GetSubscription,
    list_subscriptions => ListSubscriptions,
    patch_subscription => PatchSubscription,
    confirm => Confirm,
    confirm_by_link => ConfirmByLink,
    delete_subscription => DeleteSubscription,
}

/// A number of seconds as a duration; nothing if it is negative or beyond the end of time.
pub(super) fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}
