//! Takes the path, query and method of a request.
//! Gives the operation they name, with what the path, the query and the body say.
//! Never looks at who asks.

use super::HttpRequest;
use super::document::{admin_document, changes, document, metadata};
use super::query::{Query, detailed, page, selection, wanted, wanted_queues};
use crate::model::Settings;
use crate::protocol::{
    Deviation, Deviations, Fault, FaultKind, Operation, Options, ProjectId, QueueKind, QueueName, SubscriptionId,
};

/// What a path names.
pub(super) struct Route<'a> {
    /// Whether it belongs to a queue or to a topic, if to either.
    pub(super) kind: QueueKind,
    /// The name of that queue or topic, as the client wrote it.
    name: Option<&'a str>,
    pub(super) resource: Resource<'a>,
}

impl<'a> Route<'a> {
    /// What a path names, its escapes taken away, in a server with these options.
    pub(super) fn find(path: &'a str, options: &Options) -> Option<Self> {
        if path == "/" {
            return Some(Self { kind: QueueKind::Queue, name: None, resource: Resource::Versions });
        }
        let parts: Vec<&str> = path.strip_prefix("/v2/")?.split('/').collect();
        let kind = if parts[0] == "topics" { QueueKind::Topic } else { QueueKind::Queue };
        let name = parts.get(1).copied().filter(|_| ["queues", "topics"].contains(&parts[0]));
        let resource = Resource::find(&parts).filter(|resource| resource.is_served(options))?;
        Some(Self { kind, name, resource })
    }

    /// Checks the name of the queue or topic, and its tenant's.
    pub(super) fn check_name(&self, project: &ProjectId, deviations: Deviations) -> Result<(), Fault> {
        match self.name {
            Some(_) if project.is_too_long() => Err(badly_named(self.kind)),
            Some(name) => queue_name(self.kind, name, deviations).map(|_| ()),
            None => Ok(()),
        }
    }
}

