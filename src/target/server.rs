//! Takes a case and the address of a server.
//! Gives what the server did: its answers, and every attempt that reached the subscribers opened for the case.
//! Never has more deliveries under way than it was told: a server's notifier may have few workers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::noise::NoiseWatch;
use super::{Bindings, Error, Move, Stage, Target, client};
use crate::clock::Clock;
use crate::judge::{Clockwork, Noise, Observed};
use crate::scenario::{Capability, Case};
use crate::subscriber::{Audience, Listener, Reaction, Reserved, Ticket, reserve};
use crate::time::{Duration, Instant};
use crate::wire::HttpRequest;

/// How long a missing attempt is waited for beyond its time, on the machine's clock.
const PATIENCE: Duration = Duration::from_millis(600);
/// How many cases without deliveries are played at once: a server's front may serve one request at a time.
const CALLERS: usize = 2;

/// Where a server is, and how it can call back.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// `host:port`.
    pub address: String,
    /// How many times faster than the machine's its clock runs.
    pub scale: u32,
    /// The address on which subscribers listen.
    pub bind: IpAddr,
    /// The host by which the server reaches them, where that is not `bind`.
    pub advertise: Option<String>,
    /// The most deliveries under way at once.
    pub jobs: u32,
    /// Names this run on the server, so that two runs don't meet.
    pub run: String,
}

/// Any Zaqar-compatible server.
#[derive(Debug)]
pub struct ServerTarget {
    options: ServerOptions,
    clock: Clock,
    workers: Semaphore,
    callers: Semaphore,
    noise: NoiseWatch,
    /// How many cases have been played: one that is played again must not find the queues of its first time.
    plays: AtomicU64,
}

impl ServerTarget {
    /// A target for the server at an address; watches the machine's timer as long as it lives.
    pub fn new(options: ServerOptions) -> Self {
        let clock = Clock::start(options.scale);
        let noise = NoiseWatch::start(clock);
        let workers = Semaphore::new(options.jobs as usize);
        Self { clock, workers, callers: Semaphore::new(CALLERS), noise, plays: AtomicU64::new(0), options }
    }

    /// Waits until the server has workers for the deliveries of a case: one for each subscriber that is retried, for a
    /// worker may sleep through the retries; those that succeed at once share one. A case that only asks and is answered
    /// needs none, and waits for nobody who does.
    ///
    /// Deliveries that succeed at once still wait their turn behind longer ones. Observed: zaqar 23.0.1 starts a thread
    /// only when it believes all others busy, and a burst of short deliveries at the start makes it believe otherwise for
    /// good; the long ones then wait for each other.
    async fn admit(&self, case: &Case) -> SemaphorePermit<'_> {
        let attempted = |least: u32| {
            let deliveries = case.expect.deliveries.iter().filter(move |delivery| delivery.attempts >= least);
            deliveries.map(|delivery| delivery.subscriber.as_str()).collect::<BTreeSet<&str>>().len()
        };
        let workers = attempted(2).max(attempted(1).min(1));
        let admitted = match u32::try_from(workers).unwrap_or(u32::MAX).min(self.options.jobs) {
            0 => self.callers.acquire().await,
            workers => self.workers.acquire_many(workers).await,
        };
        admitted.expect("never closed")
    }
}

impl Target for ServerTarget {
    fn name(&self) -> String {
        format!("http://{}", self.options.address)
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Real { scale: self.options.scale }
    }

    async fn play(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let workers = self.admit(case).await;
        let (start, clock) = (self.clock.now(), self.clock.restart());
        let play = self.plays.fetch_add(1, Ordering::Relaxed);
        let theatre = Theatre::open(case, &self.options, play, clock)?;
        let mut workers = Some(workers);
        loop {
            let changed = theatre.house.changed.notified();
            let (next, quiet) = theatre.poll();
            if quiet {
                workers = None; // Only silence is waited for: the next case may begin.
            }
            match next {
                Move::Over => break,
                Move::Send(request) => {
                    theatre.house.changed.notify_waiters();
                    let response = client::send(&self.options.address, &request).await?;
                    theatre.house.with(|stage| stage.handle_answer(clock.now(), response));
                }
                Move::Wait(until) => tokio::select! {
                    biased;
                    () = changed => {}
                    () = clock.sleep_until(until) => {}
                },
            }
        }
        drop(workers);
        Ok(theatre.close(self.noise.since(start)))
    }
}

/// A stage with the sockets of its subscribers.
struct Theatre {
    house: Arc<House>,
    listeners: Vec<Listener>,
}

/// What the sockets share with the client's side.
struct House {
    stage: Mutex<Option<Stage>>,
    clock: Clock,
    changed: Notify,
}

impl Theatre {
    /// Reserves a port for each subscriber, sets the stage, and opens the ports: addresses must be known before the first
    /// step, and the first attempt may come before another task of ours runs.
    fn open(case: &Arc<Case>, options: &ServerOptions, play: u64, clock: Clock) -> Result<Self, Error> {
        let house = Arc::new(House { stage: Mutex::new(None), clock, changed: Notify::new() });
        let cannot_listen = |source| Error::Listen { bind: options.bind, source };
        let (mut ports, mut addresses) = (Vec::new(), BTreeMap::new());
        for name in case.subscribers.keys() {
            let port = reserve(options.bind).map_err(cannot_listen)?;
            let host = options.advertise.clone().unwrap_or_else(|| match options.bind {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            });
            addresses.insert(name.clone(), format!("http://{host}:{}/{name}", port.address.port()));
            ports.push((name, port));
        }
        let bindings = Bindings::new(&format!("{}/{play}", options.run), case, addresses);
        let patience = PATIENCE * options.scale;
        *lock(&house.stage) = Some(Stage::new(Arc::clone(case), bindings, patience));
        let open = |(name, port): (&String, Reserved)| port.open(name, Arc::<House>::clone(&house), clock);
        let listeners = ports.into_iter().map(open).collect::<Result<_, _>>().map_err(cannot_listen)?;
        Ok(Self { house, listeners })
    }

    /// The client's next move; the second value says that only silence is waited for.
    fn poll(&self) -> (Move, bool) {
        let now = self.house.clock.now();
        self.house.with(|stage| (stage.poll(now), stage.is_quiet(now)))
    }

    fn close(self, noise: Vec<Noise>) -> Observed {
        drop(self.listeners);
        let stage = lock(&self.house.stage).take().expect("closed only here");
        stage.into_observed(self.house.clock.now(), noise)
    }
}

impl House {
    fn with<T>(&self, act: impl FnOnce(&mut Stage) -> T) -> T {
        act(lock(&self.stage).as_mut().expect("set before anybody knows an address"))
    }
}

impl Audience for House {
    fn closed(&self, subscriber: &str) -> Option<Option<Instant>> {
        let now = self.clock.now();
        match lock(&self.stage).as_mut() {
            Some(stage) => stage.closed(now, subscriber),
            None => Some(None),
        }
    }

    fn arrived(&self, subscriber: &str, request: HttpRequest) -> Option<(Ticket, Reaction)> {
        let now = self.clock.now();
        let reaction = lock(&self.stage).as_mut()?.handle_arrival(now, subscriber, request);
        self.changed.notify_waiters();
        reaction
    }

    fn ended(&self, ticket: Ticket) {
        let now = self.clock.now();
        if let Some(stage) = lock(&self.stage).as_mut() {
            stage.handle_end(now, ticket);
        }
        self.changed.notify_waiters();
    }

    fn changed(&self) -> &Notify {
        &self.changed
    }
}

/// A panic elsewhere has its own report; the data behind the lock is whole, since nobody stops in the middle of a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
