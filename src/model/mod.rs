//! Takes requests and outcomes of deliveries, each with the time at which it happens.
//! Gives replies, deliveries to make, and the next time it wants to be woken.
//! Never does any input or output, reads a clock, or draws on the machine's randomness: the same calls give the same
//! answers.

mod checksum;
mod claims;
mod confirmation;
mod deletions;
mod delivery;
mod encryption;
mod flavors;
mod foreign;
mod health;
mod mail;
mod messages;
mod metadata;
mod notify;
mod page;
mod patch;
mod planted;
mod pools;
mod posting;
mod purge;
mod queue_list;
mod queues;
mod repr;
mod room;
mod share;
mod shown;
mod signed_url;
mod stats;
mod store;
mod subscription_document;
mod subscription_store;
mod subscriptions;
mod topics;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::protocol::{
    ClientId, Delivery, DeliveryId, DeliveryOutcome, Deviations, Document, Fault, FaultKind, Object, Operation,
    Options, ProjectId, QueueKind, QueueName, Reply, Request, Transport,
};
use crate::rng::Stream;
use crate::time::{Duration, Instant};
use delivery::Task;
pub use delivery::attempt_failed;
use pools::Catalogue;
use queues::Queue;
pub use room::Room;
use room::Stored;
pub use signed_url::{Claim, opens};

/// What an operator sets, and what differs from the documents.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Limits and defaults.
    pub options: Options,
    /// In which ways the server differs from the documents.
    pub deviations: Deviations,
    /// How long a subscriber may take to answer. The spec says that a request times out and leaves the number open.
    pub request_timeout: Duration,
    /// Where identifiers come from.
    pub seed: u64,
    /// The time of day at the start of the run, counted from 1970 in UTC.
    pub epoch: Duration,
}

impl Settings {
    /// The settings of a server with these deviations.
    pub fn new(deviations: Deviations) -> Self {
        Self {
            options: Options::default(),
            deviations,
            request_timeout: Duration::from_secs(10),
            seed: 0,
            epoch: EPOCH,
        }
    }
}

/// The first second of 2026, where simulated runs begin unless told otherwise.
const EPOCH: Duration = Duration::from_secs(1_767_225_600);

/// Who asks, and when.
#[derive(Clone, Debug)]
struct Caller {
    now: Instant,
    project: ProjectId,
    client: ClientId,
    transport: Transport,
}

/// How much a server stores, of all tenants together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Queues.
    pub queues: usize,
    /// Messages, expired ones included until they are swept.
    pub messages: usize,
    /// Bytes of their bodies.
    pub bytes: usize,
    /// Subscriptions, expired ones included.
    pub subscriptions: usize,
}

/// The reference server: queues, subscriptions and deliveries of every tenant.
///
/// It is driven from outside. After each `handle_*`, drain [`Model::poll_delivery`], make those requests, and ask
/// [`Model::poll_timeout`] when to call [`Model::handle_timeout`]. `now` never decreases from call to call. Wake-ups
/// due at one instant are served in the order in which they were asked for.
///
/// ```
/// use zaqarcheck::model::{Model, Settings};
/// use zaqarcheck::protocol::{Deviations, Operation, Options, ProjectId, Reply, Request};
/// use zaqarcheck::time::Instant;
///
/// let mut model = Model::new(Settings::new(Deviations::NONE));
/// let project = ProjectId::parse("p").unwrap();
/// let reply = model.handle(Instant::START, Request::new(project, Operation::Ping));
/// assert!(matches!(reply, Reply::Done { status: 204, .. }));
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    settings: Settings,
    ids: Stream,
    projects: BTreeMap<ProjectId, BTreeMap<QueueName, Queue>>,
    catalogue: Catalogue,
    tasks: BTreeMap<DeliveryId, Task>,
    waiting: BTreeMap<(Instant, DeliveryId), Task>,
    /// What a server forgot to delete with a queue: the next one of its name has it.
    orphans: BTreeMap<(ProjectId, QueueName), Queue>,
    ready: VecDeque<Delivery>,
    next_delivery: u64,
    /// The queue whose expired messages were cleared away last.
    swept: Option<(ProjectId, QueueName)>,
    room: Room,
    /// At least what is stored.
    stored_at_most: Stored,
}

/// How many messages, and how many subscriptions, a request clears away that expired in a queue nobody asks for.
const SWEEP: usize = 64;

impl Model {
    /// An empty server.
    pub fn new(settings: Settings) -> Self {
        Self {
            ids: Stream::new(settings.seed, "model"),
            settings,
            projects: BTreeMap::new(),
            catalogue: Catalogue::default(),
            tasks: BTreeMap::new(),
            waiting: BTreeMap::new(),
            orphans: BTreeMap::new(),
            ready: VecDeque::new(),
            next_delivery: 0,
            swept: None,
            room: Room::UNBOUNDED,
            stored_at_most: Stored::default(),
        }
    }

