//! Takes a step of a case and the names of this run.
//! Gives the HTTP request that carries it out.
//! Never sends it.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::judge::read_confirmation;
use crate::rng::Stream;
use crate::scenario::{Action, Case, ConfirmByLink, Confirmation, Subscribe};
use crate::wire::{HttpRequest, PATCH_MEDIA_TYPE, escaped};

/// What stands for itself in a segment of a path. Source: RFC 3986, "unreserved".
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a subscriber turns that was never told where: nothing is there.
const NO_LINK: &str = "/v2/no-link";

/// What the names in a case stand for in this run.
#[derive(Clone, Debug)]
pub struct Bindings {
    client_id: String,
    project_prefix: String,
    /// The one project that everything is done in, if the target has only one.
    project: Option<String>,
    addresses: BTreeMap<String, String>,
    subscriptions: BTreeMap<String, String>,
    /// The last confirmation of each type that reached a subscriber.
    confirmations: BTreeMap<(String, Confirmation), Map<String, Value>>,
}

impl Bindings {
    /// The names of `case` in the run called `run`; every case has tenants of its own, so that cases can share a
    /// server. `addresses` maps subscribers to the addresses they listen at.
    pub fn new(run: &str, case: &Case, addresses: BTreeMap<String, String>) -> Self {
        let mut names = Stream::new(0, &format!("{run}/{}", case.id));
        Self {
            client_id: names.uuid().to_string(),
            project_prefix: names.uuid().simple().to_string(),
            project: None,
            addresses,
            subscriptions: BTreeMap::new(),
            confirmations: BTreeMap::new(),
        }
    }

    /// The same names, but everything in one project.
    #[must_use]
    pub fn in_project(self, project: Option<String>) -> Self {
        Self { project, ..self }
    }

    /// Where a subscriber listens.
    pub fn address(&self, subscriber: &str) -> &str {
        self.addresses.get(subscriber).map_or("", String::as_str)
    }

    /// The subscriber that listens there.
    pub fn subscriber_at(&self, url: &str) -> Option<&str> {
        self.addresses.iter().find(|(_, address)| *address == url).map(|(name, _)| name.as_str())
    }

    /// Remembers the id that the server gave to a subscription.
    pub fn subscribed(&mut self, subscribe: &Subscribe, id: &str) {
        let name = subscribe.name.as_ref().or(subscribe.to.as_ref());
        if let Some(name) = name {
            self.subscriptions.insert(name.clone(), id.into());
        }
    }

    /// Remembers what a request asks a subscriber to confirm, if it does.
    pub fn arrived(&mut self, subscriber: &str, request: &HttpRequest) {
        if let Some((confirmation, document)) = read_confirmation(request) {
            self.confirmations.insert((subscriber.into(), confirmation), document);
        }
    }

    /// Whether the confirmation that a step answers has reached its subscriber.
    pub fn has_link(&self, link: &ConfirmByLink) -> bool {
        self.confirmations.contains_key(&(link.subscriber.clone(), link.confirmation))
    }

    /// The id of a subscription; one that the server never made has an id that names nothing.
    fn subscription(&self, name: &str) -> &str {
        self.subscriptions.get(name).map_or("00000000-0000-0000-0000-000000000000", String::as_str)
    }
}

