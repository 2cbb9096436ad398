//! Takes a case, what was observed of it, and what the documents promise.
//! Gives every [`Violation`], the one that explains most first.
//! Never knows how the plan was drawn: a case cut down to one step is judged by the same rules.

mod answers;
mod audience;
mod confirmations;
mod content;
mod counts;
mod errors;
mod listing;
mod progress;
mod timing;
mod view;

pub(super) use errors::is_refusal;
pub use view::{Told, View};

/// What kind of rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Nature {
    /// Something happened that must not.
    Safety,
    /// Something did not happen that must.
    Liveness,
}

/// One broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant's name.
    pub invariant: &'static str,
    /// Its nature.
    pub nature: Nature,
    /// What was seen, and what should have been.
    pub text: String,
}

/// One rule about what is observed.
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// Its nature.
    pub nature: Nature,
    /// Requirements of the register that it stands for.
    pub requirements: &'static [&'static str],
    check: fn(&View<'_>) -> Vec<String>,
}

/// Every invariant. A violation of one may entail violations of those after it.
pub const INVARIANTS: [Invariant; 19] = {
    use Nature::{Liveness, Safety};
    const fn rule(
        name: &'static str,
        nature: Nature,
        requirements: &'static [&'static str],
        check: fn(&View<'_>) -> Vec<String>,
    ) -> Invariant {
        Invariant { name, nature, requirements, check }
    }
    [
        rule("answers-as-documented", Safety, &["accept-valid-policy"], answers::as_documented),
        rule(
            "refusals-say-why",
            Safety,
            &["error-body-put", "error-body-patch", "error-body-subscription"],
            errors::say_why,
        ),
        rule("messages-listed", Safety, &["message-list", "delivery-spares-the-message"], listing::everything_once),
        rule("unconfirmed-are-only-asked", Safety, &["confirmation-gates"], audience::only_confirmed),
        rule("only-for-the-subscribed", Safety, &["notification-sent", "project-isolation"], audience::only_subscribed),
        rule(
            "confirmation-as-documented",
            Safety,
            &["confirmation-document", "confirmation-options"],
            confirmations::as_documented,
        ),
        rule("confirmation-on-schedule", Safety, &["confirmation-retried"], confirmations::on_schedule),
        rule("content-as-documented", Safety, &["notification-body"], content::as_documented),
        rule(
            "same-on-every-attempt",
            Safety,
            &["retry-after-failure", "same-body", "same-headers"],
            content::same_every_attempt,
        ),
        rule("nothing-after-an-answer", Safety, &["success-ends-retries"], counts::nothing_after_an_answer),
        rule("policy-of-the-post", Safety, &["subscription-policy-wins", "queue-policy"], timing::selected_policy),
        rule("no-attempt-too-many", Safety, &["schedule-ends"], counts::no_attempt_too_many),
        rule("no-gap-too-short", Safety, &["phase-order"], timing::none_too_short),
        rule("no-gap-too-long", Safety, &["phase-order"], timing::none_too_long),
        rule("first-attempt-in-turn", Safety, &["batch-order", "notification-sent"], timing::first_in_turn),
        rule(
            "every-message-attempted",
            Liveness,
            &["message-own-attempts", "notification-sent"],
            progress::all_attempted,
        ),
        rule(
            "asked-to-confirm",
            Liveness,
            &["confirmation-asked", "confirmation-asked-again", "confirmation-unsubscribe"],
            confirmations::all_asked,
        ),
        rule("no-silent-end", Liveness, &["retry-after-failure"], progress::no_silent_end),
        rule("healed-gets-everything", Liveness, &["retry-after-failure"], progress::healed),
    ]
};

/// Every violation, in the order of [`INVARIANTS`].
pub fn violations(view: &View<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for Invariant { name, nature, check, .. } in &INVARIANTS {
        found.extend(check(view).into_iter().map(|text| Violation { invariant: name, nature: *nature, text }));
        // A request that was taken otherwise than planned changes all that comes after it.
        if *name == "answers-as-documented" && !found.is_empty() {
            break;
        }
    }
    found
}
