//! Takes requests about queues.
//! Gives them created, described, changed and deleted; metadata is checked before it is stored.
//! Never shows one tenant what belongs to another.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::messages::Message;
use super::subscriptions::Subscription;
use super::{Caller, Model, done, invalid};
use crate::policy::{self, Refusal};
use crate::protocol::{Deviation, Fault, FaultKind, Page, ProjectId, QueueName, Reply, SubscriptionId};

/// How many entries a page may have, and has unless said otherwise. Source: api-ref, "limit".
const LIMIT: std::ops::RangeInclusive<i64> = 1..=20;
const LIMIT_DEFAULT: usize = 10;

/// A queue with what belongs to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) metadata: Map<String, Value>,
    pub(super) messages: Vec<Message>,
    pub(super) subscriptions: BTreeMap<SubscriptionId, Subscription>,
}

impl Model {
    pub(super) fn create_queue(
        &mut self,
        caller: &Caller,
        name: QueueName,
        metadata: Option<Value>,
    ) -> Result<Reply, Fault> {
        let metadata = match metadata {
            None => Map::new(),
            Some(Value::Object(metadata)) => metadata,
            Some(_) => return Err(Fault::new(FaultKind::InvalidRequestBody, "Document type not supported.")),
        };
        self.check_metadata(&metadata, Crashed::Internal)
            .map_err(|refusal| refusal.fault(FaultKind::InvalidApiRequest))?;
        let location = Some(format!("/v2/queues/{name}"));
        let existed = self.queue(&caller.project, &name).is_some();
        if !existed || self.settings.deviations.has(Deviation::CreateAgainReplacesMetadata) {
            self.queue_or_new(&caller.project, name).metadata = metadata;
        }
        Ok(done(if existed { 204 } else { 201 }, location, None))
    }

    pub(super) fn update_queue(
        &mut self,
        caller: &Caller,
        name: QueueName,
        changes: Option<Value>,
    ) -> Result<Reply, Fault> {
        let changes = read_changes(changes)?;
        let project = &caller.project;
        let missing = || Fault::new(FaultKind::NotFound, format!("Queue {name} does not exist for project {project}"));
        let mut metadata = self.queue(project, &name).ok_or_else(missing)?.metadata.clone();
        for change in changes {
            change.apply(&mut metadata)?;
        }
        self.check_metadata(&metadata, Crashed::Update)
            .map_err(|refusal| refusal.fault(FaultKind::InvalidRequestBody))?;
        if !self.settings.deviations.has(Deviation::QueuePatchNotStored) {
            self.queue_or_new(project, name.clone()).metadata.clone_from(&metadata);
        }
        self.reread_policies(project, &name);
        Ok(done(200, None, Some(with_reserved(metadata))))
    }

    pub(super) fn show_queue(&self, caller: &Caller, name: &QueueName) -> Reply {
        let metadata = self.queue(&caller.project, name).map(|queue| queue.metadata.clone()).unwrap_or_default();
        done(200, None, Some(with_reserved(metadata)))
    }

    pub(super) fn delete_queue(&mut self, caller: &Caller, name: &QueueName) -> Reply {
        let deviations = self.settings.deviations;
        let project = &caller.project;
        if let Some(gone) = self.projects.get_mut(project).and_then(|queues| queues.remove(name)) {
            if deviations.has(Deviation::DeletedQueueKeepsSubscriptions) {
                self.orphans.insert((project.clone(), name.clone()), gone.subscriptions.clone());
            }
            if deviations.has(Deviation::QueueDeleteKeepsPolicy) {
                self.queue_or_new(project, name.clone()).metadata = gone.metadata;
            } else if deviations.has(Deviation::QueueDeleteKeepsSubscriptions) {
                self.queue_or_new(project, name.clone()).subscriptions = gone.subscriptions;
            }
        }
        done(204, None, None)
    }