/// The request of one step.
///
/// # Panics
/// For an action that asks for nothing: [`Action::asks`].
pub fn fill(action: &Action, bindings: &Bindings) -> HttpRequest {
    let of = |project: &str, method: &str, path: String, body: Option<Value>| {
        request(bindings, project, method, &path, body)
    };
    match action {
        Action::Advance(_) | Action::Network(_) => unreachable!("the stage does it instead"),
        Action::PutQueue(put) => of(&put.project, "PUT", queue(&put.queue), put.metadata.clone()),
        Action::GetQueue(get) => of(&get.project, "GET", queue(&get.queue), None),
        Action::PatchQueue(patch) => {
            let mut request = of(&patch.project, "PATCH", queue(&patch.queue), Some(patch.changes.clone()));
            request.headers.retain(|(name, _)| name != "content-type");
            request.headers.push(("content-type".into(), PATCH_MEDIA_TYPE.into()));
            request
        }
        Action::DeleteQueue(delete) => of(&delete.project, "DELETE", queue(&delete.queue), None),
        Action::ListQueues(list) => of(&list.project, "GET", "/v2/queues".into(), None),
        Action::Post(post) => {
            let messages: Vec<Value> = post
                .messages
                .iter()
                .map(|message| keys([("body", Some(&message.body)), ("ttl", message.ttl.as_ref())]))
                .collect();
            let path = format!("{}/messages", queue(&post.queue));
            of(&post.project, "POST", path, Some(json!({ "messages": messages })))
        }
        Action::ListMessages(list) => {
            of(&list.project, "GET", format!("{}/messages?echo=true", queue(&list.queue)), None)
        }
        Action::Subscribe(subscribe) => {
            of(&subscribe.project, "POST", subscriptions(&subscribe.queue), Some(subscription(subscribe, bindings)))
        }
        Action::ListSubscriptions(list) => {
            let query = list.limit.map(|limit| format!("?limit={limit}")).unwrap_or_default();
            of(&list.project, "GET", subscriptions(&list.queue) + &query, None)
        }
        Action::GetSubscription(get) => {
            of(&get.project, "GET", one(&get.queue, bindings.subscription(&get.subscription)), None)
        }
        Action::PatchSubscription(patch) => {
            let path = one(&patch.queue, bindings.subscription(&patch.subscription));
            of(&patch.project, "PATCH", path, Some(patch.changes.clone()))
        }
        Action::Confirm(confirm) => {
            let path = format!("{}/confirm", one(&confirm.queue, bindings.subscription(&confirm.subscription)));
            of(&confirm.project, "PUT", path, Some(json!({ "confirmed": confirm.confirmed })))
        }
        Action::ConfirmByLink(link) => by_link(link, bindings),
        Action::DeleteSubscription(delete) => {
            of(&delete.project, "DELETE", one(&delete.queue, bindings.subscription(&delete.subscription)), None)
        }
    }
}

/// The request that a confirmation asks for. What the confirmation does not say is sent empty: a request without the
/// headers of a signature would be judged by other rules.
fn by_link(link: &ConfirmByLink, bindings: &Bindings) -> HttpRequest {
    let document = bindings.confirmations.get(&(link.subscriber.clone(), link.confirmation));
    let said = |key: &str| document.and_then(|document| document.get(key)?.as_str()).unwrap_or_default().to_owned();
    let changed = |name: &str| link.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let value = |name: &str| changed(name).map_or_else(|| said(name), |(_, value)| value.clone());
    let mut headers = vec![
        ("client-id".to_owned(), bindings.client_id.clone()),
        ("accept".to_owned(), "application/json".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let signed = ["X-Project-ID", "URL-Signature", "URL-Expires", "URL-Methods", "URL-Paths"];
    headers.extend(signed.map(|name| (name.to_lowercase(), value(name))));
    let more = link.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    headers.extend(more.filter(|(name, _)| !signed.iter().any(|known| known.eq_ignore_ascii_case(name))));
    let path = Some(said("URL-Paths")).filter(|path| path.starts_with('/'));
    HttpRequest {
        method: "PUT".into(),
        target: escaped(&path.unwrap_or_else(|| NO_LINK.into())),
        headers,
        body: json!({ "confirmed": link.confirmed }).to_string().into(),
    }
}

fn request(bindings: &Bindings, project: &str, method: &str, path: &str, body: Option<Value>) -> HttpRequest {
    let header = |name: &str, value: String| (name.to_owned(), value);
    let own = || format!("{}-{project}", bindings.project_prefix);
    let mut headers = vec![
        header("client-id", bindings.client_id.clone()),
        header("x-project-id", bindings.project.clone().unwrap_or_else(own)),
        header("accept", "application/json".into()),
    ];
    if body.is_some() {
        headers.push(header("content-type", "application/json".into()));
    }
    let body = body.map(|body| body.to_string().into()).unwrap_or_default();
    HttpRequest { method: method.into(), target: escaped(path), headers, body }
}

fn queue(name: &str) -> String {
    format!("/v2/queues/{}", utf8_percent_encode(name, IN_A_PATH))
}

fn subscriptions(queue_name: &str) -> String {
    format!("{}/subscriptions", queue(queue_name))
}

fn one(queue_name: &str, id: &str) -> String {
    format!("{}/{id}", subscriptions(queue_name))
}

fn subscription(subscribe: &Subscribe, bindings: &Bindings) -> Value {
    let address = subscribe.to.as_ref().map(|to| Value::from(bindings.address(to)));
    keys([
        ("subscriber", address.as_ref().or(subscribe.uri.as_ref())),
        ("ttl", subscribe.ttl.as_ref()),
        ("options", subscribe.options.as_ref()),
    ])
}

/// An object of the keys that have a value.
fn keys<const N: usize>(entries: [(&str, Option<&Value>); N]) -> Value {
    let present = entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.clone())));
    present.collect::<Map<_, _>>().into()
}
