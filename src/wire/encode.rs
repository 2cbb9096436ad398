//! Takes a reply of the model, or a refusal that never reached it, and the request it answers.
//! Gives the HTTP response that says it.
//! Never adds a header that reads a clock.

use serde_json::{Map, Value, json};

use super::accept::{ErrorForm, error_form};
use super::http::escaped as address;
use super::{HttpRequest, HttpResponse};
use crate::protocol::{Document, Fault, FaultKind, Reply};

/// The response for a reply: JSON without a charset, error documents of `title` and `description`.
/// Observed: zaqar 23.0.1.
pub fn encode(reply: Reply, request: &HttpRequest) -> HttpResponse {
    match reply {
        Reply::Done { status, location, body } => {
            let headers = location.map(|place| ("location".into(), address(&place))).into_iter().collect();
            let mut response = HttpResponse { status, headers, ..HttpResponse::default() };
            // Only the list of pools says where it is. Observed: zaqar 23.0.1.
            if request.method == "GET" && request.target.split('?').next() == Some("/v2/pools") {
                response.headers.push(("content-location".into(), address(&request.target)));
            }
            match body {
                None if status == 204 => response,
                body => with_body(response, "application/json", body.map(Document::into_text).unwrap_or_default()),
            }
        }
        Reply::Fault(fault) => refusal(fault, request),
    }
}

/// The response for a fault, in the form that the client takes. Observed: zaqar 23.0.1.
pub(super) fn refusal(fault: Fault, request: &HttpRequest) -> HttpResponse {
    let Fault { kind, description, location } = fault;
    let mut headers = vec![("vary".into(), "Accept".into())];
    headers.extend(location.map(|place| ("location".into(), address(&place))));
    let response = HttpResponse { status: kind.status(), headers, ..HttpResponse::default() };
    match error_form(request) {
        ErrorForm::Json => with_body(response, "application/json", json_document(kind, description).to_string()),
        ErrorForm::Xml(name) => with_body(response, name, xml_document(kind, description.as_deref())),
        ErrorForm::Nothing => with_body(response, "application/json", String::new()),
    }
}

fn json_document(kind: FaultKind, description: Option<String>) -> Value {
    let mut document = Map::from_iter([("title".into(), kind.title().into())]);
    if let Some(description) = description {
        document.insert("description".into(), description.into());
    }
    if kind == FaultKind::NotAcceptable {
        document.insert("link".into(), json!({"text": LINK_TEXT, "href": LINK, "rel": "help"}));
    }
    document.into()
}

fn xml_document(kind: FaultKind, description: Option<&str>) -> String {
    let element = |name: &str, text: &str| format!("<{name}>{}</{name}>", escaped(text));
    let description = description.map(|text| element("description", text)).unwrap_or_default();
    let link = if kind == FaultKind::NotAcceptable {
        format!("<link>{}{}<rel>help</rel></link>", element("text", LINK_TEXT), element("href", LINK))
    } else {
        String::new()
    };
    let title = element("title", kind.title());
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><error>{title}{description}{link}</error>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The response with a body, and what it is.
pub(super) fn with_body(mut response: HttpResponse, media_type: &str, body: String) -> HttpResponse {
    response.headers.push(("content-type".into(), media_type.into()));
    response.body = body.into();
    response
}

/// What a client that takes no JSON is told to read. Observed: zaqar 23.0.1.
const LINK: &str = "http://www.w3.org/Protocols/rfc2616/rfc2616-sec14.html";
const LINK_TEXT: &str = "14.1 Accept, Hypertext Transfer Protocol -- HTTP/1.1";