    pub(super) fn list_queues(&self, caller: &Caller, page: &Page) -> Result<Reply, Fault> {
        let limit = limit(page, "Limit must be at least 1 and no greater than 20.")?;
        let after = page.marker.as_deref().unwrap_or_default();
        let all = self.projects.get(&caller.project).into_iter().flat_map(BTreeMap::keys).map(QueueName::as_str);
        let names: Vec<&str> = all.filter(|name| *name > after).take(limit).collect();
        let links = links("/v2/queues", page, &[], names.last());
        let queues: Vec<Value> =
            names.into_iter().map(|name| json!({"name": name, "href": format!("/v2/queues/{name}")})).collect();
        Ok(done(200, None, Some(json!({ "queues": queues, "links": links }))))
    }

    pub(super) fn queue(&self, project: &ProjectId, name: &QueueName) -> Option<&Queue> {
        self.projects.get(project)?.get(name)
    }

    pub(super) fn queue_mut(&mut self, project: &ProjectId, name: &QueueName) -> Option<&mut Queue> {
        self.projects.get_mut(project)?.get_mut(name)
    }

    /// The queue, created if need be: posting and subscribing do that. Source: api-ref, "lazy creation".
    pub(super) fn queue_or_new(&mut self, project: &ProjectId, name: QueueName) -> &mut Queue {
        let orphans = &mut self.orphans;
        if !self.projects.contains_key(project) {
            self.projects.insert(project.clone(), BTreeMap::new());
        }
        let queues = self.projects.get_mut(project).expect("it is there or was put there");
        queues.entry(name).or_insert_with_key(|name| {
            let subscriptions = orphans.remove(&(project.clone(), name.clone())).unwrap_or_default();
            Queue { subscriptions, ..Queue::default() }
        })
    }

    fn check_metadata(&self, metadata: &Map<String, Value>, crashed: Crashed) -> Result<(), Refused> {
        let deviations = self.settings.deviations;
        let unchecked = match crashed {
            Crashed::Internal => Deviation::QueuePutNotValidated,
            Crashed::Update => Deviation::QueuePatchNotValidated,
        };
        let policy = metadata.get("_retry_policy").filter(|_| !deviations.has(unchecked));
        match policy.map(|policy| policy::validate(policy, deviations)) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(Refusal::Invalid(text))) => Err(Refused::Invalid(text)),
            Some(Err(Refusal::Crash(exception))) => Err(Refused::Crash(crashed, exception)),
        }
    }
}

/// Where the reference implementation breaks down. Observed: zaqar 23.0.1.
#[derive(Clone, Copy, Debug)]
enum Crashed {
    Internal,
    Update,
}

enum Refused {
    Invalid(String),
    Crash(Crashed, String),
}

impl Refused {
    fn fault(self, kind: FaultKind) -> Fault {
        match self {
            Self::Invalid(text) => Fault::new(kind, text),
            Self::Crash(Crashed::Internal, exception) => Fault::new(FaultKind::Internal, exception),
            Self::Crash(Crashed::Update, _) => Fault::new(
                FaultKind::ServiceUnavailable,
                "Queue could not be updated. Please try again in a few seconds.",
            ),
        }
    }
}

/// One operation of a PATCH on the metadata. Source: api-ref, "Update Queue".
enum Change {
    Add(String, Value),
    Remove(String),
    Replace(String, Value),
}

impl Change {
    fn apply(self, metadata: &mut Map<String, Value>) -> Result<(), Fault> {
        let known = |metadata: &Map<String, Value>, key: &String| metadata.contains_key(key) || is_reserved(key);
        let absent = |verb, key| Fault::new(FaultKind::Conflict, format!("Can't {verb} non-existent object {key}."));
        match self {
            Self::Add(key, value) => {
                metadata.insert(key, value);
            }
            Self::Replace(key, value) if known(metadata, &key) => {
                metadata.insert(key, value);
            }
            Self::Replace(key, _) => return Err(absent("replace", key)),
            Self::Remove(key) if known(metadata, &key) => {
                metadata.remove(&key);
            }
            Self::Remove(key) => return Err(absent("remove", key)),
        }
        Ok(())
    }
}

fn read_changes(document: Option<Value>) -> Result<Vec<Change>, Fault> {
    let fault = |text: &str| Fault::new(FaultKind::InvalidRequestBody, text);
    match document {
        None => Err(fault("PATCH body could not be empty for update.")),
        Some(Value::Array(changes)) => changes.iter().map(read_change).collect(),
        Some(_) => Err(fault("Request body must be a JSON array of operation objects.")),
    }
}

