//! Takes what a client asked of a list: a marker, a limit, and what else its query says.
//! Gives how many entries a page has, and the link to the page after it.
//! Never knows what is listed.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::invalid;
use crate::protocol::{Fault, Page};

/// How many entries a page has unless the client says so, whatever the maximum is. Observed: zaqar 23.0.1; the API
/// reference names no number.
const ENTRIES: usize = 10;

/// What a wrong limit of messages, claims and subscriptions is answered with, up to the maximum. Observed: zaqar 23.0.1.
pub(super) const LIMIT_TEXT: &str = "Limit must be at least 1 and may not be greater than";

/// What one of queues, pools and flavors is.
pub(super) const QUEUE_LIMIT_TEXT: &str = "Limit must be at least 1 and no greater than";

/// What is escaped in a link: all that is not unreserved in an address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many entries a page has, or how many messages a claim takes. `refusal` is the sentence that a wrong limit is
/// answered with, up to the maximum.
pub(super) fn limit(asked: Option<i64>, max: i64, refusal: &str) -> Result<usize, Fault> {
    match asked {
        None => Ok(ENTRIES),
        Some(limit) if (1..=max).contains(&limit) => Ok(usize::try_from(limit).expect("it is not negative")),
        Some(_) => Err(invalid(format!("{refusal} {max}."))),
    }
}

/// The link to the page after the entry `last`; none after an empty page. It repeats what the client asked for, `more`
/// besides marker and limit. Observed: zaqar 23.0.1; a link stands under the last page too.
pub(super) fn links(path: &str, page: &Page, more: &[String], last: Option<impl Display>) -> Vec<Value> {
    let next = |last: String| {
        let marker = parameter("marker", &last);
        let limit = page.limit.map(|limit| parameter("limit", &limit.to_string()));
        let mut query: Vec<String> = limit.into_iter().chain(more.iter().cloned()).collect();
        query.insert(if page.marker.is_some() { 0 } else { query.len() }, marker);
        json!({"rel": "next", "href": format!("{path}?{}", query.join("&"))})
    };
    last.map(|last| next(last.to_string())).into_iter().collect()
}

/// `name=value` as a link says it.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let [name, value] = [name, value].map(|text| utf8_percent_encode(text, ESCAPED));
    format!("{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_ten_entries_or_what_is_asked_for() {
        let check = |limit, expected: Result<usize, &str>| {
            let got = limit_of(limit).map_err(|fault| fault.description.unwrap_or_default());
            assert_eq!(got, expected.map_err(str::to_owned), "{limit:?}");
        };
        check(None, Ok(10));
        check(Some(1), Ok(1));
        check(Some(5), Ok(5));
        check(Some(0), Err("At most 5."));
        check(Some(6), Err("At most 5."));
    }

    fn limit_of(limit: Option<i64>) -> Result<usize, Fault> {
        super::limit(limit, 5, "At most")
    }

    #[test]
    fn a_link_repeats_the_query_and_escapes_it() {
        let check = |marker: Option<&str>, expected: &str| {
            let page = Page { marker: marker.map(str::to_owned), limit: Some(2) };
            let links = links("/v2/queues", &page, &[parameter("name", "a b")], Some("c\n"));
            assert_eq!(links, [json!({"rel": "next", "href": expected})]);
        };
        check(None, "/v2/queues?limit=2&name=a%20b&marker=c%0A");
        check(Some("b"), "/v2/queues?marker=c%0A&limit=2&name=a%20b");
        assert!(links("/v2/queues", &Page::default(), &[], None::<&str>).is_empty());
    }
}
