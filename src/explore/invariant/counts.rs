//! Takes the attempts of each delivery.
//! Gives those there must not have been: beyond the schedule, or after an answer.
//! Never looks at gaps.

use super::View;

pub(super) fn nothing_after_an_answer(view: &View<'_>) -> Vec<String> {
    let early_end = view.deliveries().filter_map(|told| {
        let answered = told.attempts.iter().position(|attempt| !view.failed(attempt))?;
        let after = told.attempts.len() - answered - 1;
        let by = view.kind(told.attempts[answered]).name();
        (after > 0).then(|| format!("{told}: {after} more after attempt {} was answered ({by})", answered + 1))
    });
    early_end.collect()
}

pub(super) fn no_attempt_too_many(view: &View<'_>) -> Vec<String> {
    let too_many = view.deliveries().filter_map(|told| {
        let (count, most) = (told.attempts.len(), told.promised.retries.len() + 1);
        (count > most).then(|| format!("{told}: {count} attempts where the policy allows {most}"))
    });
    too_many.collect()
}
