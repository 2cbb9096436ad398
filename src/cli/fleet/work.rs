//! Takes how much there is to do.
//! Gives a live line with the time that is left, and hears when somebody wants to stop.
//! Never loses what is done: who interrupts gets that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::super::Error;
use super::super::interrupt::stopped;
use super::super::progress::Progress;
use crate::fleet::Watcher;
use crate::runner::Exit;

/// How many threads.
#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    /// How many runs at once; one per core unless given.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    jobs: Option<u32>,
}

/// Does something that takes long, with so many steps. Says besides what came of it whether somebody interrupted.
pub(super) fn watched<T: Send>(
    jobs: &JobsArgs,
    steps: u64,
    work: impl FnOnce(&Watcher<'_>) -> T + Send,
) -> Result<(T, bool), Error> {
    let threads = jobs.jobs.map_or(0, |jobs| jobs as usize);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Error::Usage(error.to_string()))?;
    let stop = Arc::new(AtomicBool::new(false));
    listen(Arc::clone(&stop));
    let progress = Progress::of(steps);
    let done = || progress.step();
    let watcher = Watcher { done: &done, stop: &stop };
    let result = pool.install(|| work(&watcher));
    Ok((result, stop.load(Ordering::Relaxed)))
}

/// What an end means: an interrupted one has not tested everything.
pub(super) const fn exit(interrupted: bool) -> Exit {
    if interrupted { Exit::CouldNotTest } else { Exit::Conforms }
}

/// Waits beside the work. Where there is no runtime to wait on, the system ends the program as ever.
fn listen(stop: Arc<AtomicBool>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let Ok(runtime) = runtime else { return };
    std::thread::spawn(move || {
        runtime.block_on(stopped());
        stop.store(true, Ordering::Relaxed);
    });
}
