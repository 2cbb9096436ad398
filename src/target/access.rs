//! Takes what a team's server wants to see in every request: headers, a project.
//! Gives it to requests, and takes secret values out of whatever is told about a run.
//! Never shows a secret: not when printed for debugging either.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::wire::HttpRequest;

/// What stands where a secret stood.
pub const HIDDEN: &str = "[hidden]";

/// How a client gets access to a server.
#[derive(Clone, Default, PartialEq)]
pub struct Access {
    /// Headers of every request, in the order of their names.
    pub headers: Vec<(String, String)>,
    /// The project that every request is made in; without one, each case has projects of its own.
    pub project: Option<String>,
    /// Values that nobody may read in what is told.
    pub secrets: Vec<String>,
}

impl Access {
    /// Adds the headers to a request. A subscriber that follows a pre-signed link is no client and has none of them.
    pub(super) fn admit(&self, request: &mut HttpRequest) {
        if request.header("url-signature").is_none() {
            request.headers.extend(self.headers.iter().cloned());
        }
    }

    /// A text without secrets.
    pub fn hide(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// A record without secrets, whichever part of it a server put them into.
    ///
    /// # Panics
    /// If the record can't be written as JSON and read again, as every recorded event can.
    pub fn hide_in<T: Serialize + DeserializeOwned>(&self, record: T) -> T {
        if self.secrets.is_empty() {
            return record;
        }
        let written = serde_json::to_value(record).expect("a record is plain data");
        serde_json::from_value(self.hide_in_value(written)).expect("only texts are changed")
    }

    fn hide_in_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.hide(&text).into(),
            Value::Array(elements) => elements.into_iter().map(|element| self.hide_in_value(element)).collect(),
            Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (self.hide(&key), self.hide_in_value(value)));
                entries.collect::<Map<_, _>>().into()
            }
            other => other,
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Access").field("headers", &names).field("project", &self.project).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn access() -> Access {
        let secret = "s3cret\"token";
        let headers = vec![("x-auth-token".into(), secret.into())];
        Access { headers, project: None, secrets: vec![secret.into()] }
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let record = json!({"a": ["x s3cret\"token y"], "s3cret\"token": {"b": "s3cret\"token"}, "n": 1.5});
        let expected = json!({"a": ["x [hidden] y"], "[hidden]": {"b": "[hidden]"}, "n": 1.5});
        assert_eq!(access().hide_in(record), expected);
        assert!(!format!("{:?}", access()).contains("s3cret"), "{:?}", access());
    }

    #[test]
    fn a_pre_signed_link_is_followed_without_credentials() {
        let check = |headers: &[(&str, &str)], expected: usize| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mut request = HttpRequest { headers, ..HttpRequest::default() };
            access().admit(&mut request);
            assert_eq!(request.headers.len(), expected);
        };
        check(&[("client-id", "1")], 2);
        check(&[("url-signature", "1")], 1);
    }
}
