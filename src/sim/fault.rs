//! Takes a seed, a subscriber and the number of an attempt.
//! Gives the fault that the network does to that attempt, if it does one.
//! Never draws from a stream: taking one fault away leaves all others where they were, so that a failure can be shrunk.

use crate::time::Duration;

/// What goes wrong with one connection of the server to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// So many bytes come through, both ways together; nothing after them does, and nobody is told.
    BlackHoleAfter(usize),
    /// The other end accepts and closes.
    CloseOnAccept,
    /// Nobody answers the connection.
    ConnectHangs,
    /// The name has no address.
    DnsFailure,
    /// The connection is refused.
    Refuse,
    /// So many bytes come through, both ways together; then both ends are reset.
    ResetAfter(usize),
    /// The other end accepts and resets.
    ResetOnAccept,
    /// Every byte takes this long.
    SlowBytes(Duration),
}

/// Which attempts meet which fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    /// None does.
    #[default]
    None,
    /// These do: subscriber and number of the attempt, from 0, counted in connections to that subscriber.
    Plan(Vec<(String, u32, Fault)>),
    /// About `percent` of all do, as the seed says.
    Seeded {
        /// Where the faults come from.
        seed: u64,
        /// How many in a hundred attempts meet one.
        percent: u32,
    },
}

impl Faults {
    /// The fault that meets one attempt.
    pub fn of(&self, subscriber: &str, attempt: u32) -> Option<Fault> {
        match self {
            Self::None => None,
            Self::Plan(plan) => {
                let here = |(name, number, _): &&(String, u32, Fault)| name == subscriber && *number == attempt;
                plan.iter().find(here).map(|(_, _, fault)| *fault)
            }
            Self::Seeded { seed, percent } => {
                let drawn = mix(*seed ^ mix(name_number(subscriber)) ^ (u64::from(attempt) << 32));
                (drawn % 100 < u64::from(*percent)).then(|| kind(mix(drawn)))
            }
        }
    }
}

fn kind(drawn: u64) -> Fault {
    let bytes = (drawn >> 32) as usize % BYTES_MAX;
    match drawn % 8 {
        0 => Fault::BlackHoleAfter(bytes),
        1 => Fault::CloseOnAccept,
        2 => Fault::ConnectHangs,
        3 => Fault::DnsFailure,
        4 => Fault::Refuse,
        5 => Fault::ResetAfter(bytes),
        6 => Fault::ResetOnAccept,
        _ => Fault::SlowBytes(Duration::from_millis(1 + bytes as u64 % SLOW_MAX_MS)),
    }
}

/// Every number a different one, and no pattern left. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", SplitMix64.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// FNV-1a.
fn name_number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// About as long as a notification and its answer: a connection may break anywhere in them.
const BYTES_MAX: usize = 400;
/// At the slowest, a notification takes longer than a server waits.
const SLOW_MAX_MS: u64 = 100;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_every_kind_of_fault_about_as_often_as_asked() {
        let faults = Faults::Seeded { seed: 7, percent: 40 };
        let met: Vec<Fault> = (0..1000).filter_map(|attempt| faults.of("hook", attempt)).collect();
        assert!((350..450).contains(&met.len()), "{}", met.len());
        let kinds: BTreeSet<String> =
            met.iter().map(|fault| format!("{fault:?}").split('(').next().unwrap_or_default().to_owned()).collect();
        assert_eq!(kinds.len(), 8, "{kinds:?}");
    }

    #[test]
    fn faults_of_one_subscriber_do_not_depend_on_another() {
        let of = |seed, name| -> Vec<Option<Fault>> {
            (0..50).map(|attempt| Faults::Seeded { seed, percent: 50 }.of(name, attempt)).collect()
        };
        assert_eq!(of(1, "a"), of(1, "a"));
        assert_ne!(of(1, "a"), of(1, "b"));
        assert_ne!(of(1, "a"), of(2, "a"));
    }
}
