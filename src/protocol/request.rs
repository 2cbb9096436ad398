//! Takes nothing.
//! Gives [`Request`], what a client may ask of the model, and [`Reply`], what it is told.
//! Never checks a document: values arrive here as the client wrote them, and the model says what is wrong with them.

use std::collections::BTreeMap;

use serde_json::Value;
use strum::IntoStaticStr;

use super::document::Document;
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
    /// How the request came.
    pub transport: Transport,
    /// What is asked.
    pub operation: Operation,
}

impl Request {
    /// A request of nobody in particular: no client of the tenant that sends messages, and no administrator.
    pub fn new(project: ProjectId, operation: Operation) -> Self {
        Self { project, client: ClientId::of_text(""), is_admin: false, transport: Transport::Http, operation }
    }
}

/// The ways in which Zaqar takes requests. They answer a few things differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A request of the API reference.
    Http,
    /// A frame of a websocket.
    Websocket,
}

/// What may be asked, in the order of the API reference. Each has its name as text, `create_queue` for the first PUT.
/// Documents are `None` where the request had no body. Ids of messages and claims are texts: what has not the form of
/// one names nothing.
#[derive(Clone, Debug, PartialEq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are the path, query and body of the request of the same name")]
pub enum Operation {
    Ping,
    ShowHealth,
    ListQueues { page: Page, wanted: WantedQueues },
    CreateQueue { queue: QueueName, metadata: Option<Value> },
    UpdateQueue { queue: QueueName, changes: Option<Value> },
    ShowQueue { queue: QueueName },
    DeleteQueue { queue: QueueName },
    ShowStats { queue: QueueName },
    PurgeQueue { queue: QueueName, document: Option<Value> },
    ShareQueue { queue: QueueName, document: Option<Value> },
    PostMessages { queue: QueueName, document: Option<Value>, size: usize },
    ListMessages { queue: QueueName, page: Page, wanted: Wanted },
    GetMessages { queue: QueueName, ids: Vec<String> },
    DeleteMessages { queue: QueueName, selection: Selection },
    ShowMessage { queue: QueueName, id: String },
    DeleteMessage { queue: QueueName, id: String, claim: Option<String> },
    CreateClaim { queue: QueueName, limit: Option<i64>, document: Option<Value> },
    ShowClaim { queue: QueueName, id: String },
    UpdateClaim { queue: QueueName, id: String, document: Option<Value> },
    DeleteClaim { queue: QueueName, id: String },
    ListSubscriptions { queue: QueueName, page: Page },
    CreateSubscription { queue: QueueName, document: Option<Value> },
    UpdateSubscription { queue: QueueName, id: SubscriptionId, document: Option<Value> },
    ShowSubscription { queue: QueueName, id: SubscriptionId },
    DeleteSubscription { queue: QueueName, id: SubscriptionId },
    ConfirmSubscription { queue: QueueName, id: SubscriptionId, document: Option<Value> },
    ListTopics { page: Page, wanted: WantedQueues },
    ListPools { page: Page, detailed: Option<bool> },
    CreatePool { pool: String, document: Value },
    UpdatePool { pool: String, document: Value },
    ShowPool { pool: String, detailed: bool },
    DeletePool { pool: String },
    ListFlavors { page: Page, detailed: Option<bool> },
    CreateFlavor { flavor: String, document: Value },
    UpdateFlavor { flavor: String, document: Value },
    ShowFlavor { flavor: String },
    DeleteFlavor { flavor: String },
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The last entry of the previous page.
    pub marker: Option<String>,
    /// How many entries, 1 to 20; 10 unless said otherwise. Source: api-ref, "limit".
    pub limit: Option<i64>,
}

/// Which messages of a queue are listed. Links to the next page repeat what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that the client itself has posted; not unless said otherwise.
    pub echo: Option<bool>,
    /// Those that are claimed; not unless said otherwise.
    pub include_claimed: Option<bool>,
    /// Those whose delay has not passed; not unless said otherwise.
    pub include_delayed: Option<bool>,
}

/// Which messages are deleted at once; `None` where the query does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// These.
    pub ids: Option<Vec<String>>,
    /// As many of the oldest, which are answered.
    pub pop: Option<i64>,
    /// Where an operator asks for it: the claims they are in.
    pub claim_ids: Option<Vec<String>>,
}

/// Which queues of a list are wanted, and how much of each. Source: api-ref, "List queues".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedQueues {
    /// Whether their metadata is.
    pub detailed: Option<bool>,
    /// What their names contain.
    pub name: Option<String>,
    /// Whether the answer is to say how many queues the tenant has.
    pub with_count: Option<bool>,
    /// Keys that their metadata has, with the values, as often as the client wrote them.
    pub metadata: BTreeMap<String, Vec<String>>,
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
        body: Option<Document>,
    },
    /// The request was refused.
    Fault(Fault),
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
