//! Takes a ledger, the present suite, and a recorded run.
//! Gives what is wrong with the ledger, and the ledger without what the run has shown to pass.
//! Never drops an entry for want of evidence.

use std::collections::BTreeSet;

use super::event::CheckOutcome;
use super::ledger::{Entry, Ledger};
use super::plan::Planned;
use super::recording::Recording;
use crate::judge::check_paths;
use crate::protocol::Deviation;
use crate::scenario::{Diagnostic, annotate};
use crate::spelling::nearest;

/// Everything that is wrong with the ledger in `file`, whose text is `text`.
pub fn check_ledger(file: &str, text: &str, ledger: &Ledger, plan: &[Planned]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut complain = |index: usize, key: &str, message: String, help: Option<String>| {
        found.push(annotate(file, text, &format!("entries[{index}].{key}"), message, help));
    };
    let mut seen = BTreeSet::new();
    for (index, entry) in ledger.entries.iter().enumerate() {
        match plan.iter().find(|planned| planned.case.id == entry.id) {
            None => {
                let ids = plan.iter().map(|planned| planned.case.id.as_str());
                complain(index, "id", format!("no case is called `{}`", entry.id), suggest(&entry.id, ids));
            }
            Some(planned) => {
                let paths = check_paths(&planned.case);
                if !paths.contains(&entry.check) {
                    let message = format!("`{}` has no check `{}`", entry.id, entry.check);
                    complain(index, "check", message, suggest(&entry.check, paths.iter().map(String::as_str)));
                }
            }
        }
        for (position, name) in
            entry.deviations.iter().enumerate().filter(|(_, name)| name.parse::<Deviation>().is_err())
        {
            let names = Deviation::ALL.iter().map(|deviation| deviation.name());
            let message = format!("no deviation is called `{name}`");
            complain(index, &format!("deviations[{position}]"), message, suggest(name, names));
        }
        if !seen.insert(key(entry)) {
            complain(index, "check", format!("`{}` has two entries for this check", entry.id), None);
        } else if index > 0 && key(&ledger.entries[index - 1]) > key(entry) {
            let help = Some("`known write` keeps a ledger sorted".into());
            complain(index, "id", "the entries are sorted by id, then by check; this one is not".into(), help);
        }
    }
    found
}

/// Takes out of the ledger the entries whose check passed in the recorded run, and gives them.
pub fn prune_ledger(ledger: &mut Ledger, recording: &Recording) -> Vec<Entry> {
    let passed = |entry: &Entry| {
        let mut checks = recording.case(&entry.id).into_iter().flat_map(|case| &case.checks);
        checks.any(|check| check.check == entry.check && check.outcome == CheckOutcome::Pass)
    };
    let (dropped, kept) = std::mem::take(&mut ledger.entries).into_iter().partition(passed);
    ledger.entries = kept;
    dropped
}

fn key(entry: &Entry) -> (&str, &str) {
    (&entry.id, &entry.check)
}

fn suggest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name, names).map(|nearest| format!("did you mean `{nearest}`?"))
}