fn read_change(change: &Value) -> Result<Change, Fault> {
    let fault = |text: String| Fault::new(FaultKind::InvalidRequestBody, text);
    let change = change.as_object().ok_or_else(|| fault("Operations must be JSON objects.".into()))?;
    let text = |key: &str| change.get(key).and_then(Value::as_str);
    let op = text("op").ok_or_else(|| {
        fault(
            "Unable to find `op` in JSON Schema change. It must be one of the following: add, remove, replace.".into(),
        )
    })?;
    if !["add", "remove", "replace"].contains(&op) {
        return Err(fault(format!(
            "Invalid operation: `{op}`. It must be one of the following: add, remove, replace."
        )));
    }
    let path = text("path").ok_or_else(|| fault("Unable to find 'path' in JSON Schema change".into()))?;
    let key = metadata_key(path)?;
    if op == "remove" {
        return Ok(Change::Remove(key));
    }
    let value = change
        .get("value")
        .cloned()
        .ok_or_else(|| fault(format!("Operation \"{op}\" requires a member named \"value\".")))?;
    Ok(if op == "add" { Change::Add(key, value) } else { Change::Replace(key, value) })
}

/// The key that a path such as `/metadata/_retry_policy` names.
fn metadata_key(path: &str) -> Result<String, Fault> {
    let fault = |text: String| Fault::new(FaultKind::InvalidRequestBody, text);
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
    match parts[..] {
        [root, key] if root.eq_ignore_ascii_case("metadata") => Ok(key.replace("~1", "/").replace("~0", "~")),
        [_, _] => Err(fault("The root of path must be metadata, e.g /metadata/key.".into())),
        _ => Err(fault(format!("Invalid JSON pointer for this resource: '{path}, e.g /metadata/key'"))),
    }
}

/// How many entries a page has.
pub(super) fn limit(page: &Page, text: &str) -> Result<usize, Fault> {
    match page.limit {
        None => Ok(LIMIT_DEFAULT),
        Some(limit) if LIMIT.contains(&limit) => Ok(usize::try_from(limit).expect("within 1 to 20")),
        Some(_) => Err(invalid(text)),
    }
}

/// The link to the page after the entry `last`; none after an empty page. It repeats what the client asked for.
/// Observed: zaqar 23.0.1; a link stands under the last page too.
pub(super) fn links(path: &str, page: &Page, more: &[String], last: Option<impl std::fmt::Display>) -> Vec<Value> {
    let next = |last| {
        let marker = format!("marker={last}");
        let limit = page.limit.map(|limit| format!("limit={limit}"));
        let mut query: Vec<String> = limit.into_iter().chain(more.iter().cloned()).collect();
        query.insert(if page.marker.is_some() { 0 } else { query.len() }, marker);
        json!({"rel": "next", "href": format!("{path}?{}", query.join("&"))})
    };
    last.map(next).into_iter().collect()
}

/// The keys that every queue shows, with the values shown where none is stored. Observed: zaqar 23.0.1.
fn reserved() -> [(&'static str, Value); 7] {
    [
        ("_max_messages_post_size", 262_144.into()),
        ("_default_message_ttl", 3600.into()),
        ("_default_message_delay", 0.into()),
        ("_dead_letter_queue", Value::Null),
        ("_dead_letter_queue_messages_ttl", Value::Null),
        ("_max_claim_count", Value::Null),
        ("_enable_encrypt_messages", false.into()),
    ]
}

fn is_reserved(key: &str) -> bool {
    reserved().iter().any(|(name, _)| *name == key)
}

fn with_reserved(mut metadata: Map<String, Value>) -> Value {
    for (key, value) in reserved() {
        metadata.entry(key).or_insert(value);
    }
    metadata.into()
}

/// Entries of an ordered map after a marker.
pub(super) fn after<K: Ord + Copy>(marker: Option<K>) -> (Bound<K>, Bound<K>) {
    (marker.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}
