//! Takes lists of values for the keys of a policy.
//! Gives every policy of them that Zaqar accepts, each schedule once.
//! Never gives a policy that validation refuses, or one so long that it is cut.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::shape::Shape;
use crate::fleet::world::{Jitter, Policy};
use crate::policy::{BackoffFunction, KEYS, Selected, validate};
use crate::protocol::Deviations;
use crate::schedule::{End, Outcomes, Timeline};
use crate::spelling::hint;

/// The values that are tried for each key, in the order of [`KEYS`] without the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid(Vec<(&'static str, Vec<Value>)>);

/// A policy that can be tried.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The policy; its name is what it says.
    pub policy: Policy,
    /// What its schedule looks like.
    pub shape: Shape,
}

/// The candidates of a grid, and what was left out.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// In the order of the grid: the last key changes fastest.
    pub all: Vec<Candidate>,
    /// Combinations that validation refuses.
    pub refused: u64,
    /// Combinations with the delays of one before them.
    pub repeated: u64,
    /// Combinations whose schedule breaks off or has too many retries to be drawn.
    pub unusable: u64,
}

/// The most combinations that a grid may have.
pub const COMBINATIONS_MAX: u64 = 1_000_000;

impl Grid {
    /// Takes `key=values` in: those values are tried, instead of the usual ones.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let Some((key, values)) = text.split_once('=') else {
            return Err(format!("{text} has no values; write for example minimum_delay=1,5,10"));
        };
        let names = self.0.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let Some((name, own)) = self.0.iter_mut().find(|(name, _)| *name == key) else {
            return Err(format!("no such key of a policy: {key}{}", hint(key, names)));
        };
        *own = if *name == FUNCTION { functions(values)? } else { numbers(values)? };
        Ok(())
    }

    /// How many combinations there are.
    pub fn combinations(&self) -> u64 {
        self.0.iter().fold(1_u64, |product, (_, values)| product.saturating_mul(values.len() as u64))
    }

    /// Every policy of the grid that can be tried.
    ///
    /// # Errors
    /// There are more than [`COMBINATIONS_MAX`] combinations.
    pub fn candidates(&self, jitter: Jitter, rules: Deviations) -> Result<Candidates, String> {
        let count = self.combinations();
        if count > COMBINATIONS_MAX {
            return Err(format!("the grid has {count} combinations; at most {COMBINATIONS_MAX} are searched"));
        }
        let (mut candidates, mut seen) = (Candidates::default(), BTreeSet::new());
        for number in 0..count {
            let keys = self.combination(number);
            if validate(&Value::Object(keys.clone()), rules).is_err() {
                candidates.refused += 1;
                continue;
            }
            let timeline = Timeline::draw(Selected::Policy(keys.clone()), &Outcomes::never(), rules);
            let times: Vec<u64> = timeline.attempts.iter().map(|attempt| attempt.at_s).collect();
            if timeline.end != End::Exhausted || times.len() > ATTEMPTS_MAX {
                candidates.unusable += 1;
            } else if seen.insert(times) {
                let policy = Policy { name: name_of(&keys), selected: Selected::Policy(keys), jitter };
                candidates.all.push(Candidate { policy, shape: Shape::drawn(&timeline) });
            } else {
                candidates.repeated += 1;
            }
        }
        Ok(candidates)
    }

    fn combination(&self, number: u64) -> Map<String, Value> {
        let mut rest = number;
        let mut keys: Vec<(String, Value)> = Vec::new();
        for (key, values) in self.0.iter().rev() {
            let count = values.len() as u64;
            keys.push(((*key).to_owned(), values[(rest % count) as usize].clone()));
            rest /= count;
        }
        keys.into_iter().rev().collect()
    }
}

impl Default for Grid {
    /// A few thousand policies around the documented defaults.
    fn default() -> Self {
        let whole = |values: &[i64]| values.iter().map(|value| Value::from(*value)).collect();
        let values = KEYS.into_iter().filter_map(|key| {
            let values = match key {
                "retries_with_no_delay" => whole(&[0, 1, 3]),
                "minimum_delay_retries" => whole(&[0, 1, 3]),
                "minimum_delay" => whole(&[1, 2, 5, 10, 20]),
                "maximum_delay" => whole(&[15, 30, 60, 120, 300, 600]),
                "maximum_delay_retries" => whole(&[0, 1, 3, 10]),
                // The fourth, exponential, has the delays of the third. Source: commit.
                FUNCTION => ["linear", "arithmetic", "geometric"].map(Value::from).to_vec(),
                _ => return None,
            };
            Some((key, values))
        });
        Self(values.collect())
    }
}

