//! Takes the answers that refuse something.
//! Gives those that do not say what they refuse, or under another title than the documented one.
//! Never asks whether the refusal is right.

use serde_json::Value;

use super::View;
use crate::judge::Exchange;
use crate::scenario::Action;

pub(super) fn say_why(view: &View<'_>) -> Vec<String> {
    let refusals = view.observed.exchanges.iter().filter(|exchange| is_refusal(exchange));
    let wrong = refusals.filter_map(|exchange| {
        let title = view.case.steps.get(exchange.step).and_then(|step| documented_title(&step.action, exchange));
        let text = wrong(exchange.response.json().as_ref(), title)?;
        let status = exchange.response.status;
        Some(format!(
            "step {}, {} {}: {status} {text}",
            exchange.step, exchange.request.method, exchange.request.target
        ))
    });
    wrong.collect()
}

/// Whether an answer refuses its request.
pub(in crate::explore) fn is_refusal(exchange: &Exchange) -> bool {
    (400..=599).contains(&exchange.response.status)
}

/// The title of a document that is refused. Source: error-body-put, error-body-patch, error-body-subscription.
fn documented_title(action: &Action, exchange: &Exchange) -> Option<&'static str> {
    match action {
        _ if exchange.response.status != 400 => None,
        Action::PatchQueue(_) => Some("Invalid request body"),
        Action::PatchSubscription(_) | Action::PutQueue(_) | Action::Subscribe(_) => Some("Invalid API request"),
        _ => None,
    }
}

fn wrong(document: Option<&Value>, title: Option<&str>) -> Option<String> {
    let says = |key| document?.get(key)?.as_str().filter(|text| !text.is_empty());
    match (says("title"), says("description")) {
        (None, _) => Some("without a title".into()),
        (_, None) => Some("without a description".into()),
        (Some(observed), _) => {
            let title = title.filter(|title| *title != observed)?;
            Some(format!("under the title {observed:?}, not {title:?}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: Value, title: Option<&str>, expected: Option<&str>) {
        assert_eq!(wrong(Some(&document), title).as_deref(), expected, "{document}");
    }

    #[test]
    fn a_refusal_has_a_title_and_a_description() {
        let whole = json!({ "title": "Invalid API request", "description": "d" });
        check(whole.clone(), None, None);
        check(whole.clone(), Some("Invalid API request"), None);
        check(whole, Some("Other"), Some("under the title \"Invalid API request\", not \"Other\""));
        check(json!({ "title": "t" }), None, Some("without a description"));
        check(json!({ "title": "t", "description": "" }), None, Some("without a description"));
        check(json!({ "title": 400, "description": "d" }), None, Some("without a title"));
        assert_eq!(wrong(None, None).as_deref(), Some("without a title"));
    }
}
