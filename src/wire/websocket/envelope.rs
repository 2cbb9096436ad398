//! Takes a frame.
//! Gives the request that it stands for, or the frame that answers it at once, or the order to hang up.
//! Never checks more of a document than that it is one and names who asks for what.

use serde_json::{Map, Value, json};

use super::action::Action;
use super::answer::{Answer, answer};
use super::framing::{Frame, Framing};
use super::operation::operation;
use super::schema::fits;
use crate::model::Settings;
use crate::protocol::{ClientId, Deviation, Fault, FaultKind, Options, ProjectId, Reply, Request, Transport};
use crate::wire::checks;

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
pub fn read(frame: &Frame, own_url: &str, settings: &Settings) -> Incoming {
    let nobody = Envelope::of(frame.framing(), &Map::new());
    let document = match frame.document() {
        Ok(Value::Object(document)) => document,
        Ok(_) => return nobody.error("Unexpected body type. Expected dict or dict like."),
        Err(text) => return nobody.error(&text),
    };
    let envelope = Envelope::of(frame.framing(), &document);
    let crashes = settings.deviations.has(Deviation::WebsocketRequestCrashes);
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
        _ => ask(action, envelope, own_url, settings),
    }
}

/// Whether the reference does what the action names; it knows the names of more. Observed: zaqar 23.0.1.
fn is_served(action: Action) -> bool {
    let name = action.name();
    ["queue_", "message_", "claim_", "subscription_"].iter().any(|kind| name.starts_with(kind))
}

fn ask(action: Action, envelope: Envelope, own_url: &str, settings: &Settings) -> Incoming {
    let header = |name: &str| envelope.headers.get(name).and_then(Value::as_str).unwrap_or_default();
    let project = ProjectId::of_text(header("X-Project-ID"));
    let empty = Map::new();
    let body = envelope.body.as_object().unwrap_or(&empty);
    let operation = client(action, header("Client-ID"), &settings.options)
        .and_then(|client| Ok((client, operation(action, body, &project, own_url, settings.deviations)?)));
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

/// Only where it matters who asks must that be a UUID, or a text of a certain length where the operator said so.
/// Observed: zaqar 23.0.1.
fn client(action: Action, text: &str, options: &Options) -> Result<ClientId, Reply> {
    if !matches!(action, Action::MessageList | Action::MessagePost) {
        return Ok(checks::client_of_any(text));
    }
    if options.client_id_uuid_safe != "strict" {
        return Ok(checks::client_of_length(text, options)?);
    }
    let malformed = || Fault::new(FaultKind::WrongUuid, "badly formed hexadecimal UUID string");
    Ok(checks::uuid(text).map(ClientId::of_uuid).ok_or_else(malformed)?)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Deviations;

    /// Whether a client of this name may post or list messages, and what it is told if not.
    fn check(mode: &str, name: &str, expected: Result<&str, &str>) {
        let mut settings = Settings::new(Deviations::NONE);
        settings.options.client_id_uuid_safe = mode.into();
        for action in [Action::MessageList, Action::MessagePost] {
            let got = client(action, name, &settings.options).map_err(|reply| match reply {
                Reply::Fault(fault) => fault.description.unwrap_or_default(),
                Reply::Done { .. } => String::new(),
            });
            assert_eq!(got.as_ref().map(ClientId::as_str).map_err(String::as_str), expected, "{mode} {name}");
        }
        assert!(client(Action::QueueList, name, &settings.options).is_ok());
    }

    #[test]
    fn a_client_is_a_uuid_or_a_text_of_a_certain_length_where_the_operator_says_so() {
        let id = "4ef3da41-af53-4c07-96d5-7b89af752778";
        check("strict", id, Ok(id));
        check("strict", "{4EF3DA41AF534C0796D57B89AF752778}", Ok(id));
        check("strict", "a-program-of-mine", Err("badly formed hexadecimal UUID string"));
        check("off", "a-program-of-mine", Ok("a-program-of-mine"));
        check("off", id, Ok(id));
        check("off", "123456789", Err("Length of client id must be at least 10 and no greater than 36."));
    }
}
