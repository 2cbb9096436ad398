//! Takes an HTTP request.
//! Gives the protocol request it stands for, or the fault that answers it.
//! Never looks inside a document further than "is it JSON": the model does.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use uuid::Uuid;

use super::{HttpRequest, PATCH_MEDIA_TYPE};
use crate::protocol::{Fault, FaultKind, Operation, Page, ProjectId, QueueName, Request, SubscriptionId};

/// Reads a request in the order in which Zaqar checks one: route, client, project, queue name, method, body.
/// Observed: zaqar 23.0.1.
///
/// # Errors
/// The fault to answer with.
pub fn decode(request: &HttpRequest) -> Result<Request, Fault> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let route = Route::find(path).ok_or(const { Fault::bare(FaultKind::NoRoute) })?;
    check_client(request)?;
    let project = project(request)?;
    let operation = route.operation(request, query)?;
    Ok(Request { project, operation })
}

/// The resource a path names, its parts still raw.
enum Route<'a> {
    Ping,
    Queues,
    Queue(&'a str),
    Messages(&'a str),
    Subscriptions(&'a str),
    Subscription(&'a str, &'a str),
    Confirm(&'a str, &'a str),
}

impl<'a> Route<'a> {
    fn find(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix("/v2/")?.split('/').collect();
        Some(match parts[..] {
            ["ping"] => Self::Ping,
            ["queues"] => Self::Queues,
            ["queues", queue] => Self::Queue(queue),
            ["queues", queue, "messages"] => Self::Messages(queue),
            ["queues", queue, "subscriptions"] => Self::Subscriptions(queue),
            ["queues", queue, "subscriptions", id] => Self::Subscription(queue, id),
            ["queues", queue, "subscriptions", id, "confirm"] => Self::Confirm(queue, id),
            _ => return None,
        })
    }

    fn operation(&self, request: &HttpRequest, query: &str) -> Result<Operation, Fault> {
        let method = request.method.as_str();
        Ok(match *self {
            Self::Ping => match method {
                "GET" | "HEAD" => Operation::Ping,
                _ => return Err(not_allowed()),
            },
            Self::Queues => match method {
                "GET" => Operation::ListQueues { page: page(query)? },
                _ => return Err(not_allowed()),
            },
            Self::Queue(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "PUT" => Operation::CreateQueue { queue, metadata: document(request)? },
                    "GET" => Operation::ShowQueue { queue },
                    "PATCH" => Operation::UpdateQueue { queue, changes: changes(request)? },
                    "DELETE" => Operation::DeleteQueue { queue },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Messages(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "POST" => Operation::PostMessages { queue, document: document(request)? },
                    "GET" => Operation::ListMessages { queue, page: page(query)? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Subscriptions(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "POST" => Operation::CreateSubscription { queue, document: document(request)? },
                    "GET" => Operation::ListSubscriptions { queue, page: page(query)? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Subscription(queue, id) => {
                let (queue, id) = (queue_name(queue)?, subscription_id(id));
                match method {
                    "GET" => Operation::ShowSubscription { queue, id: id? },
                    "PATCH" => Operation::UpdateSubscription { queue, id: id?, document: document(request)? },
                    "DELETE" => Operation::DeleteSubscription { queue, id: id? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Confirm(queue, id) => {
                let (queue, id) = (queue_name(queue)?, subscription_id(id));
                match method {
                    "PUT" => Operation::ConfirmSubscription { queue, id: id?, document: document(request)? },
                    _ => return Err(not_allowed()),
                }
            }
        })
    }
}

fn check_client(request: &HttpRequest) -> Result<(), Fault> {
    let client = request
        .header("client-id")
        .ok_or_else(|| Fault::new(FaultKind::MissingHeader, "The \"Client-Id\" header is required."))?;
    match Uuid::try_parse(client) {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault::new(FaultKind::WrongUuid, "Malformed hexadecimal UUID.")),
    }
}

fn project(request: &HttpRequest) -> Result<ProjectId, Fault> {
    match request.header("x-project-id") {
        None => Err(Fault::new(FaultKind::MissingProject, "The \"X-Project-ID\" header is required.")),
        Some("") => Err(Fault::new(FaultKind::EmptyProject, "The \"X-Project-ID\" header is empty.")),
        Some(text) => ProjectId::parse(text).ok_or_else(badly_named),
    }
}

fn queue_name(raw: &str) -> Result<QueueName, Fault> {
    let name = percent_decode_str(raw).decode_utf8().map_err(|_| badly_named())?;
    QueueName::parse(&name).ok_or_else(badly_named)
}

fn badly_named() -> Fault {
    Fault::new(FaultKind::InvalidQueueName, "The format of the submitted queue name or project id is not valid.")
}

/// An id that has not the form of one names nothing.
fn subscription_id(raw: &str) -> Result<SubscriptionId, Fault> {
    SubscriptionId::parse(raw)
        .ok_or_else(|| Fault::new(FaultKind::NotFound, format!("Subscription {raw} does not exist")))
}

fn not_allowed() -> Fault {
    Fault::bare(FaultKind::MethodNotAllowed)
}

fn page(query: &str) -> Result<Page, Fault> {
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

fn changes(request: &HttpRequest) -> Result<Option<Value>, Fault> {
    if request.header("content-type") != Some(PATCH_MEDIA_TYPE) {
        let text = format!("Accepted media type for PATCH: {{'Accept-Patch': '{PATCH_MEDIA_TYPE}'}}.");
        return Err(Fault::new(FaultKind::UnsupportedMediaType, text));
    }
    document(request)
}

/// The body as JSON: an object or an array, its integers within 64 bits. Observed: zaqar 23.0.1.
fn document(request: &HttpRequest) -> Result<Option<Value>, Fault> {
    if request.body.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) if has_large_integer(&value) => {
            Err(Fault::new(FaultKind::InvalidRequestBody, "JSON contains integer that is too large."))
        }
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(Some(value)),
        Ok(_) | Err(_) => Err(Fault::new(FaultKind::InvalidRequestBody, "Request body could not be parsed.")),
    }
}

fn has_large_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_u64() && !number.is_i64(),
        Value::Array(items) => items.iter().any(has_large_integer),
        Value::Object(keys) => keys.values().any(has_large_integer),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, target: &str, headers: &[(&str, &str)], body: &str, expected: Result<(), u16>) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let request = HttpRequest { method: method.into(), target: target.into(), headers, body: body.into() };
        let got = decode(&request).map(|_| ()).map_err(|fault| fault.kind.status());
        assert_eq!(got, expected, "{method} {target}");
    }

    const WHO: [(&str, &str); 2] = [("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778"), ("x-project-id", "p")];

    #[test]
    fn checks_come_in_the_order_of_the_reference() {
        check("GET", "/v1/queues", &[], "", Err(404));
        check("GET", "/v2/queues/a b", &[], "", Err(400));
        check("HEAD", "/v2/queues/a", &[], "", Err(400));
        check("HEAD", "/v2/queues/a", &WHO, "", Err(405));
        check("PUT", "/v2/queues/a", &WHO, "", Ok(()));
        check("PUT", "/v2/queues/a", &WHO, "{", Err(400));
        check("PUT", "/v2/queues/a", &WHO, "3", Err(400));
        check("PUT", "/v2/queues/a", &WHO, "{\"n\": 9223372036854775808}", Err(400));
        check("PATCH", "/v2/queues/a", &WHO, "[]", Err(415));
        check("GET", "/v2/queues/a/subscriptions/x", &WHO, "", Err(404));
    }
}
