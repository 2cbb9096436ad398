//! Takes a reply of the model.
//! Gives the HTTP response that says it.
//! Never adds a header that reads a clock.

use serde_json::{Map, Value};

use super::HttpResponse;
use crate::protocol::{Fault, Reply};

/// The response for a reply: JSON without a charset, error documents of `title` and `description`.
/// Observed: zaqar 23.0.1.
pub fn encode(reply: Reply) -> HttpResponse {
    match reply {
        Reply::Done { status, location, body } => {
            let headers = location.map(|place| ("location".into(), place)).into_iter().collect();
            with_json(HttpResponse { status, headers, body: Vec::new() }, body)
        }
        Reply::Fault(fault) => {
            let headers = vec![("vary".into(), "Accept".into())];
            let response = HttpResponse { status: fault.kind.status(), headers, body: Vec::new() };
            with_json(response, Some(error_document(fault)))
        }
    }
}

fn error_document(fault: Fault) -> Value {
    let mut document = Map::from_iter([("title".into(), fault.kind.title().into())]);
    if let Some(description) = fault.description {
        document.insert("description".into(), description.into());
    }
    document.into()
}

fn with_json(mut response: HttpResponse, document: Option<Value>) -> HttpResponse {
    if let Some(document) = document {
        response.headers.push(("content-type".into(), "application/json".into()));
        response.body = document.to_string().into_bytes();
    }
    response
}
