//! Takes what is told of one delivery.
//! Gives it again of others that fare alike.
//! Never the end of another message of its post: who fares alike has one message left.

use crate::fleet::watch::{Ended, Tried, Watch};

/// What was told of an attempt.
#[derive(Debug, Default)]
pub(super) struct Told {
    tried: Option<Tried>,
    ended: Option<Ended>,
}

impl Told {
    /// Tells it of the delivery that is so many later.
    #[inline]
    pub(super) fn again(&self, later: u32, watch: &mut impl Watch) {
        let later = u64::from(later);
        if let Some(tried) = self.tried {
            watch.tried(&Tried { delivery: tried.delivery + later, ..tried });
        }
        if let Some(ended) = self.ended {
            watch.ended(&Ended { delivery: ended.delivery + later, ..ended });
        }
    }
}

impl Watch for Told {
    const ASLEEP: bool = false;

    fn tried(&mut self, tried: &Tried) {
        self.tried = Some(*tried);
    }

    fn ended(&mut self, ended: &Ended) {
        self.ended = Some(*ended);
    }
}
