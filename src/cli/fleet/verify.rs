//! Takes a small world, and a server or none.
//! Gives what is predicted of every delivery beside what the server, or the model, does; and whether they agree.
//! Never leaves a server behind that it started.

use std::io::{self, IsTerminal, Write};
use std::pin::pin;

use clap::Args;

use super::super::Error;
use super::super::interrupt::stopped;
use super::super::output::terminal;
use super::super::server_args::{Chosen, Engine, Named, ServerArgs};
use super::world::WorldArgs;
use crate::fleet::{Nanos, World};
use crate::report::fleet::{OverlayOptions, overlay};
use crate::runner::{Exit, Overlay, VerifyError, verify};
use crate::target::{self, ModelTarget};
use crate::time::Duration;

/// Options of `fleet verify`.
#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    #[command(flatten)]
    world: WorldArgs,
    /// The server, such as http://127.0.0.1:8888, or a target file, which says all about one; the reference model
    /// without it.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// How far an attempt may be from its predicted time (default: nothing on the model; on a server 0.9 s, and 0.1 s more
    /// for each time that its clock runs faster).
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    tolerance: Option<Duration>,
    /// Columns to write in; those of the terminal without it.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(options: &VerifyOptions) -> Result<Exit, Error> {
    let world = options.world.read()?.world;
    let named = options.server.clone().named(options.target.clone())?;
    let chosen = named.server.choose(named.target.as_deref(), &[Engine::Model])?;
    if !named.file.capabilities.is_empty() {
        return Err(Error::Usage("show a world to a server that asks subscribers to confirm: nobody would".into()));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let overlaid = runtime.block_on(async {
        let mut stop = pin!(stopped());
        tokio::select! {
            biased;
            () = &mut stop => Err(target::Error::Interrupted.into()),
            played = play(&named, &chosen, &world) => played,
        }
    })?;
    let usual = |scale: u32| Duration::from_millis(800 + 100 * u64::from(scale));
    let usual = chosen.scale().map_or(Duration::ZERO, usual);
    let tolerance = options.tolerance.unwrap_or(usual);
    let tolerance = Nanos::try_from(tolerance.as_nanos()).unwrap_or(Nanos::MAX);
    let width = super::super::schedule::width(options.width);
    let mut out = terminal();
    let shown = OverlayOptions { width, colour: io::stdout().is_terminal(), tolerance };
    overlay(&overlaid, &shown).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()?;
    Ok(if overlaid.agrees(tolerance) { Exit::Conforms } else { Exit::Deviates })
}

async fn play(named: &Named, chosen: &Chosen, world: &World) -> Result<Overlay, Error> {
    let Some(scale) = chosen.scale() else {
        return Ok(verify(world, &ModelTarget { deviations: world.rules }, Duration::ZERO).await?);
    };
    // The world is one case, and all of it is played at once.
    let reached = named.server.reach(chosen, &named.access, 1, &[]).await?;
    Ok(verify(world, &*reached.target, SETUP * scale).await?)
}

impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Unplayable(reason) => Self::Usage(reason.to_string()),
            VerifyError::Target(error) => Self::Target(error),
            refused @ VerifyError::Refused { .. } => Self::Refused(refused.to_string()),
        }
    }
}

/// What a server may take to create queues and subscriptions, on the machine's clock. If it takes longer the world
/// begins later, and nothing else changes.
const SETUP: Duration = Duration::from_secs(1);
