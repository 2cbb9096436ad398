//! Takes a case.
//! Gives what the server does with it, on one paused runtime with all hosts in it.
//! Never lets time pass while anybody has something to do. Tokio's timers ring at whole milliseconds, and all that a
//! scenario can name is one: so every gap is exact, and the judge asks for no less than of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::AbortHandle;

use super::fault::Faults;
use super::limit::Limit;
use super::net::{HostId, Net, SimDial};
use super::serve;
use crate::clock::Clock;
use crate::front::{FrontOptions, start};
use crate::judge::{Clockwork, Observed};
use crate::model::Settings;
use crate::protocol::Deviations;
use crate::scenario::{Capability, Case, Disruption, Host, Way};
use crate::subscriber::attend;
use crate::target::{ATTEMPTS_MAX, Bindings, Error, House, Stage, Stagehand, Target, send_over, settings_for};
use crate::time::Duration;
use crate::wire::{HttpRequest, HttpResponse};

/// How long a missing attempt is waited for beyond its time. Nothing is ever late, but at the same instant the client may
/// have its turn before the server.
const PATIENCE: Duration = Duration::from_millis(10);
/// Where the server listens.
const SERVER: &str = "server.test:80";

/// What a simulation is like.
#[derive(Clone, Debug, Default)]
pub struct SimOptions {
    /// In which ways the server differs from the documents.
    pub deviations: Deviations,
    /// How long everything takes from one host to another.
    pub latency: Duration,
    /// What goes wrong with the server's connections to subscribers.
    pub faults: Arc<Faults>,
}

/// The model's server in a network in memory.
#[derive(Clone, Debug, Default)]
pub struct SimTarget {
    /// What it is like.
    pub options: SimOptions,
}

impl Target for SimTarget {
    fn name(&self) -> String {
        "sim".into()
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::from([Capability::Confirmation, Capability::SimulatedNetwork])
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Virtual
    }

    fn play(&self, case: &Arc<Case>) -> impl Future<Output = Result<Observed, Error>> + Send {
        std::future::ready(self.play_now(case))
    }
}

impl SimTarget {
    /// A target without latency and faults.
    pub fn new(deviations: Deviations) -> Self {
        Self { options: SimOptions { deviations, ..SimOptions::default() } }
    }

    /// Plays a case on this thread; what [`Target::play`] promises is ready.
    ///
    /// # Errors
    /// [`Error::Endless`], or what a request to the server ends with.
    ///
    /// # Panics
    /// If the system has no memory for a runtime.
    pub fn play_now(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        paused.expect("a runtime without sockets needs nothing of the system").block_on(self.play_in_time(case))
    }

    async fn play_in_time(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let limit = Limit::default();
        let (world, house) = World::build(case, &self.options, &limit);
        let clock = world.net.clock();
        tokio::task::yield_now().await; // The server opens its port before anybody calls.
        tokio::select! {
            biased;
            () = limit.reached() => Err(Error::Endless(ATTEMPTS_MAX)),
            played = house.play(clock, world) => played.map(|()| house.close(clock.now(), Vec::new())),
        }
    }
}

/// The hosts, and what runs on them.
struct World {
    net: Net,
    options: SimOptions,
    settings: Settings,
    limit: Limit,
    house: Arc<House>,
    client: SimDial,
    server: HostId,
    subscribers: BTreeMap<String, HostId>,
    running: BTreeMap<Host, Vec<AbortHandle>>,
}

impl World {
    fn build(case: &Arc<Case>, options: &SimOptions, limit: &Limit) -> (Self, Arc<House>) {
        let net = Net::new(Clock::start(1), options.latency);
        let (client, server) = (net.host(), net.host());
        let addresses = case.subscribers.keys().map(|name| (name.clone(), format!("http://{name}.test/"))).collect();
        let patience = PATIENCE + 4 * (options.latency + case.latency_max());
        // The same names as in a run of the model: the records of both can be compared to the byte.
        let stage = Stage::new(Arc::clone(case), Bindings::new("model", case, addresses), patience);
        let house = Arc::new(House::new(stage));
        let mut world = Self {
            options: options.clone(),
            settings: settings_for(case, options.deviations),
            limit: limit.clone(),
            house: Arc::clone(&house),
            client: net.dial_from(client, &Arc::default(), &Limit::default()),
            server,
            subscribers: case.subscribers.keys().map(|name| (name.clone(), net.host())).collect(),
            running: BTreeMap::new(),
            net,
        };
        world.start(&Host::Server);
        for name in case.subscribers.keys() {
            world.start(&Host::Subscriber(name.clone()));
        }
        (world, house)
    }

    fn start(&mut self, host: &Host) {
        let clock = self.net.clock();
        let tasks = match host {
            Host::Server => {
                let options = FrontOptions::new(self.settings.clone());
                let dial = self.net.dial_from(self.server, &self.options.faults, &self.limit);
                let (front, engine) = start(options, dial);
                let clients = tokio::spawn(serve(self.net.port(self.server, SERVER), front));
                vec![clients.abort_handle(), engine.abort_handle()]
            }
            Host::Subscriber(name) => {
                let port = self.net.port(self.subscribers[name], &format!("{name}.test:80"));
                let seat = self.house.seat(clock);
                vec![tokio::spawn(attend(port, name.clone(), seat, clock)).abort_handle()]
            }
        };
        self.running.insert(host.clone(), tasks);
    }

    async fn stop(&mut self, host: &Host) {
        for task in self.running.remove(host).into_iter().flatten() {
            task.abort();
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
    }

    fn id(&self, host: &Host) -> HostId {
        match host {
            Host::Server => self.server,
            Host::Subscriber(name) => self.subscribers[name],
        }
    }

    /// The ways between the server and a subscriber.
    fn ways(&self, subscriber: &str, way: Way) -> Vec<(HostId, HostId)> {
        let hook = self.subscribers[subscriber];
        let (requests, answers) = ((self.server, hook), (hook, self.server));
        match way {
            Way::Answers => vec![answers],
            Way::Both => vec![requests, answers],
            Way::Requests => vec![requests],
        }
    }

    fn each(&self, subscriber: &str, way: Way, act: impl Fn(&Net, HostId, HostId)) {
        self.ways(subscriber, way).into_iter().for_each(|(from, to)| act(&self.net, from, to));
    }
}

impl Stagehand for World {
    async fn send(&mut self, request: HttpRequest) -> Result<HttpResponse, Error> {
        send_over(&self.client, SERVER, &request).await
    }

    async fn disrupt(&mut self, disruption: Disruption) {
        match disruption {
            Disruption::Bounce(host) => {
                self.net.bounce(self.id(&host));
                tokio::task::yield_now().await; // Whoever waited for the host finds its ports closed.
                self.start(&host);
                tokio::task::yield_now().await;
            }
            Disruption::Crash(host) => {
                self.net.crash(self.id(&host));
                self.stop(&host).await;
            }
            Disruption::Hold(name) => self.each(&name, Way::Both, Net::hold),
            Disruption::Latency(name, latency) => {
                self.each(&name, Way::Both, |net, from, to| net.set_latency(from, to, latency));
            }
            Disruption::Partition(name, way) => self.each(&name, way, Net::cut),
            Disruption::Release(name) => self.each(&name, Way::Both, Net::release),
            Disruption::Repair(name, way) => self.each(&name, way, Net::repair),
        }
    }
}
