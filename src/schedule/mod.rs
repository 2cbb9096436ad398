//! Takes delivery policies, and what a subscriber answers.
//! Gives the timeline of one delivery, what bites about it, and the same policy in other systems' words.
//! Never computes a delay of Zaqar's: `policy` does.

mod convert;
mod lint;
mod outcomes;
mod reading;
mod sns;
mod source;
mod timeline;

pub use convert::{Conversion, Source, System, convert};
pub use lint::{Circumstances, Concern, Weight, lint};
pub use outcomes::Outcomes;
pub(crate) use reading::mistakes_of;
pub use reading::read_policy;
pub use sns::{FORMULAS, HealthyRetryPolicy};
pub use source::{read_list, read_sns};
pub use timeline::{Attempt, End, RETRIES_MAX, Timeline};
