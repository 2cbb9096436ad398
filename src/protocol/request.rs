//! Takes nothing.
//! Gives [`Request`], what a client may ask of the model, and [`Reply`], what it is told.
//! Never checks a document: values arrive here as the client wrote them, and the model says what is wrong with them.

use serde_json::Value;

use super::{ClientId, Fault, ProjectId, QueueName, SubscriptionId};

/// One request of one tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The tenant. Requests of one never see what belongs to another.
    pub project: ProjectId,
    /// The program that asks.
    pub client: ClientId,
    /// Whether it claims the role of an administrator.
    pub is_admin: bool,
    /// What is asked.
    pub operation: Operation,
}

impl Request {
    /// A request of nobody in particular: no client of the tenant that sends messages, and no administrator.
    pub fn new(project: ProjectId, operation: Operation) -> Self {
        Self { project, client: ClientId::of_text(""), is_admin: false, operation }
    }
}

/// What may be asked, in the order of the API reference. Documents are `None` where the request had no body.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are the path, query and body of the request of the same name")]
pub enum Operation {
    Ping,
    ListQueues { page: Page },
    CreateQueue { queue: QueueName, metadata: Option<Value> },
    UpdateQueue { queue: QueueName, changes: Option<Value> },
    ShowQueue { queue: QueueName },
    DeleteQueue { queue: QueueName },
    PostMessages { queue: QueueName, document: Option<Value> },
    ListMessages { queue: QueueName, page: Page },
    ListSubscriptions { queue: QueueName, page: Page },
    CreateSubscription { queue: QueueName, document: Option<Value> },
    UpdateSubscription { queue: QueueName, id: SubscriptionId, document: Option<Value> },
    ShowSubscription { queue: QueueName, id: SubscriptionId },
    DeleteSubscription { queue: QueueName, id: SubscriptionId },
    ConfirmSubscription { queue: QueueName, id: SubscriptionId, document: Option<Value> },
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The last entry of the previous page.
    pub marker: Option<String>,
    /// How many entries, 1 to 20; 10 unless said otherwise. Source: api-ref, "limit".
    pub limit: Option<i64>,
    /// Whether messages of the client itself are wanted, as the client wrote it. Links to the next page repeat it.
    pub echo: Option<String>,
}

/// What the client is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The request was carried out.
    Done {
        /// 200, 201 or 204.
        status: u16,
        /// The `location` header.
        location: Option<String>,
        /// The JSON document.
        body: Option<Value>,
    },
    /// The request was refused.
    Fault(Fault),
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
