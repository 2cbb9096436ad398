//! Takes hosts, the ports they open, and what is done to the ways between them.
//! Gives connections between them.
//! Never forgives: nothing is sent again, and a way that is cut refuses a connection at once, as turmoil's does, so that
//! both networks show one server the same world.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::{Notify, mpsc};

use super::fault::{Fault, Faults};
use super::limit::Limit;
use super::wire::{SharedWire, SimStream, Wire, connect, lock};
use crate::client::Dial;
use crate::clock::Clock;
use crate::subscriber::Port;
use crate::time::{Duration, Instant};

/// A host of the network, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(usize);

/// How a segment gets from one host to another now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passage {
    After(Duration),
    Held,
    Lost,
}

impl Passage {
    /// The same, this much later.
    pub(super) fn later(self, by: Duration) -> Self {
        match self {
            Self::After(latency) => Self::After(latency + by),
            other => other,
        }
    }
}

/// A network in memory, on one clock.
#[derive(Clone, Debug)]
pub struct Net(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
    /// Rings whenever a host starts or a way changes.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    latency: Duration,
    hosts: Vec<HostState>,
    /// Ways that are not as the others, by their two ends.
    ways: BTreeMap<(HostId, HostId), Way>,
    ports: BTreeMap<String, (HostId, Option<mpsc::UnboundedSender<SimStream>>)>,
    dialled: BTreeMap<String, u32>,
    wires: Vec<Weak<Mutex<Wire>>>,
}

#[derive(Debug)]
struct HostState {
    up: bool,
    /// How often it has started: what an earlier life left behind reaches nobody.
    life: u32,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    latency: Duration,
    state: WayState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WayState {
    Open,
    Cut,
    Held,
}

impl Net {
    /// A network on which everything takes `latency` from host to host.
    pub fn new(clock: Clock, latency: Duration) -> Self {
        let state = State {
            latency,
            hosts: Vec::new(),
            ways: BTreeMap::new(),
            ports: BTreeMap::new(),
            dialled: BTreeMap::new(),
            wires: Vec::new(),
        };
        Self(Arc::new(Shared { clock, state: Mutex::new(state), changed: Notify::new() }))
    }

    /// The clock of the network.
    pub fn clock(&self) -> Clock {
        self.0.clock
    }

    /// A new host.
    pub fn host(&self) -> HostId {
        let mut state = lock(&self.0.state);
        state.hosts.push(HostState { up: true, life: 0 });
        HostId(state.hosts.len() - 1)
    }

    /// A port of a host, closed at first, at an address such as `hook.test:80`.
    pub fn port(&self, host: HostId, address: &str) -> SimPort {
        lock(&self.0.state).ports.insert(address.into(), (host, None));
        SimPort { net: self.clone(), address: address.into() }
    }

    /// Dials from a host as it runs now; `faults` happen to its connections.
    pub fn dial_from(&self, host: HostId, faults: &Arc<Faults>, limit: &Limit) -> SimDial {
        let life = lock(&self.0.state).hosts[host.0].life;
        SimDial { net: self.clone(), host, life, faults: Arc::clone(faults), limit: limit.clone() }
    }

    /// Stops a host: its connections end as those of a process that ends do, and nobody answers at its ports.
    pub fn crash(&self, host: HostId) {
        let mut state = lock(&self.0.state);
        state.hosts[host.0].up = false;
        state.hosts[host.0].life += 1;
    }

    /// Starts a host again. Whoever waited for it is refused: its ports are still closed.
    pub fn bounce(&self, host: HostId) {
        lock(&self.0.state).hosts[host.0].up = true;
        self.0.changed.notify_waiters();
    }

    /// Loses everything on the way, now and from now on.
    pub fn cut(&self, from: HostId, to: HostId) {
        self.change(from, to, |_| WayState::Cut);
    }

