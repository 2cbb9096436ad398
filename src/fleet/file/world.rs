//! Takes the text of a world file, and a way to read the traces it names.
//! Gives the [`World`] with its title and what is worth saying about it, or everything that is wrong.
//! Never stops at the first mistake.

use std::collections::BTreeSet;

use serde_json::Value;

use super::keys::WorldKeys;
use super::limits::{self, Places};
use super::page::{Complaint, Page, Spot};
use super::{arrivals, leaf, policies, sender, subscribers};
use crate::fleet::world::{Nanos, World};
use crate::protocol::Profile;
use crate::scenario::{Diagnostic, Document, check_format, describe, suggest};

/// A world as a file describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// What the world is about; empty if the file does not say.
    pub title: String,
    /// The world, with every default filled in.
    pub world: World,
    /// What is no mistake and yet worth saying, such as posts after the horizon.
    pub notes: Vec<String>,
}

/// What is wrong with a world file and the traces it names. Not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaws {
    /// About the file itself.
    pub file: Vec<Diagnostic>,
    /// About traces: their texts, and what is wrong there.
    pub traces: Vec<(String, Vec<Diagnostic>)>,
}

/// Reads a world; `name` is what the text is called in diagnostics, `load` gives the text of a trace by the name that
/// the file has for it, or says why it can't.
///
/// # Errors
/// Every mistake, in the order of the text.
pub fn read(name: &str, text: &str, load: &dyn Fn(&str) -> Result<String, String>) -> Result<Described, Flaws> {
    let only = |diagnostic| Flaws { file: vec![diagnostic], traces: Vec::new() };
    let document = Document::read(name, text).map_err(only)?;
    check_format(&document.value, "world").map_err(|problem| only(document.locate(problem)))?;
    let mut page = Page::default();
    let described = described(&mut page, &document.value, load);
    let mut file = document.flaws();
    let problems: BTreeSet<_> = std::mem::take(&mut page.problems).into_iter().collect();
    let problems: Vec<_> = problems.into_iter().map(|problem| document.locate(problem)).collect();
    // A number that no 64 bits hold has been told.
    let told = file.clone();
    file.extend(problems.into_iter().filter(|problem| told.iter().all(|other| other.range != problem.range)));
    file.sort_by_key(|diagnostic| diagnostic.range.start);
    match described {
        Some(described) if file.is_empty() && page.traces.is_empty() => {
            Ok(Described { notes: page.notes, ..described })
        }
        _ => Err(Flaws { file, traces: page.traces }),
    }
}

fn described(page: &mut Page, root: &Value, load: &dyn Fn(&str) -> Result<String, String>) -> Option<Described> {
    let root = Spot { path: Vec::new(), value: root };
    let (keys, sound) = page.object::<WorldKeys<'_>>(&root);
    let keys = keys?;
    page.maybe(&keys.schema, text);
    page.maybe(&keys.format, leaf::count);
    let title = page.or(&keys.title, String::new(), text);
    let seed = page.or(&keys.seed, 0, leaf::whole);
    let horizon = page.or(&keys.horizon, HORIZON, leaf::some_time);
    let rules = page.or(&keys.rules, Profile::Documented, rules);
    let deviations = rules.unwrap_or_default().deviations();
    // Where a part is wrong the others are still read, as if it said nothing.
    let known_horizon = horizon.unwrap_or(leaf::TIME_MAX);
    let mut policies = policies::read(page, &keys.policies, deviations);
    let groups = subscribers::read(
        page,
        &keys.subscribers,
        &mut subscribers::Around { horizon: known_horizon, policies: &mut policies },
    );
    let names: Vec<&str> = groups.iter().map(|group| group.name).collect();
    let around = arrivals::Around { horizon: known_horizon, groups: &names, load };
    let arrivals = arrivals::read(page, &keys.arrivals, &around);
    missing(page, &root, sound, "subscribers", &keys.subscribers, "at least one group of subscribers is needed");
    missing(page, &root, sound, "arrivals", &keys.arrivals, "at least one stream of posts is needed");
    let sender = sender::read(page, &keys.sender);

    let places = Places {
        horizon: keys.horizon.as_ref().or(keys.arrivals.as_ref()).unwrap_or(&root),
        policies: policies.iter().map(|written| written.spot.clone()).collect(),
        arrivals: arrivals.iter().map(|(spot, _)| spot.clone()).collect(),
    };
    let world = World {
        seed: seed?,
        horizon: horizon?,
        rules: deviations,
        subscribers: groups.into_iter().map(|group| group.subscriber).collect::<Option<_>>()?,
        arrivals: arrivals.into_iter().map(|(_, arrivals)| arrivals).collect::<Option<_>>()?,
        sender: sender?,
        policies: policies.into_iter().map(|written| written.policy).collect(),
    };
    if world.subscribers.is_empty() || world.arrivals.is_empty() || !page.problems.is_empty() {
        return None;
    }
    limits::check(page, &world, &places);
    Some(Described { title: title?, world, notes: Vec::new() })
}

/// Says that a part is not there, or empty.
fn missing(page: &mut Page, root: &Spot<'_>, sound: bool, key: &str, spot: &Option<Spot<'_>>, why: &str) {
    match spot {
        None if sound => page.refuse(root, format!("the key `{key}` is missing"), Some(why)),
        Some(spot) if spot.value.as_array().is_some_and(Vec::is_empty) => page.refuse(spot, "it is empty", Some(why)),
        Some(spot) if spot.value.as_object().is_some_and(|entries| entries.is_empty()) => {
            page.refuse(spot, "it is empty", Some(why));
        }
        _ => {}
    }
}

fn text(value: &Value) -> Result<String, Complaint> {
    let wrong = || (format!("expected a string, found {}", describe(value)), None);
    value.as_str().map(str::to_owned).ok_or_else(wrong)
}

fn rules(value: &Value) -> Result<Profile, Complaint> {
    let names = Profile::ALL.map(Profile::name);
    let known = Profile::ALL.into_iter().find(|profile| value == profile.name());
    known.ok_or_else(|| match value.as_str() {
        Some(name) => (format!("unknown rules `{name}`"), suggest(name, names)),
        None => (format!("expected rules, found {}", describe(value)), suggest("", names)),
    })
}

/// One hour.
const HORIZON: Nanos = 3_600_000_000_000;
