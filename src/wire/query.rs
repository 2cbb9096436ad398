//! Takes the query of a request.
//! Gives its parameters as texts, numbers, flags and lists.
//! Never says what a good limit is: the model does.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::protocol::{Fault, FaultKind, Page, Selection, Wanted, WantedQueues};

/// A query. A parameter without a value does not count; of one that comes twice, the last does. Observed: zaqar 23.0.1.
pub(super) struct Query<'a>(Vec<(String, &'a str)>);

impl<'a> Query<'a> {
    pub(super) fn new(query: &'a str) -> Self {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.filter(|(_, value)| !value.is_empty()).map(|(key, value)| (decoded(key), value)).collect())
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.all(key).last().map(decoded)
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, Fault> {
        // A number that is too large for this type is too large for every limit.
        let number = |text: String| {
            let number = text.trim().parse::<i128>().map_err(|_| invalid(key, "The value must be an integer."))?;
            Ok(i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX }))
        };
        self.text(key).map(number).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        let flag = |text: String| match text.as_str() {
            "true" | "True" | "t" | "yes" | "y" | "1" | "on" => Ok(true),
            "false" | "False" | "f" | "no" | "n" | "0" | "off" => Ok(false),
            _ => Err(invalid(key, "The value of the parameter must be \"true\" or \"false\".")),
        };
        self.text(key).map(flag).transpose()
    }

    /// The entries between the commas.
    pub(super) fn list(&self, key: &str) -> Option<Vec<String>> {
        let mut values = self.all(key).peekable();
        values.peek()?;
        Some(values.flat_map(|value| value.split(',')).filter(|entry| !entry.is_empty()).map(decoded).collect())
    }

    /// Every parameter but these, with its values.
    pub(super) fn others(&self, known: &[&str]) -> BTreeMap<String, Vec<String>> {
        let mut others = BTreeMap::<String, Vec<String>>::new();
        for (key, value) in self.0.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            others.entry(key.clone()).or_default().push(decoded(value));
        }
        others
    }

    fn all(&self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// What the query says of a page.
pub(super) fn page(query: &str) -> Result<Page, Fault> {
    let query = Query::new(query);
    Ok(Page { marker: query.text("marker"), limit: query.number("limit")? })
}

/// What the query says of the queues that are wanted. A parameter of no other meaning is a key of their metadata.
/// Source: api-ref, "List queues".
pub(super) fn wanted_queues(query: &str) -> Result<WantedQueues, Fault> {
    let query = Query::new(query);
    Ok(WantedQueues {
        detailed: query.flag("detailed")?,
        name: query.text("name"),
        with_count: query.flag("with_count")?,
        metadata: query.others(&["marker", "limit", "detailed", "name", "with_count"]),
    })
}

/// What the query says of the messages that are wanted.
pub(super) fn wanted(query: &str) -> Result<Wanted, Fault> {
    let query = Query::new(query);
    Ok(Wanted {
        echo: query.flag("echo")?,
        include_claimed: query.flag("include_claimed")?,
        include_delayed: query.flag("include_delayed")?,
    })
}

/// What the query says of the messages to delete.
pub(super) fn selection(query: &str) -> Result<Selection, Fault> {
    let query = Query::new(query);
    Ok(Selection { ids: query.list("ids"), pop: query.number("pop")?, claim_ids: query.list("claim_ids") })
}

/// Whether the query asks for details.
pub(super) fn detailed(query: &str) -> Result<Option<bool>, Fault> {
    Query::new(query).flag("detailed")
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn invalid(key: &str, sentence: &str) -> Fault {
    Fault::new(FaultKind::InvalidParameter, format!("The \"{key}\" parameter is invalid. {sentence}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_that_is_one_counts() {
        let query = Query::new("limit=3&limit=&marker=a%2Fb+c&pop=x&echo=TRUE&on=on");
        assert_eq!(query.number("limit"), Ok(Some(3)));
        assert_eq!(query.text("marker").as_deref(), Some("a/b c"));
        assert!(query.number("pop").is_err() && query.flag("echo").is_err());
        assert_eq!((query.flag("on"), query.flag("off")), (Ok(Some(true)), Ok(None)));
    }

    #[test]
    fn what_has_no_meaning_of_its_own_is_metadata() {
        let wanted = wanted_queues("limit=3&colour=red&name=a&colour=b%20c&size=1&empty=").unwrap();
        let expected = [("colour", vec!["red", "b c"]), ("size", vec!["1"])];
        let expected = expected.map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect()));
        assert_eq!(wanted.metadata, BTreeMap::from(expected));
        assert_eq!(wanted.name.as_deref(), Some("a"));
    }

    #[test]
    fn lists_are_split_before_they_are_decoded() {
        let check = |query: &str, expected: Option<&[&str]>| {
            let expected = expected.map(|entries| entries.iter().map(|entry| (*entry).to_owned()).collect());
            assert_eq!(Query::new(query).list("ids"), expected, "{query}");
        };
        check("ids=a,b", Some(&["a", "b"]));
        check("ids=a&ids=b,c", Some(&["a", "b", "c"]));
        check("ids=a%2Cb", Some(&["a,b"]));
        check("ids=,", Some(&[]));
        check("ids=", None);
        check("pop=1", None);
    }
}