    /// Holds everything on the way, now and from now on.
    pub fn hold(&self, from: HostId, to: HostId) {
        self.change(from, to, |_| WayState::Held);
    }

    /// Ends [`Net::hold`]: what was held arrives now.
    pub fn release(&self, from: HostId, to: HostId) {
        self.change(from, to, |state| if state == WayState::Held { WayState::Open } else { state });
    }

    /// Ends [`Net::cut`]: what was lost stays lost.
    pub fn repair(&self, from: HostId, to: HostId) {
        self.change(from, to, |state| if state == WayState::Cut { WayState::Open } else { state });
    }

    /// How long the way takes from now on.
    pub fn set_latency(&self, from: HostId, to: HostId, latency: Duration) {
        lock(&self.0.state).way_mut(from, to).latency = latency;
    }

    fn change(&self, from: HostId, to: HostId, next: impl FnOnce(WayState) -> WayState) {
        let now = self.0.clock.now();
        let (new, wires) = {
            let mut state = lock(&self.0.state);
            let way = state.way_mut(from, to);
            way.state = next(way.state);
            (way.state, state.wires.iter().filter_map(Weak::upgrade).collect::<Vec<_>>())
        };
        for wire in wires {
            let mut wire = lock(&wire);
            for pipe in wire.pipes.iter_mut().filter(|pipe| (pipe.from, pipe.to) == (from, to)) {
                match new {
                    WayState::Cut => pipe.lose(now),
                    WayState::Held => pipe.hold(now),
                    WayState::Open => pipe.release(now),
                }
            }
        }
        self.0.changed.notify_waiters();
    }

    /// Remembers a connection, for what happens to its ways.
    pub(super) fn keep(&self, wire: &SharedWire) {
        let mut state = lock(&self.0.state);
        if state.wires.len() == state.wires.capacity() {
            state.wires.retain(|wire| wire.strong_count() > 0);
        }
        state.wires.push(Arc::downgrade(wire));
    }

    pub(super) fn passage(&self, from: HostId, to: HostId) -> Passage {
        let state = lock(&self.0.state);
        let way = state.way(from, to);
        match way.state {
            WayState::Open => Passage::After(way.latency),
            WayState::Cut => Passage::Lost,
            WayState::Held => Passage::Held,
        }
    }

    /// The number of this connection to an address, from 0, and the host there.
    fn look_up(&self, address: &str) -> Option<(HostId, u32)> {
        let mut state = lock(&self.0.state);
        let (host, _) = state.ports.get(address)?;
        let (host, count) = (*host, state.dialled.entry(address.into()).or_default());
        *count += 1;
        Some((host, *count - 1))
    }

    /// Waits until the request for a connection has arrived; refused if the way is cut before it has.
    async fn travel(&self, from: HostId, to: HostId) -> io::Result<()> {
        let mut arrival: Option<Instant> = None;
        loop {
            let changed = self.0.changed.notified();
            let clock = self.clock();
            match (self.passage(from, to), arrival) {
                (Passage::Lost, _) => return Err(io::ErrorKind::ConnectionRefused.into()),
                (Passage::Held, _) => {
                    // On its release it arrives at once.
                    arrival = Some(clock.now());
                    changed.await;
                }
                (Passage::After(latency), None) => arrival = Some(clock.now() + latency),
                (Passage::After(_), Some(at)) if clock.now() >= at => return Ok(()),
                (Passage::After(_), Some(at)) => tokio::select! {
                    biased;
                    () = changed => {}
                    () = clock.sleep_until(at) => {}
                },
            }
        }
    }

    /// Waits until the host is up. Whoever had to wait finds every port closed.
    async fn wait_for(&self, host: HostId) -> io::Result<()> {
        let mut waited = false;
        loop {
            let changed = self.0.changed.notified();
            if lock(&self.0.state).hosts[host.0].up {
                return if waited { Err(io::ErrorKind::ConnectionRefused.into()) } else { Ok(()) };
            }
            waited = true;
            changed.await;
        }
    }

