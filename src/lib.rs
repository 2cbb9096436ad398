//! `zaqarcheck` judges whether a Zaqar-compatible server delivers notifications the way the documents promise.

pub mod cli;
pub mod clock;
pub mod judge;
pub mod model;
pub mod policy;
pub mod protocol;
pub mod report;
pub mod rng;
pub mod runner;
pub mod scenario;
pub mod subscriber;
pub mod target;
pub mod time;
pub mod wire;
