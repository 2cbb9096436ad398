//! Takes the groups of subscribers of the file.
//! Gives them with their troubles.
//! Never lets one name a policy that is not there.

use super::keys::{BrownoutKeys, CapacityKeys, DownKeys, Keys, SlowKeys, SubscriberKeys};
use super::leaf;
use super::page::{Page, Spot};
use super::policies::{DEFAULT, Written};
use super::windows::{self, WindowKeys};
use crate::fleet::world::{Brownout, Capacity, Down, Fails, Nanos, Slow, Subscriber, Window};
use crate::scenario::{Problem, describe, display, suggest};

/// What the other parts of the file say.
pub(super) struct Around<'b, 'a> {
    pub horizon: Nanos,
    pub policies: &'b mut Vec<Written<'a>>,
}

/// A group.
pub(super) struct Group<'a> {
    pub name: &'a str,
    /// Nothing if it has mistakes.
    pub subscriber: Option<Subscriber>,
}

/// Every group of the file.
pub(super) fn read<'a>(page: &mut Page, spot: &Option<Spot<'a>>, around: &mut Around<'_, 'a>) -> Vec<Group<'a>> {
    let named = page.named(spot);
    named
        .into_iter()
        .map(|(name, spot)| {
            if name.is_empty() {
                page.problems.push(Problem::at_key(spot.path.clone(), "a group of subscribers needs a name", None));
            }
            let subscriber = one(page, name, &spot, around);
            Group { name, subscriber }
        })
        .collect()
}

fn one<'a>(page: &mut Page, name: &str, spot: &Spot<'a>, around: &mut Around<'_, 'a>) -> Option<Subscriber> {
    let (keys, _) = page.object::<SubscriberKeys<'_>>(spot);
    let keys = keys?;
    let count = page.or(&keys.count, 1, leaf::small_count);
    if let (Some(count @ MEMBERS_MAX..), Some(spot)) = (count, &keys.count) {
        page.refuse(spot, format!("{count} subscribers, at most {} are simulated", MEMBERS_MAX - 1), None);
    }
    let windows = windows::Around { horizon: around.horizon, members: count.unwrap_or(1) };
    let policy = policy(page, &keys.policy, around.policies);
    let latency = page.or(&keys.latency, LATENCY, leaf::time);
    let down = troubles(page, &keys.down, windows, |keys: &DownKeys<'_>| keys.window(), down);
    let brownouts = troubles(page, &keys.brownouts, windows, |keys: &BrownoutKeys<'_>| keys.window(), brownout);
    let slow = troubles(page, &keys.slow, windows, |keys: &SlowKeys<'_>| keys.window(), slow);
    let capacity = match &keys.capacity {
        None => Some(None),
        Some(spot) => capacity(page, spot).map(Some),
    };
    Some(Subscriber {
        name: name.to_owned(),
        count: count?,
        policy: policy?,
        latency: latency?,
        down: down?,
        brownouts: brownouts?.into_iter().filter(|brownout| brownout.parts_per_million > 0).collect(),
        slow: slow?,
        capacity: capacity?,
    })
}

/// The index of the policy, which is added if it is the default that nobody wrote.
fn policy<'a>(page: &mut Page, spot: &Option<Spot<'a>>, policies: &mut Vec<Written<'a>>) -> Option<usize> {
    let name = match spot {
        None => DEFAULT,
        Some(spot) => match spot.value.as_str() {
            Some(name) => name,
            None => {
                page.refuse(spot, format!("expected the name of a policy, found {}", describe(spot.value)), None);
                return None;
            }
        },
    };
    let known = policies.iter().position(|written| written.policy.name == name);
    if known.is_some() {
        return known;
    }
    if name == DEFAULT {
        policies.push(Written::default());
        return Some(policies.len() - 1);
    }
    let names = policies.iter().map(|written| written.policy.name.as_str());
    let help = suggest(name, names.chain([DEFAULT]));
    page.refuse(spot.as_ref()?, format!("no policy is called `{name}`"), help.as_deref());
    None
}

/// A list of troubles of one kind; nothing if one of them has a mistake.
fn troubles<'a, K: Keys<'a>, T>(
    page: &mut Page,
    spot: &Option<Spot<'a>>,
    around: windows::Around,
    window: fn(&K) -> WindowKeys<'a>,
    finish: fn(&mut Page, &Spot<'a>, bool, &K, Option<Window>) -> Option<T>,
) -> Option<Vec<T>> {
    let read = |page: &mut Page, spot: Spot<'a>| {
        let (keys, sound) = page.object::<K>(&spot);
        let keys = keys?;
        let window = windows::read(page, &spot, sound, &window(&keys), around);
        if let Some(first) = window.as_ref().map(begins).filter(|first| *first >= around.horizon) {
            let (path, first, horizon) = (display(&spot.path), windows::shown(first), windows::shown(around.horizon));
            page.notes.push(format!("{path} begins at {first} and the horizon is {horizon}: it never happens"));
        }
        finish(page, &spot, sound, &keys, window)
    };
    let elements = page.elements(spot);
    let all: Vec<Option<T>> = elements.into_iter().map(|spot| read(page, spot)).collect();
    all.into_iter().collect()
}

const fn begins(window: &Window) -> Nanos {
    match window {
        Window::Between(from, _) => *from,
        Window::Periodic { first, .. } => *first,
        Window::Random { .. } => 0,
    }
}

fn down(page: &mut Page, _: &Spot<'_>, _: bool, keys: &DownKeys<'_>, window: Option<Window>) -> Option<Down> {
    let fails = page.or(&keys.fails, Fails::Refuse, leaf::fails);
    Some(Down { window: window?, fails: fails? })
}

fn brownout(
    page: &mut Page,
    spot: &Spot<'_>,
    sound: bool,
    keys: &BrownoutKeys<'_>,
    window: Option<Window>,
) -> Option<Brownout> {
    let parts_per_million = page.required(spot, sound, "rate", &keys.rate, leaf::rate);
    let status = page.or(&keys.status, STATUS, leaf::status);
    Some(Brownout { window: window?, parts_per_million: parts_per_million?, status: status? })
}

fn slow(page: &mut Page, spot: &Spot<'_>, sound: bool, keys: &SlowKeys<'_>, window: Option<Window>) -> Option<Slow> {
    let latency = page.required(spot, sound, "latency", &keys.latency, leaf::time);
    Some(Slow { window: window?, latency: latency? })
}

fn capacity(page: &mut Page, spot: &Spot<'_>) -> Option<Capacity> {
    let (keys, sound) = page.object::<CapacityKeys<'_>>(spot);
    let keys = keys?;
    let per_second = page.required(spot, sound, "per_second", &keys.per_second, leaf::small_count);
    let status = page.or(&keys.status, STATUS, leaf::status);
    let cold = page.or(&keys.cold, 0, leaf::time);
    Some(Capacity { per_second: per_second?, status: status?, cold: cold? })
}

/// 20 ms.
const LATENCY: Nanos = 20_000_000;
/// What an overloaded subscriber answers.
const STATUS: u16 = 503;
/// More than that is a slip, or belongs to several groups.
const MEMBERS_MAX: u32 = 1_000_001;
