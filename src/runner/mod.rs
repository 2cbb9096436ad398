//! Takes scenarios and a target.
//! Gives the recorded stream of the run: a header, one event for each case, a summary.
//! Never renders anything: `report` does.

mod budget;
mod builtin;
mod catch;
mod coverage;
mod diff;
mod doubt;
mod draft;
mod event;
mod exit;
mod explain;
mod ledger;
mod lint;
mod mask;
mod mutants;
mod plan;
mod play;
mod record;
mod recording;
mod rejudge;
mod repeat;
mod suite;
mod upkeep;
mod verify;

use std::sync::Arc;

pub use budget::{Pace, fitting};
pub use builtin::{BUILTIN, builtin_files, in_suite, is_builtin, is_there};
pub use coverage::{Coverage, CoverageState, CoverageTotal, Covered};
pub use diff::{Change, Difference, TOLERANCE_S, diff};
pub use draft::{Draft, DraftError, Drafted, Opinion, Wanted, alike, opinions};
pub use event::*;
pub use exit::Exit;
pub use explain::{explain, update_ledger};
pub use ledger::{Entry, Ledger, same};
pub use lint::lint;
pub use mutants::{Mutant, mutants, planted};
pub use plan::Planned;
pub use play::{Patience, cut_short, run_at_once, run_on_model, run_on_server};
pub use recording::{Recording, RecordingError};
pub use rejudge::rejudge;
pub use repeat::Repeated;
pub use suite::{Flawed, Suite, SuiteError, json_files, read_text};
pub use upkeep::{check_ledger, prune_ledger};
pub use verify::{Overlaid, Overlay, Unplayable, VerifyError, verify};

use crate::judge::judge;
use crate::target::Target;

/// One case, from what is planned to what is recorded. Start reading here: every arrow of the diagram in the crate's
/// documentation is one line.
pub async fn run_case<T: Target>(planned: &Planned, target: &T, ledger: Option<&Ledger>) -> ScenarioFinished {
    let Planned { scenario, case, .. } = planned;
    let lacking: Vec<_> = scenario.needs.difference(&target.capabilities()).copied().collect();
    if !lacking.is_empty() {
        return record::not_applicable(planned, &lacking);
    }
    let unknown: Vec<_> = target.always().difference(&scenario.needs).copied().collect();
    if !unknown.is_empty() {
        return record::not_prepared(planned, &unknown);
    }
    if let Some(reason) = target.unable(case) {
        return record::untested(planned, ResultKind::NotApplicable, reason);
    }
    match target.play(&Arc::clone(case)).await {
        Err(error) => record::error(planned, &error),
        Ok(observed) => {
            let verdict = judge(case, &observed, target.clock());
            let finding = ledger::compare(ledger, planned, &verdict, target.clock());
            record::finished(planned, observed, verdict, finding)
        }
    }
}
