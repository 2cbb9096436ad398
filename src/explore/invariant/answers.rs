//! Takes the answers to the client.
//! Gives those whose status is not the documented one.
//! Never looks at a body.

use super::View;

pub(super) fn as_documented(view: &View<'_>) -> Vec<String> {
    let wrong = view.observed.exchanges.iter().filter_map(|exchange| {
        let expected = *view.promise.answers.get(&exchange.step)?;
        let observed = exchange.response.status;
        let request = format!("{} {}", exchange.request.method, exchange.request.target);
        (expected != observed).then(|| format!("step {}, {request}: status {observed}, not {expected}", exchange.step))
    });
    wrong.collect()
}