/// A policy in the order of its phases: `1 + 3x5 + geometric 5..60 + 3x60`.
fn name_of(keys: &Map<String, Value>) -> String {
    let number = |key| keys.get(key).and_then(Value::as_i64).unwrap_or_default();
    let (minimum, maximum) = (number("minimum_delay"), number("maximum_delay"));
    let function = keys.get(FUNCTION).and_then(Value::as_str).unwrap_or_default();
    let constant = |key, delay| Some(number(key)).filter(|count| *count > 0).map(|count| format!("{count}x{delay}"));
    let phases = [
        constant("retries_with_no_delay", 0),
        constant("minimum_delay_retries", minimum),
        Some(format!("{function} {minimum}..{maximum}")),
        constant("maximum_delay_retries", maximum),
    ];
    phases.into_iter().flatten().collect::<Vec<_>>().join(" + ")
}

fn numbers(text: &str) -> Result<Vec<Value>, String> {
    let number = |item: &str| {
        let item = item.trim();
        item.parse::<i64>()
            .map(Value::from)
            .map_err(|_| format!("`{item}` is no whole number; write for example 1,5,10"))
    };
    text.split(',').map(number).collect()
}

fn functions(text: &str) -> Result<Vec<Value>, String> {
    let function = |item: &str| {
        let item = item.trim();
        let known = ["linear", "arithmetic", "geometric", "exponential"];
        match BackoffFunction::named(item) {
            Some(function) => Ok(Value::from(function.name())),
            None => Err(format!("no such function: {item}{}; there are {}", hint(item, known), known.join(", "))),
        }
    };
    text.split(',').map(function).collect()
}

const FUNCTION: &str = "retry_backoff_function";
/// A search draws each of them for every message.
const ATTEMPTS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Profile;

    fn small(values: &[&str]) -> Grid {
        let mut grid = Grid::default();
        let single = ["retries_with_no_delay=3", "minimum_delay_retries=3", "minimum_delay=5", "maximum_delay=30"];
        let rest = ["maximum_delay_retries=3", "retry_backoff_function=linear"];
        single.iter().chain(&rest).chain(values).for_each(|text| grid.set(text).expect(text));
        grid
    }

    fn candidates(values: &[&str]) -> Candidates {
        small(values).candidates(Jitter::None, Deviations::NONE).expect("it is small")
    }

    #[test]
    fn the_documented_defaults_are_on_the_grid() {
        let all = candidates(&[]).all;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].policy.name, "3x0 + 3x5 + linear 5..30 + 3x30");
        assert_eq!(all[0].shape, Shape { attempts: 15, span_s: 180, gap_max_s: 30 });
    }

    #[test]
    fn what_is_refused_or_repeated_is_counted() {
        let counted = candidates(&["minimum_delay=5,21", "retry_backoff_function=geometric,exponential"]);
        assert_eq!((counted.all.len(), counted.refused, counted.repeated), (1, 2, 1));
        let zero = small(&["minimum_delay=0", "retry_backoff_function=geometric"]);
        let broken = zero.candidates(Jitter::None, Profile::Zaqar23.deviations()).expect("it is small");
        assert_eq!((broken.all.len(), broken.unusable), (0, 1));
        let endless = candidates(&["maximum_delay_retries=9223372036854775807"]);
        assert_eq!((endless.all.len(), endless.unusable), (0, 1));
    }

    #[test]
    fn the_usual_grid_is_worth_a_search() {
        let candidates = Grid::default().candidates(Jitter::None, Deviations::NONE).expect("it is small");
        assert!((1_000..5_000).contains(&candidates.all.len()), "{}", candidates.all.len());
        assert_eq!(
            candidates.all.len() as u64 + candidates.refused + candidates.repeated + candidates.unusable,
            Grid::default().combinations()
        );
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Grid::default().set(text), Err(expected.into()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("minimum_delay", "minimum_delay has no values; write for example minimum_delay=1,5,10");
        check("minimum_dely=1", "no such key of a policy: minimum_dely; did you mean minimum_delay?");
        check("minimum_delay=1,x", "`x` is no whole number; write for example 1,5,10");
        let function = "retry_backoff_function=linnear";
        let known = "there are linear, arithmetic, geometric, exponential";
        check(function, &format!("no such function: linnear; did you mean linear?; {known}"));
        let many: Vec<String> = (0..2_000).map(|value| value.to_string()).collect();
        let (low, high) = (format!("minimum_delay={}", many.join(",")), format!("maximum_delay={}", many.join(",")));
        let refused = small(&[&low, &high]).candidates(Jitter::None, Deviations::NONE).expect_err("too many");
        assert_eq!(refused, "the grid has 4000000 combinations; at most 1000000 are searched");
    }
}
