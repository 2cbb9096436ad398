//! Takes a case and the address of a server.
//! Gives what the server did: its answers, and every attempt that reached the subscribers opened for the case.
//! Never has more deliveries under way than it was told: a server's notifier may have few workers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};

use super::noise::NoiseWatch;
use super::sweep::{sweep, unable};
use super::{Access, Bindings, Error, House, Stage, Stagehand, Target, client};
use crate::clock::Clock;
use crate::judge::{Clockwork, Noise, Observed};
use crate::scenario::{Capability, Case};
use crate::subscriber::{Listener, Reserved, reserve};
use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, HttpResponse};

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
    /// What the server is said to have.
    pub capabilities: BTreeSet<Capability>,
    /// Names this run on the server, so that two runs don't meet.
    pub run: String,
    /// What the server wants to see in every request.
    pub access: Access,
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
    /// Held by the case that is played, where all cases share one project.
    stage: Mutex<()>,
}

impl ServerTarget {
    /// A target for the server at an address; watches the machine's timer as long as it lives.
    pub fn new(options: ServerOptions) -> Self {
        let clock = Clock::start(options.scale);
        let noise = NoiseWatch::start(clock);
        let workers = Semaphore::new(options.jobs as usize);
        Self {
            clock,
            workers,
            callers: Semaphore::new(CALLERS),
            noise,
            plays: AtomicU64::new(0),
            stage: Mutex::new(()),
            options,
        }
    }

    /// Waits until the server has workers for the deliveries of a case. One that only asks and is answered needs none,
    /// and waits for nobody who does.
    ///
    /// Deliveries that succeed at once still wait their turn behind longer ones. Observed: zaqar 23.0.1 starts a thread
    /// only when it believes all others busy, and a burst of short deliveries at the start makes it believe otherwise for
    /// good; the long ones then wait for each other.
    async fn admit(&self, case: &Case) -> SemaphorePermit<'_> {
        let admitted = match u32::try_from(case.workers()).unwrap_or(u32::MAX).min(self.options.jobs) {
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
        self.options.capabilities.clone()
    }

    fn always(&self) -> BTreeSet<Capability> {
        self.options.capabilities.clone()
    }

    fn unable(&self, case: &Case) -> Option<String> {
        self.options.access.project.as_ref().and_then(|_| unable(case))
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Real { scale: self.options.scale }
    }

    async fn play(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let ServerOptions { address, access, .. } = &self.options;
        let alone = match access.project {
            None => None,
            Some(_) => Some(self.stage.lock().await),
        };
        let workers = self.admit(case).await;
        if alone.is_some() {
            sweep(case, address, access).await?;
        }
        let (start, clock) = (self.clock.now(), self.clock.restart());
        let play = self.plays.fetch_add(1, Ordering::Relaxed);
        let theatre = Theatre::open(case, &self.options, play, clock)?;
        let caller = Caller { address, access, workers: Some(workers) };
        theatre.house.play(clock, caller).await?;
        let observed = theatre.close(clock.now(), self.noise.since(start));
        if alone.is_some() {
            sweep(case, address, access).await?;
        }
        Ok(observed)
    }
}

/// A house with the sockets of its subscribers.
struct Theatre {
    house: Arc<House>,
    listeners: Vec<Listener>,
}

impl Theatre {
    /// Reserves a port for each subscriber, sets the stage, and opens the ports: addresses must be known before the first
    /// step, and the first attempt may come before another task of ours runs.
    fn open(case: &Arc<Case>, options: &ServerOptions, play: u64, clock: Clock) -> Result<Self, Error> {
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
        let bindings = bindings.in_project(options.access.project.clone());
        let house = Arc::new(House::new(Stage::new(Arc::clone(case), bindings, PATIENCE * options.scale)));
        let open = |(name, port): (&String, Reserved)| port.open(name, house.seat(clock), clock);
        let listeners = ports.into_iter().map(open).collect::<Result<_, _>>().map_err(cannot_listen)?;
        Ok(Self { house, listeners })
    }

    fn close(self, now: Instant, noise: Vec<Noise>) -> Observed {
        drop(self.listeners);
        self.house.close(now, noise)
    }
}

/// A client of the server; its workers are free for the next case once only silence is waited for.
struct Caller<'a> {
    address: &'a str,
    access: &'a Access,
    workers: Option<SemaphorePermit<'a>>,
}

impl Stagehand for Caller<'_> {
    async fn send(&mut self, mut request: HttpRequest) -> Result<HttpResponse, Error> {
        self.access.admit(&mut request);
        client::send(self.address, &request).await
    }

    fn on_quiet(&mut self) {
        self.workers = None;
    }
}
