//! Takes a small world.
//! Gives every attempt that the engine makes in it, by delivery.
//! Never keeps more of a world than a server can be shown.

use super::staging::{DELIVERIES_MAX, Unplayable};
use crate::fleet::{Ended, Fate, Tried, Watch, World, run};

/// What the engine says about one delivery.
#[derive(Clone, Debug, Default)]
pub(super) struct Predicted {
    pub attempts: Vec<Tried>,
    pub fate: Option<Fate>,
}

/// What the engine says about every delivery, by its number.
pub(super) fn predict(world: &World) -> Result<Vec<Predicted>, Unplayable> {
    let mut recorder = Recorder::default();
    run(world, &mut recorder)?;
    if recorder.attempts > ATTEMPTS_MAX {
        return Err(Unplayable::TooMany(recorder.attempts));
    }
    Ok(recorder.deliveries)
}

#[derive(Default)]
struct Recorder {
    deliveries: Vec<Predicted>,
    attempts: u64,
}

impl Recorder {
    fn of(&mut self, delivery: u64) -> Option<&mut Predicted> {
        let place = usize::try_from(delivery).ok().filter(|place| *place < DELIVERIES_MAX)?;
        if place >= self.deliveries.len() {
            self.deliveries.resize_with(place + 1, Predicted::default);
        }
        self.deliveries.get_mut(place)
    }
}

impl Watch for Recorder {
    const ASLEEP: bool = false;

    fn tried(&mut self, tried: &Tried) {
        self.attempts += 1;
        if self.attempts <= ATTEMPTS_MAX
            && let Some(predicted) = self.of(tried.delivery)
        {
            predicted.attempts.push(*tried);
        }
    }

    fn ended(&mut self, ended: &Ended) {
        if let Some(predicted) = self.of(ended.delivery) {
            predicted.fate = Some(ended.fate);
        }
    }
}

/// More than a target plays of one case.
const ATTEMPTS_MAX: u64 = crate::target::ATTEMPTS_MAX as u64;
