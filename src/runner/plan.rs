//! Takes nothing.
//! Gives [`Planned`], what a run is made of.
//! Never says where it is played.

use std::sync::Arc;

use crate::scenario::{Case, Requirement, Scenario};

/// One case with what the report says about it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The scenario it belongs to.
    pub scenario: Arc<Scenario>,
    /// The case.
    pub case: Arc<Case>,
    /// The requirements it checks.
    pub requirements: Vec<Requirement>,
}
