//! Takes requests of connections and outcomes of deliveries, each in the task it comes from.
//! Gives each to the model with the time on the server's clock, and tells the dispatcher when there is work for it.
//! Never waits while it holds the model.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::FrontOptions;
use super::dispatch::Dispatcher;
use super::metrics::Metrics;
use crate::client::Dial;
use crate::clock::Clock;
use crate::model::{Model, Room, Settings};
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome, Fault, FaultKind, Reply, Request};
use crate::rng::Stream;
use crate::time::Instant;

/// A running model: ask it from any task. Its deliveries end when the last of its handles is dropped.
#[derive(Clone, Debug)]
pub struct Front {
    engine: Arc<Engine>,
    /// Nothing is ever sent: the dispatcher sees the last one go.
    _alive: mpsc::Sender<()>,
}

/// Starts a model whose subscribers are reached through `dial`. The handle of its task gives, in the end, how many
/// deliveries were still waiting.
pub fn start<D: Dial>(options: FrontOptions, dial: D) -> (Front, JoinHandle<usize>) {
    let (alive, handles) = mpsc::channel(1);
    let engine = Arc::new(Engine::new(&options));
    let dispatcher = Dispatcher::new(Arc::clone(&engine), dial, &options);
    (Front { engine, _alive: alive }, tokio::spawn(dispatcher.run(handles)))
}

impl Front {
    /// The model's reply.
    pub async fn ask(&self, request: Request) -> Reply {
        self.engine.answer(request)
    }

    /// The time on the server's clock.
    pub(super) fn now(&self) -> Instant {
        self.engine.clock.now()
    }

    /// What the operator set.
    pub(super) fn settings(&self) -> &Settings {
        &self.engine.settings
    }

    /// The next request id.
    pub(super) fn request_id(&self) -> String {
        let id = self.engine.ids.lock().unwrap_or_else(PoisonError::into_inner).uuid();
        ["req-", id.hyphenated().encode_lower(&mut Uuid::encode_buffer())].concat()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.engine.metrics
    }

    /// The page that Prometheus reads.
    pub(super) fn metrics_page(&self) -> String {
        let model = self.engine.model.lock().unwrap_or_else(PoisonError::into_inner);
        let (pending, counts) = (model.deliveries_pending(), model.counts());
        drop(model);
        self.engine.metrics.page(pending, counts)
    }
}

/// The model, its clock, and what else connections and deliveries share.
#[derive(Debug)]
pub(super) struct Engine {
    /// Held for one call of the model at a time: it never waits for anybody.
    model: Mutex<Model>,
    pub(super) settings: Settings,
    ids: Mutex<Stream>,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    /// Told when there are deliveries to make, or when the next one is due at another time than before.
    pub(super) work: Notify,
}

impl Engine {
    fn new(options: &FrontOptions) -> Self {
        let settings = options.settings.clone();
        let FrontOptions { deliveries_max, messages_max, bytes_max, .. } = *options;
        let room = Room { deliveries: deliveries_max, messages: messages_max, bytes: bytes_max };
        Self {
            ids: Mutex::new(Stream::new(settings.seed, "request-id")),
            clock: Clock::start(options.time_scale),
            metrics: Metrics::new(),
            work: Notify::new(),
            model: Mutex::new(Model::new(settings.clone()).bounded(room)),
            settings,
        }
    }

    fn answer(&self, request: Request) -> Reply {
        // Who finds the model broken off in the middle of a request can't rely on it any more.
        let Ok(mut model) = self.model.lock() else {
            return Fault::new(FaultKind::Internal, "The server has broken down.").into();
        };
        let now = self.clock.now();
        // What was due before this request comes before it.
        model.handle_timeout(now);
        let before = Pending::of(&model);
        let reply = model.handle(now, request);
        if Pending::of(&model) != before || model.deliveries_ready() > 0 {
            self.work.notify_one();
        }
        reply
    }

    /// Takes in what became of a delivery.
    pub(super) fn handle_delivered(&self, id: DeliveryId, outcome: &DeliveryOutcome) {
        self.metrics.on_delivery(outcome);
        self.model().handle_delivered(self.clock.now(), id, outcome);
        self.work.notify_one();
    }

    /// What is to be made now, and when to look again.
    pub(super) fn poll(&self, deliveries: &mut Vec<Delivery>) -> Option<Instant> {
        let mut model = self.model();
        model.handle_timeout(self.clock.now());
        while let Some(delivery) = model.poll_delivery() {
            deliveries.push(delivery);
        }
        model.poll_timeout()
    }

    pub(super) fn deliveries_pending(&self) -> usize {
        self.model().deliveries_pending()
    }

    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().expect("the model does not panic")
    }
}

/// What the dispatcher acts on.
#[derive(PartialEq, Eq)]
struct Pending {
    count: usize,
    due: Option<Instant>,
}

impl Pending {
    fn of(model: &Model) -> Self {
        Self { count: model.deliveries_pending(), due: model.poll_timeout() }
    }
}
