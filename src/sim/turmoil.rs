//! Takes a case.
//! Gives what the server does with it, where server, client and subscribers are hosts of the crate turmoil.
//! Never leaves a choice to turmoil: its seed, epoch, tick and capacities would come from the machine, or be too small.
//!
//! Turmoil ticks through every millisecond, idle or not, for every pair of hosts: subscribers are ports of one host, but for
//! those whose network is disrupted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use tokio::sync::oneshot;
use turmoil::net::{TcpListener, TcpStream};
use turmoil::{Builder, Sim};

use super::limit::Limit;
use super::serve;
use super::wire::lock;
use crate::client::Dial;
use crate::clock::Clock;
use crate::front::{FrontOptions, start};
use crate::judge::{Clockwork, Observed};
use crate::model::Settings;
use crate::protocol::Deviations;
use crate::scenario::{Action, Capability, Case, Disruption, Host, Way};
use crate::subscriber::{Connection, Port, attend};
use crate::target::{ATTEMPTS_MAX, Bindings, Error, House, Stage, Stagehand, Target, send_over, settings_for};
use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, HttpResponse};

/// The step of time; the network needs one for everything.
const TICK: Duration = Duration::from_millis(1);
/// How long a missing attempt is waited for beyond its time.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many segments and connections may wait on one host; turmoil panics beyond that.
const CAPACITY: usize = 4096;
/// How much longer than its forecast a case may take before it is given up.
const OVERTIME: Duration = Duration::from_secs(3600);
/// The host of the server, and where it listens.
const SERVER: &str = "server";
const SERVER_ADDRESS: &str = "server:80";
/// The host of all subscribers that have none of their own.
const SUBSCRIBERS: &str = "subscribers";
/// The port of the first subscriber of a host.
const FIRST_PORT: u16 = 8000;

/// The model's server among hosts of turmoil.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurmoilTarget {
    /// In which ways the server differs from the documents.
    pub deviations: Deviations,
}

impl Target for TurmoilTarget {
    fn name(&self) -> String {
        "turmoil".into()
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::from([Capability::Confirmation, Capability::SimulatedNetwork])
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Ticking
    }

    fn play(&self, case: &Arc<Case>) -> impl Future<Output = Result<Observed, Error>> + Send {
        std::future::ready(self.play_now(case))
    }
}

impl TurmoilTarget {
    /// Plays a case on this thread; what [`Target::play`] promises is ready.
    ///
    /// # Errors
    /// [`Error::Endless`], what a request to the server ends with, or what turmoil complains of.
    pub fn play_now(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let (limit, plan) = (Limit::default(), Plan::of(case));
        // The same names as in a run of the model, as in the network in memory: what is signed differs with them.
        let bindings = Bindings::new("model", case, plan.urls());
        let stage = Stage::new(Arc::clone(case), bindings, PATIENCE + 4 * case.latency_max());
        let house = Arc::new(House::new(stage));
        let mut sim = builder(case).build();
        add_server(&mut sim, settings_for(case, self.deviations), &limit);
        plan.add_subscribers(&mut sim, &house);
        let asked = Asked::default();
        let played = add_client(&mut sim, &house, &asked);
        loop {
            let over = sim.step().map_err(|error| Error::Simulation(error.to_string()))?;
            if limit.is_reached() {
                return Err(Error::Endless(ATTEMPTS_MAX));
            }
            if over {
                break;
            }
            while let Some((disruption, done)) = { lock(&asked).pop_front() } {
                plan.disrupt(&mut sim, disruption);
                // A client that is gone does not wait for it.
                let _ = done.send(());
            }
        }
        let played = lock(&played).take().expect("the client is over");
        played.map(|ended| house.close(ended, Vec::new()))
    }
}

fn add_server(sim: &mut Sim<'_>, settings: Settings, limit: &Limit) {
    let limit = limit.clone();
    sim.host(SERVER, move || {
        let (options, dial) = (FrontOptions::new(settings.clone()), TurmoilDial { limit: limit.clone() });
        async move {
            let (front, _) = start(options, dial);
            serve(TurmoilPort(80), front).await;
            Ok(())
        }
    });
}

fn builder(case: &Case) -> Builder {
    let mut builder = Builder::new();
    builder
        .rng_seed(0)
        .epoch(SystemTime::UNIX_EPOCH)
        .tick_duration(TICK)
        .simulation_duration(case.forecast() * 2 + OVERTIME)
        .tcp_capacity(CAPACITY)
        .min_message_latency(Duration::ZERO)
        .max_message_latency(Duration::ZERO);
    builder
}

/// The clock of the host that runs now: all show the same.
fn clock() -> Clock {
    Clock::showing(turmoil::sim_elapsed().unwrap_or_default(), 1)
}

type Played = Arc<Mutex<Option<Result<Instant, Error>>>>;
type Asked = Arc<Mutex<VecDeque<(Disruption, oneshot::Sender<()>)>>>;

