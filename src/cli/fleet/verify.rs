//! Takes a small world, and a server or none.
//! Gives what is predicted of every delivery beside what the server, or the model, does; and whether they agree.
//! Never leaves a server behind that it started.

use std::io::{self, IsTerminal, Write};
use std::net::IpAddr;
use std::pin::pin;

use clap::Args;

use super::super::Error;
use super::super::interrupt::stopped;
use super::super::output::terminal;
use super::super::run::{run_name, server_address};
use super::world::WorldArgs;
use crate::fleet::{Nanos, World};
use crate::report::fleet::{OverlayOptions, overlay};
use crate::runner::{Exit, Overlay, VerifyError, verify};
use crate::target::{self, Access, LaunchOptions, ModelTarget, ServerOptions, ServerTarget, launch, ping};
use crate::time::Duration;

/// Options of `fleet verify`.
#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    #[command(flatten)]
    world: WorldArgs,
    /// The server, such as http://127.0.0.1:8888; the reference model without it.
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// How many times fast the clock of a server runs that somebody else started.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    time_scale: u32,
    /// How many times fast to let the clock of the launched server run (needs libfaketime).
    #[arg(long, value_name = "N", conflicts_with = "time_scale", value_parser = clap::value_parser!(u32).range(1..=1000))]
    accelerate: Option<u32>,
    /// How far an attempt may be from its predicted time (default: nothing on the model; on a server 0.9 s, and 0.1 s more
    /// for each time that its clock runs faster).
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    tolerance: Option<Duration>,
    /// The address on which subscribers listen.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// The host by which the server reaches the subscribers, where that is not the address of --bind.
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// Columns to write in; those of the terminal without it.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
    /// Launches the server, `{port}` standing for a free port; it is ended with all its children.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(super) fn run(options: &VerifyOptions) -> Result<Exit, Error> {
    let world = options.world.read()?.world;
    let runtime = tokio::runtime::Runtime::new()?;
    let overlaid = runtime.block_on(async {
        let mut stop = pin!(stopped());
        tokio::select! {
            biased;
            () = &mut stop => Err(target::Error::Interrupted.into()),
            played = play(options, &world) => played,
        }
    })?;
    let scale = options.accelerate.unwrap_or(options.time_scale);
    let on_server = options.target.is_some() || !options.command.is_empty();
    let usual = if on_server { Duration::from_millis(800 + 100 * u64::from(scale)) } else { Duration::ZERO };
    let tolerance = options.tolerance.unwrap_or(usual);
    let tolerance = Nanos::try_from(tolerance.as_nanos()).unwrap_or(Nanos::MAX);
    let width = super::super::schedule::width(options.width);
    let mut out = terminal();
    let shown = OverlayOptions { width, colour: io::stdout().is_terminal(), tolerance };
    overlay(&overlaid, &shown).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()?;
    Ok(if overlaid.agrees(tolerance) { Exit::Conforms } else { Exit::Deviates })
}

async fn play(options: &VerifyOptions, world: &World) -> Result<Overlay, Error> {
    let usage = |text: &str| Err(Error::Usage(text.into()));
    let address = options.target.as_deref().map(server_address).transpose()?;
    if options.command.is_empty() {
        let Some(address) = address else {
            return match (options.accelerate, options.time_scale) {
                (None, 1) => Ok(verify(world, &ModelTarget { deviations: world.rules }, Duration::ZERO).await?),
                _ => usage("scale the clock of the model: its time is virtual; name a --target"),
            };
        };
        if options.accelerate.is_some() {
            return usage("accelerate a server it does not launch: give the command after --, or say --time-scale");
        }
        ping(&address).await?;
        return on_server(options, world, address, options.time_scale).await;
    }
    if options.time_scale > 1 {
        return usage("scale the clock of a launched server: use --accelerate");
    }
    let accelerate = options.accelerate.unwrap_or(1);
    let launched = launch(LaunchOptions { command: options.command.clone(), address, accelerate }).await?;
    on_server(options, world, launched.address.clone(), accelerate).await
}

async fn on_server(options: &VerifyOptions, world: &World, address: String, scale: u32) -> Result<Overlay, Error> {
    let server = ServerTarget::new(ServerOptions {
        access: Access::default(),
        address,
        scale,
        bind: options.bind,
        advertise: options.advertise.clone(),
        // The world is one case, and all of it is played at once.
        jobs: 1,
        capabilities: Default::default(),
        run: run_name(),
    });
    Ok(verify(world, &server, SETUP * scale).await?)
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
