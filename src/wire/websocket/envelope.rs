//! Takes a frame.
//! Gives the request that it stands for, or the frame that answers it at once, or the order to hang up.
//! Never checks more of a document than that it is one and names who asks for what.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::action::Action;
use super::answer::{Answer, answer};
use super::framing::{Frame, Framing};
use super::operation::operation;
use super::schema::fits;
use crate::protocol::{ClientId, Deviation, Deviations, Fault, FaultKind, ProjectId, Reply, Request, Transport};

/// What follows from a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// There is nothing to ask the model.
    Answer(Box<Answer>),
    /// The model is asked.
    Ask(Box<Asked>),
    /// The connection is closed without a word.
    HangUp,
}

/// A request that a frame stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What the model is asked.
    pub request: Request,
    /// What makes an answer of its reply.
    pub pending: Pending,
}

/// A frame that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    action: Action,
    project: ProjectId,
    envelope: Envelope,
}

impl Pending {
    /// The answer that the model's reply makes.
    pub fn answer(self, reply: Reply) -> Answer {
        answer(self.action, self.project, self.envelope, reply)
    }
}

/// Reads a frame that came over a connection whose own subscriptions are made to `own_url`.
pub fn read(frame: &Frame, own_url: &str, deviations: Deviations) -> Incoming {
    let nobody = Envelope::of(frame.framing(), &Map::new());
    let document = match frame.document() {
        Ok(Value::Object(document)) => document,
        Ok(_) => return nobody.error("Unexpected body type. Expected dict or dict like."),
        Err(text) => return nobody.error(&text),
    };
    let envelope = Envelope::of(frame.framing(), &document);
    let crashes = deviations.has(Deviation::WebsocketRequestCrashes);
    let action = match &envelope.action {
        Value::String(name) => Action::parse(name),
        Value::Array(_) | Value::Object(_) if crashes => return Incoming::HangUp,
        _ => None,
    };
    let Some(action) = action else { return envelope.unknown_action() };
    if !fits(action, &document) {
        return envelope.error("Schema validation failed.");
    }
    match action {
        _ if crashes && !is_served(action) => Incoming::HangUp,
        // Whoever asks is let in: there is nobody to ask about tokens.
        Action::Authenticate => Envelope { body: json!({}), headers: json!({}), ..envelope }
            .says(200, json!({ "message": "Authentified." })),
        _ if !is_served(action) => envelope.unknown_action(),
        _ => ask(action, envelope, own_url, deviations),
    }
}

/// Whether the reference does what the action names; it knows the names of more. Observed: zaqar 23.0.1.
fn is_served(action: Action) -> bool {
    let name = action.name();
    ["queue_", "message_", "claim_", "subscription_"].iter().any(|kind| name.starts_with(kind))
}

fn ask(action: Action, envelope: Envelope, own_url: &str, deviations: Deviations) -> Incoming {
    let header = |name: &str| envelope.headers.get(name).and_then(Value::as_str).unwrap_or_default();
    let project = ProjectId::of_text(header("X-Project-ID"));
    let empty = Map::new();
    let body = envelope.body.as_object().unwrap_or(&empty);
    let operation = client(action, header("Client-ID"))
        .and_then(|client| Ok((client, operation(action, body, &project, own_url, deviations)?)));
    match operation {
        Ok((client, operation)) => {
            let request = Request {
                project: project.clone(),
                client,
                is_admin: false,
                transport: Transport::Websocket,
                operation,
            };
            Incoming::Ask(Box::new(Asked { request, pending: Pending { action, project, envelope } }))
        }
        Err(reply) => Incoming::Answer(Box::new(answer(action, project, envelope, reply))),
    }
}

/// Only where it matters who asks must that be a UUID. Observed: zaqar 23.0.1.
fn client(action: Action, text: &str) -> Result<ClientId, Reply> {
    match Uuid::try_parse(text) {
        Ok(uuid) => Ok(ClientId::of_uuid(uuid)),
        Err(_) if matches!(action, Action::MessageList | Action::MessagePost) => {
            Err(Fault::new(FaultKind::WrongUuid, "badly formed hexadecimal UUID string").into())
        }
        Err(_) => Ok(ClientId::of_text(text)),
    }
}

/// The request as every answer repeats it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Envelope {
    pub(super) framing: Framing,
    action: Value,
    pub(super) body: Value,
    headers: Value,
}

impl Envelope {
    fn of(framing: Framing, document: &Map<String, Value>) -> Self {
        let headers = document.get("headers").filter(|headers| !crate::policy::is_falsy(headers));
        Self {
            framing,
            action: document.get("action").cloned().unwrap_or_default(),
            body: document.get("body").cloned().unwrap_or_else(|| json!({})),
            headers: headers.cloned().unwrap_or_else(|| json!({})),
        }
    }

    /// The answer to the request.
    pub(super) fn answered(self, status: u16, body: Value) -> Answer {
        let Self { framing, action, body: asked, headers } = self;
        let request = json!({ "action": action, "body": asked, "headers": headers, "api": "v2" });
        let document = json!({ "request": request, "body": body, "headers": { "status": status } });
        Answer { frame: framing.frame(&document), status, subscribed: None }
    }

    fn says(self, status: u16, body: Value) -> Incoming {
        Incoming::Answer(Box::new(self.answered(status, body)))
    }

    fn error(self, text: &str) -> Incoming {
        self.says(400, json!({ "error": text }))
    }

    fn unknown_action(self) -> Incoming {
        let name = match &self.action {
            Value::String(name) => name.clone(),
            // As Python writes it.
            Value::Null => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            other => other.to_string(),
        };
        self.error(&format!("{name} is not a valid action"))
    }
}
