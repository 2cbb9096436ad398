//! Takes a case that a server passes.
//! Gives what the models make of it, and the deviations of a model that passes it, too.
//! Never calls one of them right.

use std::sync::Arc;

use super::super::catch::failed_checks;
use super::super::explain::smallest;
use crate::judge::Check;
use crate::protocol::{Deviation, Deviations, Profile};
use crate::scenario::Case;

/// What the model of one profile makes of a case.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// The profile.
    pub profile: Profile,
    /// What it does otherwise; nothing if it passes.
    pub differences: Vec<Check>,
}

/// The opinion of every profile.
pub fn opinions(case: &Arc<Case>) -> Vec<Opinion> {
    let of = |profile: Profile| Opinion { profile, differences: failed_checks(case, profile.deviations()) };
    Profile::ALL.into_iter().map(of).collect()
}

/// The sets of deviations with which the documented model passes the case: a smallest one of observed deviations, or else
/// every single one that does.
pub fn alike(case: &Arc<Case>) -> Vec<Vec<Deviation>> {
    let passes = |deviations: Deviations| failed_checks(case, deviations).is_empty();
    let single = || Deviation::ALL.iter().filter(|deviation| passes(Deviations::NONE.with(**deviation)));
    smallest(passes).map_or_else(|| single().map(|deviation| vec![*deviation]).collect(), |set| vec![set])
}
