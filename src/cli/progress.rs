//! Takes cases as they finish.
//! Gives a live line on standard error while a server is judged: how many are done, and how long the rest may take.
//! Never writes anything where standard error is no terminal.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::runner::{Planned, ScenarioFinished};

/// The live line.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A line for these cases.
    pub(super) fn new(plan: &[Planned]) -> Self {
        Self::with(plan.len() as u64, "{bar:24} {pos}/{len}, {elapsed} so far  {wide_msg}")
    }

    /// A line for so many steps that take about as long as each other.
    pub(super) fn of(steps: u64) -> Self {
        Self::with(steps, "{bar:24} {pos}/{len}, {elapsed} so far, about {eta} left")
    }

    fn with(steps: u64, template: &str) -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.expect("the template is fixed").progress_chars("=> "));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self(bar)
    }

    /// Takes in that a step is done.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }

    /// Takes in that a case is done.
    pub(super) fn finished(&self, case: &ScenarioFinished) {
        self.0.set_message(case.id.clone());
        self.0.inc(1);
    }

    /// Writes something else without tearing the line.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
