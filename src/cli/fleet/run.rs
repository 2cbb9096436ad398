//! Takes a world.
//! Gives its figures, and on request its series, its events and its pictures.
//! Never writes a part of a file that is not all there.

use clap::Args;

use super::super::Error;
use super::world::WorldArgs;
use crate::runner::Exit;

/// Options of `fleet FILE`.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    world: WorldArgs,
}

pub(super) fn run(options: &RunOptions) -> Result<Exit, Error> {
    let described = options.world.read()?;
    let _ = described;
    Ok(Exit::Conforms)
}
