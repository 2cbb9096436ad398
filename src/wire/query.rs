//! Takes the query of a request.
//! Gives which part of a list is asked for.
//! Never says what a good limit is: the model does.

use crate::protocol::{Fault, FaultKind, Page};

/// What the query says of a page; of a key that comes twice, the last counts.
pub(super) fn page(query: &str) -> Result<Page, Fault> {
    let mut page = Page::default();
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "marker" => page.marker = Some(value.into()),
            "echo" => page.echo = Some(value.into()),
            "limit" if !value.is_empty() => {
                let invalid = |_| {
                    Fault::new(
                        FaultKind::InvalidParameter,
                        "The \"limit\" parameter is invalid. The value must be an integer.",
                    )
                };
                page.limit = Some(value.parse().map_err(invalid)?);
            }
            _ => {}
        }
    }
    Ok(page)
}