    /// The same server with so much room.
    #[must_use]
    pub fn bounded(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// What the operator has set, and what differs from the documents.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Carries out one request.
    pub fn handle(&mut self, now: Instant, request: Request) -> Reply {
        let deviations = self.settings.deviations;
        let request = planted::request(request, deviations);
        let kind = planted::Kind::of(&request.operation);
        let reply = match self.refuse_planted(&request) {
            Some(fault) => Err(fault),
            None => self.carry_out(now, request),
        };
        self.sweep(now);
        planted::reply(kind, reply.unwrap_or_else(Reply::from), deviations)
    }

    /// Clears away a few messages that have expired. Each request comes by one queue; who asks for a queue clears it
    /// all.
    fn sweep(&mut self, now: Instant) {
        let deviations = self.settings.deviations;
        let last = self.swept.take();
        let (project, after) = match &last {
            Some((project, queue)) => (Bound::Included(project), Bound::Excluded(queue)),
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        let mut projects = self.projects.range_mut::<ProjectId, _>((project, Bound::Unbounded));
        let mut next = projects.next().and_then(|(project, queues)| {
            let own = last.as_ref().is_some_and(|(last, _)| last == project);
            let after = if own { after } else { Bound::Unbounded };
            let (name, queue) = queues.range_mut::<QueueName, _>((after, Bound::Unbounded)).next()?;
            Some((project, name, queue))
        });
        if next.is_none() {
            next = projects
                .find_map(|(project, queues)| queues.iter_mut().next().map(|(name, queue)| (project, name, queue)));
        }
        if let Some((project, name, queue)) = next {
            let done = queue.messages.advance(now, deviations, SWEEP);
            let done = queue.subscriptions.advance(now, deviations, SWEEP) && done;
            self.swept = if done { Some((project.clone(), name.clone())) } else { last };
        }
    }

    fn carry_out(&mut self, now: Instant, request: Request) -> Result<Reply, Fault> {
        let Request { project, client, transport, operation, .. } = request;
        let caller = &Caller { now, project, client, transport };
        if let Some(reply) = self.refuse_topic(&operation) {
            return reply;
        }
        if let Some(fault) = self.refuse_unpooled(caller, &operation) {
            return Err(fault);
        }
        match operation {
            Operation::Ping => Ok(done(204, None, None)),
            Operation::ShowHealth => Ok(self.show_health()),
            Operation::ListQueues { page, wanted } => self.list_queues(caller, QueueKind::Queue, &page, &wanted),
            Operation::CreateQueue { queue, metadata } => self.create_queue(caller, queue, metadata),
            Operation::UpdateQueue { queue, changes } => self.update_queue(caller, queue, changes),
            Operation::ShowQueue { queue } => Ok(self.show_queue(caller, &queue)),
            Operation::DeleteQueue { queue } => Ok(self.delete_queue(caller, &queue)),
            Operation::ShowStats { queue } => self.show_stats(caller, &queue),
            Operation::PurgeQueue { queue, document } => self.purge_queue(caller, &queue, document),
            Operation::ShareQueue { queue, document } => self.share_queue(caller, &queue, document),
            Operation::PostMessages { queue, document, size } => self.post_messages(caller, queue, document, size),
            Operation::ListMessages { queue, page, wanted } => self.list_messages(caller, &queue, &page, wanted),
            Operation::GetMessages { queue, ids } => self.get_messages(caller, &queue, &ids),
            Operation::DeleteMessages { queue, selection } => self.delete_messages(caller, &queue, &selection),
            Operation::ShowMessage { queue, id } => self.show_message(caller, &queue, &id),
            Operation::DeleteMessage { queue, id, claim } => self.delete_message(caller, &queue, &id, claim.as_deref()),
            Operation::CreateClaim { queue, limit, document } => self.create_claim(caller, &queue, limit, document),
            Operation::ShowClaim { queue, id } => self.show_claim(caller, &queue, &id),
            Operation::UpdateClaim { queue, id, document } => self.update_claim(caller, &queue, &id, document),
            Operation::DeleteClaim { queue, id } => self.delete_claim(caller, &queue, &id),
            Operation::ListSubscriptions { queue, page } => self.list_subscriptions(caller, &queue, &page),
            Operation::CreateSubscription { queue, document } => self.create_subscription(caller, queue, document),
            Operation::UpdateSubscription { queue, id, document } => {
                self.update_subscription(caller, &queue, &id, document)
            }
            Operation::ShowSubscription { queue, id } => self.show_subscription(caller, &queue, &id),
            Operation::DeleteSubscription { queue, id } => Ok(self.delete_subscription(caller, &queue, &id)),
            Operation::ConfirmSubscription { queue, id, document } => {
                self.confirm_subscription(caller, &queue, &id, document)
            }
            Operation::ListTopics { page, wanted } => self.list_queues(caller, QueueKind::Topic, &page, &wanted),
            Operation::ListPools { page, detailed } => self.list_pools(&page, detailed),
            Operation::CreatePool { pool, document } => self.create_pool(pool, &document),
            Operation::UpdatePool { pool, document } => self.update_pool(&pool, &document),
            Operation::ShowPool { pool, detailed } => self.show_pool(&pool, detailed),
            Operation::DeletePool { pool } => self.delete_pool(&pool),
            Operation::ListFlavors { page, detailed } => self.list_flavors(caller, &page, detailed),
            Operation::CreateFlavor { flavor, document } => self.create_flavor(caller, flavor, &document),
            Operation::UpdateFlavor { flavor, document } => self.update_flavor(caller, &flavor, &document),
            Operation::ShowFlavor { flavor } => self.show_flavor(caller, &flavor),
            Operation::DeleteFlavor { flavor } => Ok(self.delete_flavor(caller, &flavor)),
        }
    }

    /// Takes in what became of a delivery. An id that is not on its way is ignored: the network may say things twice.
    pub fn handle_delivered(&mut self, now: Instant, id: DeliveryId, outcome: &DeliveryOutcome) {
        if let Some(mut task) = self.tasks.remove(&id) {
            let next = task.on_outcome(outcome, self.settings.deviations);
            self.go_on(now, task, next);
        }
    }

    /// Serves every wake-up that is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.waiting.first_entry().filter(|due| due.key().0 <= now) {
            let task = due.remove();
            self.send(now, task);
        }
    }

