//! Takes the attempts that nothing promises.
//! Gives whom they should not have reached, and why.
//! Never counts an attempt that was promised.

use std::collections::BTreeSet;

use super::View;

pub(super) fn only_subscribed(view: &View<'_>) -> Vec<String> {
    let deliveries = view.promise.deliveries.iter();
    let promised: BTreeSet<(&str, usize)> =
        deliveries.map(|promised| (promised.subscriber.as_str(), promised.message)).collect();
    let others = view.attempts.iter().filter(|((name, message), _)| !promised.contains(&(name.as_str(), *message)));
    let told = others.map(|(key, attempts)| {
        let why = view.promise.silences.get(key).map_or("not subscribed", |silence| (*silence).into());
        let (name, message) = key;
        format!("{name}, message {message}: {} attempts, but the subscription is {why}", attempts.len())
    });
    told.collect()
}