/// The resource a path names, its parts as the client wrote them.
pub(super) enum Resource<'a> {
    Versions,
    Home,
    Ping,
    Health,
    Queues,
    Queue(&'a str),
    Stats(&'a str),
    Purge(&'a str),
    Share(&'a str),
    Messages(&'a str),
    Message(&'a str, &'a str),
    Claims(&'a str),
    Claim(&'a str, &'a str),
    Subscriptions(&'a str),
    Subscription(&'a str, &'a str),
    Confirm(&'a str, &'a str),
    Pools,
    Pool(&'a str),
    Flavors,
    Flavor(&'a str),
}

impl<'a> Resource<'a> {
    fn find(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            [""] => Self::Home,
            ["ping"] => Self::Ping,
            ["health"] => Self::Health,
            ["queues" | "topics"] => Self::Queues,
            ["queues" | "topics", queue] => Self::Queue(queue),
            ["queues" | "topics", queue, "stats"] => Self::Stats(queue),
            ["queues" | "topics", queue, "purge"] => Self::Purge(queue),
            ["queues", queue, "share"] => Self::Share(queue),
            ["queues" | "topics", queue, "messages"] => Self::Messages(queue),
            ["queues" | "topics", queue, "messages", id] => Self::Message(queue, id),
            ["queues", queue, "claims"] => Self::Claims(queue),
            ["queues", queue, "claims", id] => Self::Claim(queue, id),
            ["queues" | "topics", queue, "subscriptions"] => Self::Subscriptions(queue),
            ["queues" | "topics", queue, "subscriptions", id] => Self::Subscription(queue, id),
            ["queues" | "topics", queue, "subscriptions", id, "confirm"] => Self::Confirm(queue, id),
            ["pools"] => Self::Pools,
            ["pools", pool] => Self::Pool(pool),
            ["flavors"] => Self::Flavors,
            ["flavors", flavor] => Self::Flavor(flavor),
            _ => return None,
        })
    }

    /// The methods it takes, in alphabetical order; each takes OPTIONS besides. Observed: zaqar 23.0.1.
    pub(super) const fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Versions | Self::Home | Self::Health | Self::Queues | Self::Pools | Self::Flavors => &["GET"],
            Self::Stats(..) => &["GET"],
            Self::Purge(..) => &["POST"],
            Self::Ping => &["GET", "HEAD"],
            Self::Queue(..) | Self::Pool(..) | Self::Flavor(..) => &["DELETE", "GET", "PATCH", "PUT"],
            Self::Messages(..) => &["DELETE", "GET", "POST"],
            Self::Message(..) => &["DELETE", "GET"],
            Self::Claims(..) | Self::Share(..) => &["POST"],
            Self::Claim(..) => &["DELETE", "GET", "PATCH"],
            Self::Subscriptions(..) => &["GET", "POST"],
            Self::Subscription(..) => &["DELETE", "GET", "PATCH"],
            Self::Confirm(..) => &["PUT"],
        }
    }

    /// Whether only administrators may use the method. Observed: zaqar 23.0.1, its default policies.
    pub(super) fn is_for_admins(&self, method: &str) -> bool {
        match self {
            Self::Health | Self::Pools | Self::Pool(..) => true,
            Self::Flavor(..) => method != "GET",
            _ => false,
        }
    }

    /// The handler that breaks down when a topic is asked for it. Observed: zaqar 23.0.1.
    pub(super) const fn handler(&self) -> Option<&'static str> {
        match self {
            Self::Messages(..) | Self::Subscriptions(..) => Some("CollectionResource"),
            Self::Message(..) | Self::Subscription(..) => Some("ItemResource"),
            Self::Confirm(..) => Some("ConfirmResource"),
            _ => None,
        }
    }

    const fn is_served(&self, options: &Options) -> bool {
        match self {
            Self::Health => options.admin_mode,
            Self::Pools | Self::Pool(..) | Self::Flavors | Self::Flavor(..) => options.admin_mode && options.pooling,
            _ => true,
        }
    }

    pub(super) fn operation(
        &self,
        kind: QueueKind,
        request: &HttpRequest,
        query: &str,
        settings: &Settings,
    ) -> Result<Operation, Fault> {
        let method = request.method.as_str();
        let queue_name = |raw| queue_name(kind, raw, settings.deviations);
        let document = |request| document(request, settings.deviations);
        Ok(match *self {
            Self::Versions | Self::Home => return Err(not_allowed()),
            Self::Ping => match method {
                "GET" | "HEAD" => Operation::Ping,
                _ => return Err(not_allowed()),
            },
            Self::Health => Operation::ShowHealth,
            Self::Queues => match (method, kind) {
                ("GET", QueueKind::Queue) => {
                    Operation::ListQueues { page: page(query)?, wanted: wanted_queues(query)? }
                }
                ("GET", QueueKind::Topic) => {
                    Operation::ListTopics { page: page(query)?, wanted: wanted_queues(query)? }
                }
                _ => return Err(not_allowed()),
            },
            Self::Queue(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "PUT" => Operation::CreateQueue { queue, metadata: metadata(request, settings)? },
                    "GET" => Operation::ShowQueue { queue },
                    "PATCH" => Operation::UpdateQueue { queue, changes: changes(request, settings)? },
                    "DELETE" => Operation::DeleteQueue { queue },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Stats(queue) => Operation::ShowStats { queue: queue_name(queue)? },
            Self::Purge(queue) => Operation::PurgeQueue { queue: queue_name(queue)?, document: document(request)? },
            Self::Share(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "POST" => Operation::ShareQueue { queue, document: document(request)? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Messages(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "POST" => Operation::PostMessages { queue, document: document(request)?, size: request.body.len() },
                    "GET" => match Query::new(query).list("ids") {
                        Some(ids) => Operation::GetMessages { queue, ids },
                        None => Operation::ListMessages { queue, page: page(query)?, wanted: wanted(query)? },
                    },
                    "DELETE" => Operation::DeleteMessages { queue, selection: selection(query)? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Message(queue, id) => {
                let (queue, id) = (queue_name(queue)?, id.to_owned());
                match method {
                    "GET" => Operation::ShowMessage { queue, id },
                    "DELETE" => Operation::DeleteMessage { queue, id, claim: Query::new(query).text("claim_id") },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Claims(queue) => {
                let queue = queue_name(queue)?;
                match method {
                    "POST" => {
                        let limit = Query::new(query).number("limit")?;
                        Operation::CreateClaim { queue, limit, document: document(request)? }
                    }
                    _ => return Err(not_allowed()),
                }
            }
            Self::Claim(queue, id) => {
                let (queue, id) = (queue_name(queue)?, id.to_owned());
                match method {
                    "GET" => Operation::ShowClaim { queue, id },
                    "PATCH" => Operation::UpdateClaim { queue, id, document: document(request)? },
                    "DELETE" => Operation::DeleteClaim { queue, id },
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
                    "GET" => Operation::ShowSubscription { queue, id },
                    "PATCH" => Operation::UpdateSubscription { queue, id, document: document(request)? },
                    "DELETE" => Operation::DeleteSubscription { queue, id },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Confirm(queue, id) => {
                let (queue, id) = (queue_name(queue)?, subscription_id(id));
                match method {
                    "PUT" => Operation::ConfirmSubscription { queue, id, document: document(request)? },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Pools => Operation::ListPools { page: page(query)?, detailed: detailed(query)? },
            Self::Pool(pool) => {
                let pool = pool.to_owned();
                match method {
                    "GET" => Operation::ShowPool { pool, detailed: detailed(query)?.unwrap_or_default() },
                    "PUT" => Operation::CreatePool { pool, document: admin_document(request)? },
                    "PATCH" => Operation::UpdatePool { pool, document: admin_document(request)? },
                    "DELETE" => Operation::DeletePool { pool },
                    _ => return Err(not_allowed()),
                }
            }
            Self::Flavors => Operation::ListFlavors { page: page(query)?, detailed: detailed(query)? },
            Self::Flavor(flavor) => {
                let flavor = flavor.to_owned();
                match method {
                    "GET" => Operation::ShowFlavor { flavor },
                    "PUT" => Operation::CreateFlavor { flavor, document: admin_document(request)? },
                    "PATCH" => Operation::UpdateFlavor { flavor, document: admin_document(request)? },
                    "DELETE" => Operation::DeleteFlavor { flavor },
                    _ => return Err(not_allowed()),
                }
            }
        })
    }
}

fn queue_name(kind: QueueKind, raw: &str, deviations: Deviations) -> Result<QueueName, Fault> {
    let with_newline = || {
        let allowed = deviations.has(Deviation::TrailingNewlineInNames);
        if allowed { QueueName::with_newline(kind, raw) } else { None }
    };
    QueueName::of_kind(kind, raw).or_else(with_newline).ok_or_else(|| badly_named(kind))
}

fn badly_named(kind: QueueKind) -> Fault {
    let (fault, word) = match kind {
        QueueKind::Queue => (FaultKind::InvalidQueueName, "queue"),
        QueueKind::Topic => (FaultKind::InvalidTopicName, "topic"),
    };
    Fault::new(fault, format!("The format of the submitted {word} name or project id is not valid."))
}

/// An id may be any text: one that the server has not made names nothing.
fn subscription_id(raw: &str) -> SubscriptionId {
    SubscriptionId::of_text(raw)
}

fn not_allowed() -> Fault {
    Fault::bare(FaultKind::MethodNotAllowed)
}
