//! Takes the path, query and method of a request.
//! Gives the operation they name, with what the path, the query and the body say.
//! Never looks at who asks.

use percent_encoding::percent_decode_str;

use super::HttpRequest;
use super::decode::badly_named;
use super::document::{changes, document};
use super::query::page;
use crate::protocol::{Fault, FaultKind, Operation, QueueName, SubscriptionId};

/// The resource a path names, its parts still raw.
pub(super) enum Route<'a> {
    Ping,
    Queues,
    Queue(&'a str),
    Messages(&'a str),
    Subscriptions(&'a str),
    Subscription(&'a str, &'a str),
    Confirm(&'a str, &'a str),
}

impl<'a> Route<'a> {
    pub(super) fn find(path: &'a str) -> Option<Self> {
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

    pub(super) fn operation(&self, request: &HttpRequest, query: &str) -> Result<Operation, Fault> {
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

fn queue_name(raw: &str) -> Result<QueueName, Fault> {
    let name = percent_decode_str(raw).decode_utf8().map_err(|_| badly_named())?;
    QueueName::parse(&name).ok_or_else(badly_named)
}

/// An id that has not the form of one names nothing.
fn subscription_id(raw: &str) -> Result<SubscriptionId, Fault> {
    SubscriptionId::parse(raw)
        .ok_or_else(|| Fault::new(FaultKind::NotFound, format!("Subscription {raw} does not exist")))
}

fn not_allowed() -> Fault {
    Fault::bare(FaultKind::MethodNotAllowed)
}