/// Adds the client, and gives the place where it leaves how the play went.
fn add_client(sim: &mut Sim<'_>, house: &Arc<House>, asked: &Asked) -> Played {
    let played = Played::default();
    let (house, asked, leave) = (Arc::clone(house), Arc::clone(asked), Arc::clone(&played));
    sim.client("client", async move {
        let clock = clock();
        let client = Client { dial: TurmoilDial { limit: Limit::default() }, asked };
        let outcome = house.play(clock, client).await.map(|()| clock.now());
        *lock(&leave) = Some(outcome);
        Ok(())
    });
    played
}

/// The client's side: what it wants done to the network is done between two ticks.
struct Client {
    dial: TurmoilDial,
    asked: Asked,
}

impl Stagehand for Client {
    async fn send(&mut self, request: HttpRequest) -> Result<HttpResponse, Error> {
        send_over(&self.dial, SERVER_ADDRESS, &request).await
    }

    async fn disrupt(&mut self, disruption: Disruption) {
        let (done, wait) = oneshot::channel();
        lock(&self.asked).push_back((disruption, done));
        let _ = wait.await;
    }
}

/// Where each subscriber is: its host and port.
struct Plan(BTreeMap<String, (String, u16)>);

impl Plan {
    fn of(case: &Case) -> Self {
        let disrupted: BTreeSet<&str> = case
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::Network(disruption) => disruption.subscriber(),
                _ => None,
            })
            .collect();
        let place = |(index, name): (u16, &String)| {
            let own = format!("subscriber-{index}");
            let host = if disrupted.contains(name.as_str()) { own } else { SUBSCRIBERS.to_owned() };
            (name.clone(), (host, FIRST_PORT + index))
        };
        Self((0..).zip(case.subscribers.keys()).map(place).collect())
    }

    fn urls(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, (host, port))| (name.clone(), format!("http://{host}:{port}/{name}"))).collect()
    }

    fn add_subscribers(&self, sim: &mut Sim<'_>, house: &Arc<House>) {
        let mut hosts: BTreeMap<&str, Vec<(String, u16)>> = BTreeMap::new();
        for (name, (host, port)) in &self.0 {
            hosts.entry(host).or_default().push((name.clone(), *port));
        }
        for (host, subscribers) in hosts {
            let house = Arc::clone(house);
            sim.host(host, move || {
                let (subscribers, house) = (subscribers.clone(), Arc::clone(&house));
                async move {
                    let clock = clock();
                    for (name, port) in subscribers {
                        tokio::spawn(attend(TurmoilPort(port), name, house.seat(clock), clock));
                    }
                    std::future::pending().await
                }
            });
        }
    }

    fn host(&self, subscriber: &str) -> &str {
        &self.0[subscriber].0
    }

    fn host_of<'a>(&'a self, host: &'a Host) -> &'a str {
        match host {
            Host::Server => SERVER,
            Host::Subscriber(name) => self.host(name),
        }
    }

    fn disrupt(&self, sim: &mut Sim<'_>, disruption: Disruption) {
        match disruption {
            Disruption::Bounce(host) => sim.bounce(self.host_of(&host)),
            Disruption::Crash(host) => sim.crash(self.host_of(&host)),
            Disruption::Hold(name) => sim.hold(SERVER, self.host(&name)),
            Disruption::Latency(name, latency) => sim.set_link_latency(SERVER, self.host(&name), latency),
            Disruption::Partition(name, Way::Answers) => sim.partition_oneway(self.host(&name), SERVER),
            Disruption::Partition(name, Way::Both) => sim.partition(SERVER, self.host(&name)),
            Disruption::Partition(name, Way::Requests) => sim.partition_oneway(SERVER, self.host(&name)),
            Disruption::Release(name) => sim.release(SERVER, self.host(&name)),
            Disruption::Repair(name, Way::Answers) => sim.repair_oneway(self.host(&name), SERVER),
            Disruption::Repair(name, Way::Both) => sim.repair(SERVER, self.host(&name)),
            Disruption::Repair(name, Way::Requests) => sim.repair_oneway(SERVER, self.host(&name)),
        }
    }
}

/// Dials from the host that runs now.
#[derive(Clone, Debug)]
struct TurmoilDial {
    limit: Limit,
}

impl Dial for TurmoilDial {
    type Stream = TcpStream;

    async fn dial(&self, address: &str) -> io::Result<TcpStream> {
        self.limit.count().await;
        TcpStream::connect(address).await
    }
}

/// A port of the host that runs now.
struct TurmoilPort(u16);

impl Port for TurmoilPort {
    type Listener = TcpListener;
    type Connection = TcpStream;

    async fn open(&mut self) -> io::Result<TcpListener> {
        TcpListener::bind(("0.0.0.0", self.0)).await
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        listener.accept().await.map(|(stream, _)| stream)
    }

    fn close(&mut self, listener: TcpListener) -> io::Result<()> {
        drop(listener);
        Ok(())
    }
}

/// Turmoil has no resets to give: what is dropped with everything read ends with a farewell, which is a failure as well.
impl Connection for TcpStream {
    fn reset(&mut self) -> io::Result<()> {
        Ok(())
    }
}
