//! Takes the options by which a CI pipeline says how much time and how many failures a run is worth.
//! Gives what the run puts up with, the cases that fit, and the failures that are no news.
//! Never leaves a case out without saying so.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Error;
use crate::runner::{Ledger, Pace, Patience, Planned, Recording, fitting};

/// What a run may cost.
#[derive(Debug, Args)]
pub(super) struct Gate {
    /// Ends the run at the first failure.
    #[arg(long, conflicts_with = "max_failures", help_heading = HEADING)]
    fail_fast: bool,
    /// Ends the run at so many failures.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = HEADING)]
    max_failures: Option<u32>,
    /// Plays what fits into this time on a server, must before should and short before long: 90s, 10m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = HEADING)]
    max_time: Option<Duration>,
    /// How often a case is played again on a server that the machine was too noisy for.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100), help_heading = HEADING)]
    retry_inconclusive: u32,
    /// An earlier run, as `--report ndjson=RUN.ndjson` recorded it: what failed in the same way then is known.
    #[arg(long, value_name = "RUN.ndjson", conflicts_with_all = ["known", "update_known"], help_heading = HEADING)]
    pub(super) baseline: Option<PathBuf>,
}

const HEADING: &str = "In a CI pipeline";

impl Gate {
    /// What the run puts up with.
    pub(super) fn patience(&self) -> Patience {
        let failures_max = self.max_failures.map_or(usize::MAX, |failures| failures as usize);
        Patience {
            failures_max: if self.fail_fast { 1 } else { failures_max },
            retries: self.retry_inconclusive as usize,
        }
    }

    /// What failed in the baseline.
    pub(super) fn baseline(&self) -> Result<Option<Ledger>, Error> {
        let read = |path: &PathBuf| Ok(Ledger::of_baseline(&Recording::read(path)?));
        self.baseline.as_ref().map(read).transpose()
    }

    /// The cases that fit the time, and whether all do. In virtual time, that is without a pace, nothing takes long.
    pub(super) fn fitting(&self, plan: Vec<Planned>, pace: Option<Pace>) -> Result<(Vec<Planned>, bool), Error> {
        let (Some(budget), Some(pace)) = (self.max_time, pace) else { return Ok((plan, true)) };
        let (fit, left_out) = fitting(plan, budget, pace);
        let budget = humantime::format_duration(budget);
        if fit.is_empty() {
            let text = format!("select anything: no case fits into {budget} on a clock {} times fast", pace.scale);
            return Err(Error::NothingSelected(text));
        }
        tell(&left_out, fit.len(), &budget.to_string())?;
        Ok((fit, left_out.is_empty()))
    }
}

fn tell(left_out: &[Planned], fit: usize, budget: &str) -> io::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    let longest = left_out.iter().max_by_key(|planned| planned.case.forecast()).expect("there is one");
    let (of, forecast) = (fit + left_out.len(), longest.case.forecast().as_secs());
    let longest = format!("the longest left out is {}, {forecast} s on its own clock", longest.case.id);
    writeln!(anstream::stderr(), "zaqarcheck: {fit} of {of} cases fit into {budget}; {longest}")
}
