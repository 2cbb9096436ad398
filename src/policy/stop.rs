//! Takes nothing.
//! Gives [`Stop`], the reasons why retries may end before their schedule does.
//! Never stands for a server that does what the documents say.

use super::backoff::Undefined;

/// Why the reference implementation abandons a schedule midway. Observed: zaqar 23.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The policy itself is no object.
    #[error("AttributeError: the policy has no keys")]
    NoPolicy,
    /// A sleep of negative length.
    #[error("ValueError: sleep length must be non-negative")]
    NegativeDelay,
    /// A value of a type that can't be counted or slept.
    #[error("TypeError: a value has the wrong type")]
    WrongType,
    /// `retry_backoff_function` names no function.
    #[error("KeyError: no such retry_backoff_function")]
    UnknownFunction,
    /// The function has no value for this range.
    #[error("{0}")]
    Undefined(Undefined),
}
