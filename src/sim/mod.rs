//! Takes a case, a latency and faults.
//! Gives what the model's real server does with it over real HTTP, in a network that exists only in memory.
//! Never opens a socket or waits for the machine's clock: time is paused, and jumps to whatever happens next.
//!
//! Two networks: [`SimTarget`] runs everything on one runtime with streams of its own, thousands of cases a second;
//! [`TurmoilTarget`] has hosts of the crate turmoil, which took no part in writing ours, and so checks it.

mod fault;
mod limit;
mod net;
mod paused;
mod turmoil;
mod wire;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

pub use fault::{Fault, Faults};
pub use limit::Limit;
pub use net::{HostId, Net, SimDial, SimListener, SimPort};
pub use paused::{SimOptions, SimTarget};
pub use turmoil::TurmoilTarget;
pub use wire::SimStream;

use crate::front::{Front, serve_connection};
use crate::subscriber::Port;

/// Serves every client that comes to `port`, until it is dropped.
async fn serve<P: Port>(mut port: P, front: Front) {
    let (_stopping, stopped) = watch::channel(false);
    let Ok(listener) = port.open().await else { return };
    let mut connections = JoinSet::new();
    let listener = Arc::new(listener);
    loop {
        tokio::select! {
            biased;
            accepted = P::accept(&listener) => if let Ok(stream) = accepted {
                connections.spawn(serve_connection(stream, front.clone(), stopped.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
