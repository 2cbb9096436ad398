//! Takes plans that break an invariant.
//! Gives nothing if what is left of them after shrinking breaks the same one, is no longer, and is always the same.
//! Never says how short is short: the report of the census does.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use zaqarcheck::explore::{Engine, Plan, Play, Shrunk, broken, shrink};
use zaqarcheck::judge::Observed;
use zaqarcheck::protocol::{Deviation, Deviations};
use zaqarcheck::scenario::{Action, Capability, Case};
use zaqarcheck::target::Error;

const DEVIATIONS: [Deviation; 4] =
    [Deviation::BatchOnlyFirst, Deviation::ConfirmationUnsigned, Deviation::DelayDoubled, Deviation::ErrorTitleMissing];

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_breaks_the_same_invariant_and_is_always_the_same(seed in 0_u64..1000, which in 0..DEVIATIONS.len()) {
        let on = Engine::Model(Deviations::NONE.with(DEVIATIONS[which]));
        let case = Plan::draw(seed, &on.able()).case;
        let before = first_broken(&case, &on);
        prop_assume!(before.is_some());
        let invariant = before.expect("it was looked at");
        let Shrunk { case: left, plays } = shrink(&case, invariant, &on);
        prop_assert_eq!(first_broken(&left, &on), Some(invariant));
        prop_assert!(left.steps.len() <= case.steps.len());
        prop_assert!(left.subscribers.len() <= case.subscribers.len());
        let again = shrink(&case, invariant, &on);
        prop_assert_eq!(format!("{left:?}"), format!("{:?}", again.case));
        prop_assert_eq!(plays, again.plays);
    }
}

fn first_broken(case: &Case, on: &impl Play) -> Option<&'static str> {
    let violations = broken(&Arc::new(case.clone()), on).expect("the model always plays");
    violations.first().map(|violation| violation.invariant)
}

/// The documented model, but that nobody is notified where some queue's policy has a `minimum_delay` of at least 3.
struct Picky;

impl Play for Picky {
    fn able(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    fn play(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let observed = Engine::Model(Deviations::NONE).play(case)?;
        let fails = delays(case).any(|delay| delay >= 3);
        Ok(if fails { Observed { attempts: Vec::new(), ..observed } } else { observed })
    }
}

fn delays(case: &Case) -> impl Iterator<Item = u64> {
    case.steps.iter().filter_map(|step| match &step.action {
        Action::PutQueue(put) => put.metadata.as_ref()?.pointer("/_retry_policy/minimum_delay")?.as_u64(),
        _ => None,
    })
}

#[test]
fn numbers_shrink_as_far_as_the_failure_lets_them() {
    let mut shrunk = 0;
    for seed in 0..40 {
        let case = Plan::draw(seed, &BTreeSet::new()).case;
        let longest = delays(&case).max().unwrap_or_default();
        if longest < 10 || first_broken(&case, &Picky) != Some("every-message-attempted") {
            continue;
        }
        let left = shrink(&case, "every-message-attempted", &Picky).case;
        assert_eq!(left.steps.len(), 3, "{:?}", left.steps);
        let kept: Vec<u64> = delays(&left).collect();
        assert!(kept.len() == 1 && (3..6).contains(&kept[0]), "seed {seed:x}: {kept:?}");
        assert!(left.steps.iter().all(|step| step.at.is_none()), "{:?}", left.steps);
        assert!(left.steps.iter().all(|step| !has_ttl(&step.action)), "{:?}", left.steps);
        shrunk += 1;
    }
    assert!(shrunk >= 3, "{shrunk} plans were cut down");
}

fn has_ttl(action: &Action) -> bool {
    match action {
        Action::Post(post) => post.messages.iter().any(|message| message.ttl.is_some()),
        Action::Subscribe(subscribe) => subscribe.ttl.as_ref().is_some_and(Value::is_number),
        _ => false,
    }
}
