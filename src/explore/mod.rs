//! Takes seeds and something that plays cases.
//! Gives what breaks an invariant, cut down to a scenario file that shows it.
//! Never compares with literal expectations: every plan is judged by rules that hold for all of them.
//!
//! ```text
//! seed -> Plan -> Case -> Observed -> Violation -> Case -> scenario file
//!     draw    (case)  play       judge         shrink  write
//! ```

mod dice;
mod invariant;
mod kind;
mod outcome;
mod plan;
mod policies;
mod promise;
mod range;
mod record;
mod report;
mod seen;
mod shorter;
mod shrink;
mod swarm;
mod write;

pub use invariant::{INVARIANTS, Invariant, Nature, Told, View, Violation, violations};
pub use kind::Kind;
pub use outcome::{Engine, Outcome, Play, broken, play_seed};
pub use plan::{HEALED, Plan};
pub use promise::{Promise, Promised, Silence};
pub use range::{CHECKED_ONE_IN, Explored, Range, Shard, explore};
pub use record::{Header, Line, MergeError, ReducedLine, SeedLine, Summary, ViolationLine, merge};
pub use report::{Reduced, reduce};
pub use seen::{SEEDS_MIN, Seen, Sight, seen};
pub use shrink::{Shrunk, shrink};
pub use swarm::{Feature, Swarm};
pub use write::{Detail, write};