    /// The next delivery to make, oldest first.
    pub fn poll_delivery(&mut self) -> Option<Delivery> {
        self.ready.pop_front()
    }

    /// When [`Model::handle_timeout`] wants to be called: a retry is due then.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((at, _), _)| *at)
    }

    /// How many deliveries [`Model::poll_delivery`] has ready.
    pub fn deliveries_ready(&self) -> usize {
        self.ready.len()
    }

    /// How many deliveries are on their way or wait for their next retry.
    pub fn deliveries_pending(&self) -> usize {
        self.tasks.len() + self.waiting.len()
    }

    /// How much is stored. Takes as long as there are queues.
    pub fn counts(&self) -> Counts {
        let queues = self.projects.values().flat_map(BTreeMap::values);
        queues.fold(Counts::default(), |counts, queue| Counts {
            queues: counts.queues + 1,
            messages: counts.messages + queue.messages.len(),
            bytes: counts.bytes + queue.messages.bytes(),
            subscriptions: counts.subscriptions + queue.subscriptions.len(),
        })
    }

    /// Starts a task: the first attempt of its first message goes out now.
    fn start(&mut self, now: Instant, mut task: Task) {
        task.on_sent(now);
        let deviations = self.settings.deviations;
        let next = match task.begin(deviations) {
            delivery::Next::Send { after } => delivery::Next::Send { after: after + planted::first_delay(deviations) },
            delivery::Next::Done => delivery::Next::Done,
        };
        self.go_on(now, task, next);
    }

    fn go_on(&mut self, now: Instant, mut task: Task, next: delivery::Next) {
        match next {
            delivery::Next::Done => {
                if let Some(follower) = task.follower(self.settings.deviations) {
                    self.start(now, follower);
                }
            }
            delivery::Next::Send { after } => match task.due(now, after, self.settings.deviations) {
                due if due <= now => self.send(now, task),
                due => {
                    let id = self.new_delivery();
                    self.waiting.insert((due, id), task);
                }
            },
        }
    }

    fn send(&mut self, now: Instant, mut task: Task) {
        task.on_sent(now);
        let id = self.new_delivery();
        self.ready.push_back(task.delivery(id, &self.settings));
        self.tasks.insert(id, task);
    }

    fn new_delivery(&mut self) -> DeliveryId {
        self.next_delivery += 1;
        DeliveryId(self.next_delivery)
    }
}

fn done(status: u16, location: Option<String>, body: Option<serde_json::Value>) -> Reply {
    Reply::Done { status, location, body: body.map(Document::from) }
}

/// A reply with the document that `write` sets the keys of.
fn told(status: u16, location: Option<String>, write: impl FnOnce(&mut Object<'_>)) -> Reply {
    Reply::Done { status, location, body: Some(Document::object(write)) }
}

fn invalid(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::InvalidApiRequest, text)
}

/// What a client sees where the reference implementation breaks down. Observed: zaqar 23.0.1.
fn unavailable(text: &str) -> Fault {
    Fault::new(FaultKind::ServiceUnavailable, format!("{text} Please try again in a few seconds."))
}
