//! Takes the keys of a window: one of three sets of them.
//! Gives when something is so.
//! Never takes a window that begins after it ends, or so many that an engine would only walk through them.

use super::keys::{BrownoutKeys, DownKeys, SlowKeys};
use super::leaf;
use super::page::{Page, Spot};
use crate::fleet::world::{Nanos, Window};

/// The keys of a window.
pub(super) struct WindowKeys<'a> {
    pub from: Option<Spot<'a>>,
    pub until: Option<Spot<'a>>,
    pub first: Option<Spot<'a>>,
    pub every: Option<Spot<'a>>,
    pub lasting: Option<Spot<'a>>,
    pub mean_up: Option<Spot<'a>>,
    pub mean_down: Option<Spot<'a>>,
}

macro_rules! windows_of {
    ($($keys:ident),*) => {$(
        impl<'a> $keys<'a> {
            /// The keys of its window.
            pub(super) fn window(&self) -> WindowKeys<'a> {
                let Self { from, until, first, every, lasting, mean_up, mean_down, .. } = self.clone();
                WindowKeys { from, until, first, every, lasting, mean_up, mean_down }
            }
        }
    )*};
}

windows_of!(DownKeys, BrownoutKeys, SlowKeys);

/// What the windows are drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around {
    pub horizon: Nanos,
    /// Each of them has random windows of its own.
    pub members: u32,
}

/// The window; `spot` is the object it stands in.
pub(super) fn read(
    page: &mut Page,
    spot: &Spot<'_>,
    sound: bool,
    keys: &WindowKeys<'_>,
    around: Around,
) -> Option<Window> {
    let sets = [
        ("from/until", [&keys.from, &keys.until, &None]),
        ("first/every/for", [&keys.first, &keys.every, &keys.lasting]),
        ("mean_up/mean_down", [&keys.mean_up, &keys.mean_down, &None]),
    ];
    let used: Vec<_> =
        sets.iter().filter_map(|(name, set)| Some((*name, set.iter().find_map(|key| key.as_ref())?))).collect();
    match used.as_slice() {
        [] if !sound => None,
        [] | [("from/until", _)] => between(page, keys),
        [("first/every/for", _)] => periodic(page, spot, sound, keys, around),
        [_] => random(page, spot, sound, keys, around),
        [(one, _), (other, key), ..] => {
            let help = "a window has `from` and `until`, or `first`, `every` and `for`, or `mean_up` and `mean_down`";
            page.refuse(key, format!("keys of two kinds of windows: {one} and {other}"), Some(help));
            None
        }
    }
}

fn between(page: &mut Page, keys: &WindowKeys<'_>) -> Option<Window> {
    let (from, until) = (page.or(&keys.from, 0, leaf::time), page.or(&keys.until, leaf::TIME_MAX, leaf::time));
    let (from, until) = (from?, until?);
    if from < until {
        return Some(Window::Between(from, until));
    }
    let spot = keys.until.as_ref().or(keys.from.as_ref())?;
    page.refuse(spot, format!("the window ends at {}, and begins at {}", shown(until), shown(from)), None);
    None
}

fn periodic(page: &mut Page, spot: &Spot<'_>, sound: bool, keys: &WindowKeys<'_>, around: Around) -> Option<Window> {
    let first = page.or(&keys.first, 0, leaf::time);
    let every = page.required(spot, sound, "every", &keys.every, leaf::some_time);
    let lasting = page.required(spot, sound, "for", &keys.lasting, leaf::some_time);
    let (first, every, lasting) = (first?, every?, lasting?);
    let length = keys.lasting.as_ref()?;
    if lasting >= every {
        let message = format!("{} out of every {} leave no time between", shown(lasting), shown(every));
        page.refuse(length, message, Some("use `from` and `until` for what never ends"));
        return None;
    }
    few(page, keys.every.as_ref()?, around.horizon / every, 1)?;
    Some(Window::Periodic { first, every, lasting })
}

fn random(page: &mut Page, spot: &Spot<'_>, sound: bool, keys: &WindowKeys<'_>, around: Around) -> Option<Window> {
    let up = page.required(spot, sound, "mean_up", &keys.mean_up, leaf::some_time);
    let down = page.required(spot, sound, "mean_down", &keys.mean_down, leaf::some_time);
    let (up, down) = (up?, down?);
    few(page, keys.mean_up.as_ref()?, around.horizon / (up + down), around.members)?;
    Some(Window::Random { up, down })
}

fn few(page: &mut Page, spot: &Spot<'_>, windows: u64, members: u32) -> Option<()> {
    if windows > WINDOWS_MAX {
        let message = format!("about {windows} windows before the horizon, at most {WINDOWS_MAX} are simulated");
        page.refuse(spot, message, None);
        return None;
    }
    if windows * u64::from(members) > ALL_WINDOWS_MAX {
        let message = format!(
            "about {windows} windows before the horizon for each of {members}, \
             at most {ALL_WINDOWS_MAX} are simulated together"
        );
        page.refuse(spot, message, None);
        return None;
    }
    Some(())
}

/// A time as the file has it.
pub(super) fn shown(nanos: Nanos) -> String {
    humantime::format_duration(std::time::Duration::from_nanos(nanos)).to_string()
}

/// An engine may have to draw every one of them, for every member of a group.
const WINDOWS_MAX: u64 = 100_000;
/// All members of a group together.
const ALL_WINDOWS_MAX: u64 = 10_000_000;