    fn doors(&self, address: &str) -> Option<mpsc::UnboundedSender<SimStream>> {
        lock(&self.0.state).ports.get(address).and_then(|(_, doors)| doors.clone())
    }
}

impl State {
    fn way(&self, from: HostId, to: HostId) -> Way {
        let usual = Way { latency: self.latency, state: WayState::Open };
        self.ways.get(&(from, to)).copied().unwrap_or(usual)
    }

    fn way_mut(&mut self, from: HostId, to: HostId) -> &mut Way {
        let usual = self.way(from, to);
        self.ways.entry((from, to)).or_insert(usual)
    }
}

/// Opens connections from one host.
#[derive(Clone, Debug)]
pub struct SimDial {
    net: Net,
    host: HostId,
    life: u32,
    faults: Arc<Faults>,
    limit: Limit,
}

impl Dial for SimDial {
    type Stream = SimStream;

    async fn dial(&self, address: &str) -> io::Result<SimStream> {
        if lock(&self.net.0.state).hosts[self.host.0].life != self.life {
            std::future::pending::<()>().await; // Its host is gone, and it with it.
        }
        self.limit.count().await;
        let Some((to, attempt)) = self.net.look_up(address) else { return Err(io::ErrorKind::NotFound.into()) };
        let fault = self.faults.of(name_of(address), attempt);
        match fault {
            Some(Fault::DnsFailure) => return Err(io::ErrorKind::NotFound.into()),
            Some(Fault::ConnectHangs) => std::future::pending().await,
            _ => {}
        }
        self.net.travel(self.host, to).await?;
        self.net.wait_for(to).await?;
        let doors = self.net.doors(address).filter(|_| fault != Some(Fault::Refuse));
        let connected = doors.ok_or(io::ErrorKind::ConnectionRefused).map(|doors| {
            let [ours, mut theirs] = connect(&self.net, self.host, to, fault);
            match fault {
                Some(Fault::CloseOnAccept) => drop(theirs),
                Some(Fault::ResetOnAccept) => theirs.reset_now(),
                // A port that closes at this instant takes the connection with it.
                _ => _ = doors.send(theirs),
            }
            ours
        });
        // The acceptance travels back; turmoil's can't be cut off, so neither can this one.
        let back = lock(&self.net.0.state).way(to, self.host).latency;
        if !back.is_zero() {
            self.net.clock().sleep(back).await;
        }
        Ok(connected?)
    }
}

/// The name in `hook.test:80`.
fn name_of(address: &str) -> &str {
    address.split_once(".test:").map_or(address, |(name, _)| name)
}

/// A port of a host.
#[derive(Debug)]
pub struct SimPort {
    net: Net,
    address: String,
}

/// What accepts at an open port.
#[derive(Debug)]
pub struct SimListener(tokio::sync::Mutex<mpsc::UnboundedReceiver<SimStream>>);

impl Port for SimPort {
    type Listener = SimListener;
    type Connection = SimStream;

    async fn open(&mut self) -> io::Result<SimListener> {
        let (doors, arrivals) = mpsc::unbounded_channel();
        if let Some((_, closed)) = lock(&self.net.0.state).ports.get_mut(&self.address) {
            *closed = Some(doors);
        }
        Ok(SimListener(tokio::sync::Mutex::new(arrivals)))
    }

    async fn accept(listener: &SimListener) -> io::Result<SimStream> {
        listener.0.lock().await.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn close(&mut self, _: SimListener) -> io::Result<()> {
        if let Some((_, doors)) = lock(&self.net.0.state).ports.get_mut(&self.address) {
            *doors = None;
        }
        Ok(())
    }
}

/// A port does not outlive the process that had it.
impl Drop for SimPort {
    fn drop(&mut self) {
        if let Some((_, doors)) = lock(&self.net.0.state).ports.get_mut(&self.address) {
            *doors = None;
        }
    }
}
