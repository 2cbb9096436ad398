//! Takes a case.
//! Gives everything that a target did while the case was played on it.
//! Never judges; a target that can't be reached is an [`Error`], not a finding.

mod access;
mod client;
mod file;
mod fill;
mod house;
mod launch;
mod model;
mod noise;
mod server;
mod stage;
mod sweep;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crate::judge::{Clockwork, Observed};
use crate::scenario::{Capability, Case};
pub use access::{Access, HIDDEN};
pub use client::{send, send_over};
pub use file::{TargetFile, host_and_port, target_schema};
pub use fill::{Bindings, fill};
pub use house::{House, Stagehand};
pub use launch::{LaunchOptions, Launched, admitted, launch};
pub use model::{ModelTarget, settings_for};
pub use server::{ServerOptions, ServerTarget};
pub use stage::{Move, Stage};

/// More attempts than this in one case are taken for an endless schedule.
pub const ATTEMPTS_MAX: usize = 10_000;

/// Something a case can be played on.
pub trait Target: Sync {
    /// What it is called in reports.
    fn name(&self) -> String;

    /// What it declares to have; a scenario that needs more is not applicable.
    fn capabilities(&self) -> BTreeSet<Capability>;

    /// What it has whether a scenario needs it or not: one that does not know of it would be misjudged.
    fn always(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    /// Why it can't play a case for which it has all capabilities; nothing if it can.
    fn unable(&self, _case: &Case) -> Option<String> {
        None
    }

    /// The clock its cases run on.
    fn clock(&self) -> Clockwork;

    /// Plays one case from its first step to the silence after its last attempt.
    fn play(&self, case: &Arc<Case>) -> impl Future<Output = Result<Observed, Error>> + Send;
}

/// How to say who asks.
const UNKNOWN: &str = "; name a target file with --target that has \"headers\": {\"X-Auth-Token\": {\"env\": \"OS_TOKEN\"}} \
                       and put the token into that variable";

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's address does not answer.
    #[error("reach {address}: {source}; is the server running there?")]
    Unreachable {
        /// `host:port`.
        address: String,
        /// What the connection said.
        source: io::Error,
    },
    /// The server wants to know who asks.
    #[error(
        "use {address}: it answers 401, so it wants authentication{}",
        if sent.is_empty() { UNKNOWN.to_owned() } else { format!(" and does not accept what it got: {sent}") }
    )]
    Unauthorized {
        /// `host:port`.
        address: String,
        /// The names of the headers that a target file gave.
        sent: String,
    },
    /// The server broke off, or did not answer in HTTP.
    #[error("get an answer from {address} to {request}: {reason}")]
    NoAnswer {
        /// `host:port`.
        address: String,
        /// Method and path.
        request: String,
        /// What went wrong.
        reason: String,
    },
    /// A subscriber's port could not be opened.
    #[error("listen on {bind} as a subscriber: {source}")]
    Listen {
        /// The address of `--bind`.
        bind: std::net::IpAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The command could not be started, or its server never answered.
    #[error("launch {command}: {reason}")]
    Launch {
        /// The command line.
        command: String,
        /// What went wrong and what to do.
        reason: String,
    },
    /// The case made more attempts than any scenario may ask for.
    #[error("play the case to its end: more than {0} attempts, the retries do not stop")]
    Endless(usize),
    /// The simulation broke off.
    #[error("simulate the case to its end: {0}")]
    Simulation(String),
    /// The case does something to a network that the target does not have.
    #[error("{0}: the target has no simulated network, so the case must say that it needs one")]
    Undisruptable(String),
    /// The run was interrupted before the case was over.
    #[error("play the case to its end: the run was interrupted")]
    Interrupted,
}
