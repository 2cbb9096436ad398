//! Takes the policies of the file.
//! Gives them as they count; one called `default` is there without being written.
//! Never lets a policy pass that Zaqar refuses.

use serde_json::Value;

use super::keys::PolicyKeys;
use super::leaf;
use super::page::{Page, Spot};
use crate::fleet::world::{Jitter, Policy};
use crate::policy::{Selected, select};
use crate::protocol::Deviations;
use crate::scenario::{Problem, Segment};
use crate::schedule::mistakes_of;

/// The policy of those that name none.
pub(super) const DEFAULT: &str = "default";

/// A policy of the file, and where it is; no place for one that is not written.
#[derive(Clone, Debug)]
pub(super) struct Written<'a> {
    pub policy: Policy,
    pub spot: Option<Spot<'a>>,
}

impl Written<'_> {
    /// Zaqar's defaults, for a file that says nothing else under that name.
    pub(super) fn default() -> Self {
        let policy = Policy { name: DEFAULT.into(), selected: Selected::defaults(), jitter: Jitter::None };
        Self { policy, spot: None }
    }
}

/// Every policy of the file. One with mistakes is there too, so that whoever names it is not told that it is missing.
pub(super) fn read<'a>(page: &mut Page, spot: &Option<Spot<'a>>, rules: Deviations) -> Vec<Written<'a>> {
    let named = page.named(spot);
    named.into_iter().map(|(name, spot)| one(page, name, spot, rules)).collect()
}

fn one<'a>(page: &mut Page, name: &str, spot: Spot<'a>, rules: Deviations) -> Written<'a> {
    let (keys, _) = page.object::<PolicyKeys<'_>>(&spot);
    let policy = keys.as_ref().and_then(|keys| keys.policy.as_ref());
    let selected = match policy {
        Some(policy) => {
            refuse_mistakes(page, policy, rules);
            select(Some(policy.value), None, rules)
        }
        None => Selected::defaults(),
    };
    let jitter =
        keys.as_ref().and_then(|keys| page.or(&keys.jitter, Jitter::None, leaf::jitter)).unwrap_or(Jitter::None);
    let place = policy.cloned().unwrap_or_else(|| spot.clone());
    Written { policy: Policy { name: name.to_owned(), selected, jitter }, spot: Some(place) }
}

fn refuse_mistakes(page: &mut Page, spot: &Spot<'_>, rules: Deviations) {
    if let Value::Object(keys) = spot.value
        && let Some((key, _)) = keys.get_key_value("_retry_policy")
    {
        let path = [&spot.path[..], &[Segment::from(key.as_str())]].concat();
        let help = "write what stands under it here".to_owned();
        page.problems.push(Problem::at_key(path, "the policy itself is wanted, not what holds it", Some(help)));
        return;
    }
    for mistake in mistakes_of(spot.value, rules) {
        let path: Vec<Segment> = spot.path.iter().cloned().chain(mistake.key.map(Segment::Key)).collect();
        let at = if mistake.about_key { Problem::at_key } else { Problem::at_value };
        page.problems.push(at(path, &mistake.message, mistake.help));
    }
}
