//! Takes a small world of deliveries and a target.
//! Gives what the engine of `fleet` predicts of every delivery beside what the target did.
//! Never plays a world that a real server can't be told: chance, capacity, a timeout of the sender.

mod overlay;
mod posts;
mod prediction;
mod staging;

pub use overlay::{Overlaid, Overlay};
pub use staging::Unplayable;

use crate::fleet::World;
use crate::target::{self, Target};
use crate::time::Duration;

/// Why a world could not be held against a target.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The world is not one that a server can be shown.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// The target can't be used.
    #[error(transparent)]
    Target(#[from] target::Error),
    /// The server refused a request that the world needs.
    #[error("set up the world: {request} is answered with {status}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status of the answer.
        status: u16,
    },
}

/// Plays a world on a target; every second of the world is one of the target's clock.
///
/// `setup` is how long the target may take to create queues and subscriptions before the world begins. What is predicted
/// starts from the moments at which the posts were really sent, so that only the deliveries are compared.
///
/// # Errors
/// [`VerifyError`].
pub async fn verify<T: Target>(world: &World, target: &T, setup: Duration) -> Result<Overlay, VerifyError> {
    let staged = staging::stage(world, setup)?;
    let observed = target.play(&staged.case).await?;
    let refused = observed.exchanges.iter().find(|exchange| !(200..=299).contains(&exchange.response.status));
    if let Some(exchange) = refused {
        let request = format!("{} {}", exchange.request.method, exchange.request.target);
        return Err(VerifyError::Refused { request, status: exchange.response.status });
    }
    Ok(overlay::overlay(world, &staged, &observed)?)
}
