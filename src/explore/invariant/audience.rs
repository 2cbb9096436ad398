//! Takes the attempts that nothing promises.
//! Gives whom they should not have reached, and why.
//! Never counts an attempt that was promised.

use std::collections::BTreeSet;

use super::View;
use crate::explore::promise::Silence;

/// Nothing but confirmations goes to those who have not confirmed.
pub(super) fn only_confirmed(view: &View<'_>) -> Vec<String> {
    told(view, |silence| silence == Some(Silence::Unconfirmed))
}

pub(super) fn only_subscribed(view: &View<'_>) -> Vec<String> {
    told(view, |silence| silence != Some(Silence::Unconfirmed))
}

fn told(view: &View<'_>, wanted: impl Fn(Option<Silence>) -> bool) -> Vec<String> {
    let deliveries = view.promise.deliveries.iter();
    let promised: BTreeSet<(&str, usize)> =
        deliveries.map(|promised| (promised.subscriber.as_str(), promised.message)).collect();
    let others = view.attempts.iter().filter(|((name, message), _)| !promised.contains(&(name.as_str(), *message)));
    let told = others.filter_map(|(key, attempts)| {
        let silence = view.promise.silences.get(key).copied();
        let why: &str = silence.map_or("not subscribed", Into::into);
        let (name, message) = key;
        let text = || format!("{name}, message {message}: {} attempts, but the subscription is {why}", attempts.len());
        wanted(silence).then(text)
    });
    told.collect()
}
