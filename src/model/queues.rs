//! Takes requests about queues.
//! Gives them created, described, changed and deleted; metadata is checked before it is stored.
//! Never shows one tenant what belongs to another.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::messages::no_queue;
use super::metadata::{check, shown, size};
use super::patch::read_changes;
use super::store::Store;
use super::subscription_store::Subscriptions;
use super::{Caller, Model, done, unavailable};
use crate::policy::Refusal;
use crate::protocol::{Deviation, Fault, FaultKind, ProjectId, QueueName, Reply, Transport};

/// A queue with what belongs to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) metadata: Map<String, Value>,
    pub(super) messages: Store,
    pub(super) subscriptions: Subscriptions,
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
        let policy = !self.settings.deviations.has(Deviation::QueuePutNotValidated);
        check(&metadata, &self.settings, policy).map_err(|refusal| refused(refusal, FaultKind::InvalidApiRequest))?;
        // A location is an address, where a line feed is escaped.
        let location = Some(name.path().replace('\n', "%0A"));
        if self.keeps_none(&name) {
            return Ok(done(204, location, None));
        }
        self.check_flavor(caller, &metadata, (FaultKind::InvalidApiRequest, "created"))?;
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
        let changes = read_changes(changes, &self.settings)?;
        let project = &caller.project;
        let word = name.kind().word();
        if self.keeps_none(&name) {
            let text = format!("{word} could not be updated. Please try again in a few seconds.");
            return Err(Fault::new(FaultKind::ServiceUnavailable, text));
        }
        let mut metadata = self.queue(project, &name).ok_or_else(|| no_queue(caller, &name))?.metadata.clone();
        for change in changes {
            change.apply(&mut metadata, &self.settings)?;
        }
        let policy = !self.settings.deviations.has(Deviation::QueuePatchNotValidated);
        check(&metadata, &self.settings, policy).map_err(|refusal| refused(refusal, FaultKind::InvalidRequestBody))?;
        self.check_size(&metadata)?;
        self.check_flavor(caller, &metadata, (FaultKind::NotFound, "updated"))?;
        if !self.settings.deviations.has(Deviation::QueuePatchNotStored) {
            self.queue_or_new(project, name.clone()).metadata.clone_from(&metadata);
        }
        self.reread_policies(project, &name);
        Ok(done(200, None, Some(shown(metadata, &self.settings))))
    }

    /// The option is described as "the maximum amount of metadata in a queue", so changes do not add up beyond it.
    /// Source: configuration reference, `max_queue_metadata`; the reference measures each request alone.
    fn check_size(&self, metadata: &Map<String, Value>) -> Result<(), Fault> {
        let max = self.settings.options.max_queue_metadata;
        let fits = i64::try_from(size(metadata)).is_ok_and(|size| size <= max);
        if fits || self.settings.deviations.has(Deviation::MetadataLimitPerRequest) {
            return Ok(());
        }
        let text = format!("Queue metadata is too large. Max size: {max}");
        Err(Fault::new(FaultKind::InvalidRequestBody, text))
    }

    /// The metadata of a queue. One that does not exist has that of a new one: queues are created lazily, and the API
    /// reference knows no 404 here. Source: api-ref, "Show queue details".
    pub(super) fn show_queue(&self, caller: &Caller, name: &QueueName) -> Reply {
        let metadata = self.queue(&caller.project, name).map(|queue| queue.metadata.clone()).unwrap_or_default();
        done(200, None, Some(self.shown_metadata(caller, metadata)))
    }

    /// Metadata as a client is shown it; over a websocket without what is not stored. Observed: zaqar 23.0.1.
    pub(super) fn shown_metadata(&self, caller: &Caller, metadata: Map<String, Value>) -> Value {
        match caller.transport {
            Transport::Http => shown(metadata, &self.settings),
            Transport::Websocket => metadata.into(),
        }
    }

    pub(super) fn delete_queue(&mut self, caller: &Caller, name: &QueueName) -> Reply {
        let deviations = self.settings.deviations;
        let project = &caller.project;
        if let Some(mut gone) = self.projects.get_mut(project).and_then(|queues| queues.remove(name)) {
            let mut left = Queue::default();
            if deviations.has(Deviation::DeletedQueueKeepsSubscriptions) {
                left.subscriptions = gone.subscriptions;
            }
            if deviations.has(Deviation::DeletedQueueKeepsClaims) {
                left.messages = gone.messages.take_claims();
            }
            if !left.subscriptions.is_empty() || left.messages.has_claims() {
                self.orphans.insert((project.clone(), name.clone()), left);
            }
            if deviations.has(Deviation::QueueDeleteKeepsPolicy) {
                self.queue_or_new(project, name.clone()).metadata = gone.metadata;
            }
        }
        done(204, None, None)
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
        queues
            .entry(name)
            .or_insert_with_key(|name| orphans.remove(&(project.clone(), name.clone())).unwrap_or_default())
    }
}

/// What is answered where metadata is refused: where the reference breaks down over it, depends on the request.
fn refused(refusal: Refusal, kind: FaultKind) -> Fault {
    match (refusal, kind) {
        (Refusal::Invalid(text), kind) => Fault::new(kind, text),
        (Refusal::Crash(exception), FaultKind::InvalidApiRequest) => Fault::new(FaultKind::Internal, exception),
        (Refusal::Crash(_), _) => unavailable("Queue could not be updated."),
    }
}
