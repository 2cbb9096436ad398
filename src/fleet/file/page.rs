//! Takes values of the file, each with its path, and what is wrong with them.
//! Gives them read, and collects every mistake and every remark on the way.
//! Never stops at a mistake: what could not be read is `None`, and the rest is read all the same.

use serde_json::Value;

use super::keys::Keys;
use crate::scenario::{Diagnostic, Problem, Segment, describe, suggest};

/// A value of the file, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    pub path: Vec<Segment>,
    pub value: &'a Value,
}

impl<'a> Spot<'a> {
    pub(super) fn below(&self, segment: impl Into<Segment>, value: &'a Value) -> Self {
        let path = [&self.path[..], &[segment.into()]].concat();
        Self { path, value }
    }
}

/// What is wrong with a value, and what to do about it.
pub(super) type Complaint = (String, Option<String>);

/// Where mistakes are written down.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub problems: Vec<Problem>,
    /// What is no mistake and yet worth saying.
    pub notes: Vec<String>,
    /// Trace files with mistakes in them: the text, and the mistakes.
    pub traces: Vec<(String, Vec<Diagnostic>)>,
}

impl Page {
    /// Writes down that a value is wrong.
    pub(super) fn refuse(&mut self, spot: &Spot<'_>, message: impl Into<String>, help: Option<&str>) {
        self.problems.push(Problem::at_value(spot.path.clone(), message, help.map(str::to_owned)));
    }

    /// A leaf that was written; nothing if it is wrong.
    pub(super) fn read<'a, T>(&mut self, spot: &Spot<'a>, read: fn(&'a Value) -> Result<T, Complaint>) -> Option<T> {
        match read(spot.value) {
            Ok(value) => Some(value),
            Err((message, help)) => {
                self.problems.push(Problem::at_value(spot.path.clone(), message, help));
                None
            }
        }
    }

    /// A leaf, or what counts without it; nothing if it is wrong.
    pub(super) fn or<'a, T>(
        &mut self,
        spot: &Option<Spot<'a>>,
        default: T,
        read: fn(&'a Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        spot.as_ref().map_or(Some(default), |spot| self.read(spot, read))
    }

    /// A leaf that may be left out; the outer option is nothing if it is wrong.
    pub(super) fn maybe<'a, T>(
        &mut self,
        spot: &Option<Spot<'a>>,
        read: fn(&'a Value) -> Result<T, Complaint>,
    ) -> Option<Option<T>> {
        match spot {
            None => Some(None),
            Some(spot) => self.read(spot, read).map(Some),
        }
    }

    /// A leaf that must be there; nothing if it is not, or wrong. An object with an unknown key is not `sound`: that
    /// key may be this one, misspelt, so its absence is not said too.
    pub(super) fn required<'a, T>(
        &mut self,
        around: &Spot<'a>,
        sound: bool,
        key: &str,
        spot: &Option<Spot<'a>>,
        read: fn(&'a Value) -> Result<T, Complaint>,
    ) -> Option<T> {
        match spot {
            Some(spot) => self.read(spot, read),
            None => {
                if sound {
                    self.refuse(around, format!("the key `{key}` is missing"), None);
                }
                None
            }
        }
    }

    /// An object and whether it is sound; nothing if it is none, which is written down. It is not sound if it has an unknown key.
    pub(super) fn object<'a, T: Keys<'a>>(&mut self, spot: &Spot<'a>) -> (Option<T>, bool) {
        let Value::Object(entries) = spot.value else {
            self.refuse(spot, format!("expected an object, found {}", describe(spot.value)), None);
            return (None, false);
        };
        let mut sound = true;
        for key in entries.keys().filter(|key| !T::KEYS.contains(&key.as_str())) {
            let path = [&spot.path[..], &[Segment::Key(key.clone())]].concat();
            let help = suggest(key, T::KEYS.iter().copied());
            self.problems.push(Problem::at_key(path, format!("unknown key `{key}`"), help));
            sound = false;
        }
        let object = T::pick(|key| entries.get(key).map(|value| spot.below(key, value)));
        (Some(object), sound)
    }

    /// The elements of an array; none if it is left out or no array.
    pub(super) fn elements<'a>(&mut self, spot: &Option<Spot<'a>>) -> Vec<Spot<'a>> {
        let Some(spot) = spot else { return Vec::new() };
        let Value::Array(elements) = spot.value else {
            self.refuse(spot, format!("expected an array, found {}", describe(spot.value)), None);
            return Vec::new();
        };
        elements.iter().enumerate().map(|(index, value)| spot.below(index, value)).collect()
    }

    /// Objects by name; none if it is left out or no object.
    pub(super) fn named<'a>(&mut self, spot: &Option<Spot<'a>>) -> Vec<(&'a str, Spot<'a>)> {
        let Some(spot) = spot else { return Vec::new() };
        let Value::Object(entries) = spot.value else {
            self.refuse(spot, format!("expected an object, found {}", describe(spot.value)), None);
            return Vec::new();
        };
        entries.iter().map(|(name, value)| (name.as_str(), spot.below(name.as_str(), value))).collect()
    }

    /// The only one of several keys that is there; nothing if it is not exactly one.
    pub(super) fn only<'b, 'a, const N: usize>(
        &mut self,
        spot: &Spot<'a>,
        sound: bool,
        keys: [(&'static str, &'b Option<Spot<'a>>); N],
    ) -> Option<(&'static str, &'b Spot<'a>)> {
        let names = keys.map(|(name, _)| format!("`{name}`")).join(", ");
        let mut there = keys.into_iter().filter_map(|(name, spot)| Some((name, spot.as_ref()?)));
        match (there.next(), there.next()) {
            (Some(one), None) => Some(one),
            (Some((first, _)), Some((second, other))) => {
                let message = format!("`{first}` and `{second}` stand here together");
                self.refuse(other, message, Some(&format!("keep one of {names}")));
                None
            }
            (None, _) => {
                if sound {
                    self.refuse(spot, format!("one of {names} is missing"), None);
                }
                None
            }
        }
    }
}
