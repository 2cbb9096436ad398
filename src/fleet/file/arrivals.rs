//! Takes the streams of posts of the file.
//! Gives them, for the groups they name.
//! Never lets one pass of which nothing comes.

use super::keys::{ArrivalKeys, BurstKeys, EvenKeys, PoissonKeys};
use super::page::{Page, Spot};
use super::windows::shown;
use super::{leaf, trace};
use crate::fleet::world::{Arrivals, Deal, Nanos, Pattern, SECOND};
use serde_json::Value;

use crate::scenario::{describe, display, suggest};

/// What the other parts of the file say, and where traces are.
pub(super) struct Around<'b> {
    pub horizon: Nanos,
    /// The names of the groups, in order.
    pub groups: &'b [&'b str],
    pub load: &'b dyn Fn(&str) -> Result<String, String>,
}

/// Every stream, with its place.
pub(super) fn read<'a>(
    page: &mut Page,
    spot: &Option<Spot<'a>>,
    around: &Around<'_>,
) -> Vec<(Spot<'a>, Option<Arrivals>)> {
    let elements = page.elements(spot);
    elements
        .into_iter()
        .map(|spot| {
            let arrivals = one(page, &spot, around);
            (spot, arrivals)
        })
        .collect()
}

fn one(page: &mut Page, spot: &Spot<'_>, around: &Around<'_>) -> Option<Arrivals> {
    let (keys, sound) = page.object::<ArrivalKeys<'_>>(spot);
    let keys = keys?;
    let to = to(page, &keys.to, around);
    let deal = page.or(&keys.deal, Deal::Each, deal);
    let batch = page.or(&keys.batch, 1, leaf::batch);
    let patterns = [("burst", &keys.burst), ("even", &keys.even), ("poisson", &keys.poisson), ("trace", &keys.trace)];
    let pattern = page.only(spot, sound, patterns).and_then(|(kind, spot)| match kind {
        "burst" => burst(page, spot),
        "even" => even(page, spot, around.horizon),
        "poisson" => poisson(page, spot, around.horizon),
        _ => of_trace(page, spot, around),
    });
    Some(Arrivals { to: to?, deal: deal?, batch: batch?, pattern: pattern? })
}

/// Indices of groups; all of them if nothing is said.
fn to(page: &mut Page, spot: &Option<Spot<'_>>, around: &Around<'_>) -> Option<Vec<usize>> {
    let Some(spot) = spot else { return Some((0..around.groups.len()).collect()) };
    let names = match spot.value {
        Value::Array(_) => page.elements(&Some(spot.clone())),
        _ => vec![spot.clone()],
    };
    if names.is_empty() {
        page.refuse(spot, "nobody gets these posts", Some("leave `to` out for all groups, or name one"));
        return None;
    }
    let mut found = Vec::new();
    let mut sound = true;
    for name in &names {
        match group(page, name, around) {
            Some(index) if found.contains(&index) => {
                page.refuse(name, format!("`{}` stands here twice", around.groups[index]), None);
                sound = false;
            }
            Some(index) => found.push(index),
            None => sound = false,
        }
    }
    sound.then_some(found)
}

fn group(page: &mut Page, spot: &Spot<'_>, around: &Around<'_>) -> Option<usize> {
    let Some(name) = spot.value.as_str() else {
        let message = format!("expected the name of a group of subscribers, found {}", describe(spot.value));
        page.refuse(spot, message, None);
        return None;
    };
    let found = around.groups.iter().position(|group| *group == name);
    if found.is_none() {
        let help = suggest(name, around.groups.iter().copied());
        page.refuse(spot, format!("no group of subscribers is called `{name}`"), help.as_deref());
    }
    found
}

fn deal(value: &Value) -> Result<Deal, super::page::Complaint> {
    match value.as_str() {
        Some("each") => Ok(Deal::Each),
        Some("one") => Ok(Deal::One),
        _ => {
            let help = "`\"each\"`: all members get every post; `\"one\"`: one of them, drawn".to_owned();
            Err((format!("expected each or one, found {}", describe(value)), Some(help)))
        }
    }
}

fn burst(page: &mut Page, spot: &Spot<'_>) -> Option<Pattern> {
    let (keys, sound) = page.object::<BurstKeys<'_>>(spot);
    let keys = keys?;
    let at = page.or(&keys.at, 0, leaf::time);
    let posts = page.required(spot, sound, "posts", &keys.posts, leaf::count);
    Some(Pattern::Burst { at: at?, posts: posts? })
}

fn even(page: &mut Page, spot: &Spot<'_>, horizon: Nanos) -> Option<Pattern> {
    let (keys, sound) = page.object::<EvenKeys<'_>>(spot);
    let keys = keys?;
    let span = span(page, spot, &keys.from, &keys.until, horizon);
    let (kind, number) = page.only(spot, sound, [("posts", &keys.posts), ("per_second", &keys.per_second)])?;
    if kind == "posts" {
        let posts = page.read(number, leaf::count);
        let (from, until) = span?;
        return Some(Pattern::Even { from, until, posts: posts? });
    }
    let rate = page.read(number, leaf::per_second);
    let ((from, until), rate) = (span?, rate?);
    let posts = u128::from(until - from) * u128::from(rate) / u128::from(SECOND * 1000);
    let posts = u64::try_from(posts).unwrap_or(u64::MAX);
    if posts == 0 {
        let message = format!("not one post comes of this rate in {}", shown(until - from));
        page.refuse(number, message, None);
        return None;
    }
    Some(Pattern::Even { from, until, posts })
}

fn poisson(page: &mut Page, spot: &Spot<'_>, horizon: Nanos) -> Option<Pattern> {
    let (keys, sound) = page.object::<PoissonKeys<'_>>(spot);
    let keys = keys?;
    let span = span(page, spot, &keys.from, &keys.until, horizon);
    let rate = page.required(spot, sound, "per_second", &keys.per_second, leaf::per_second);
    let (from, until) = span?;
    Some(Pattern::Poisson { from, until, per_kilosecond: rate? })
}

/// From when until when; the horizon ends it in any case.
fn span(
    page: &mut Page,
    around: &Spot<'_>,
    from: &Option<Spot<'_>>,
    until: &Option<Spot<'_>>,
    horizon: Nanos,
) -> Option<(Nanos, Nanos)> {
    let begins = page.or(from, 0, leaf::time);
    let ends = page.maybe(until, leaf::time);
    let (begins, ends) = (begins?, ends?);
    if begins < ends.unwrap_or(horizon) {
        return Some((begins, ends.unwrap_or(horizon)));
    }
    let message = match ends {
        Some(ends) => format!("the posts end at {}, and begin at {}", shown(ends), shown(begins)),
        None => format!("the posts begin at {}, and the horizon is {}", shown(begins), shown(horizon)),
    };
    page.refuse(until.as_ref().or(from.as_ref()).unwrap_or(around), message, None);
    None
}

fn of_trace(page: &mut Page, spot: &Spot<'_>, around: &Around<'_>) -> Option<Pattern> {
    let times = match spot.value {
        Value::Array(_) => trace::of_array(page, spot)?,
        Value::String(name) if name.is_empty() => {
            page.refuse(spot, "the trace has no name", Some("write the name of a file, or an array of times"));
            return None;
        }
        Value::String(name) => {
            let text = match (around.load)(name) {
                Ok(text) => text,
                Err(reason) => {
                    page.refuse(spot, format!("cannot read the trace `{name}`: {reason}"), None);
                    return None;
                }
            };
            match trace::of_text(name, &text) {
                Ok(times) => times,
                Err(wrong) => {
                    page.traces.push((text, wrong));
                    return None;
                }
            }
        }
        other => {
            let help = "write times in seconds, or the name of a file that holds them";
            page.refuse(spot, format!("expected an array or a file name, found {}", describe(other)), Some(help));
            return None;
        }
    };
    let seen = times.partition_point(|time| *time < around.horizon);
    if 0 < seen && seen < times.len() {
        let (path, left, horizon) = (display(&spot.path), times.len() - seen, shown(around.horizon));
        page.notes.push(format!("{left} of {} posts of {path} come after the horizon of {horizon}", times.len()));
    }
    Some(Pattern::Trace(times))
}
