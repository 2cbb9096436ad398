//! Takes nothing.
//! Gives the closed list of ways in which a server may differ from the documents.
//! Never decides what a deviation does: `policy` and `model` ask a set whether it holds one.

use super::observed::with_observed;
use super::planted::with_planted;

/// Where a deviation is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A real release does it; see [`Deviation::sentence`].
    Observed,
    /// Made up to test the suite: a mistake that a developer of a compatible server could make.
    Planted,
}

macro_rules! deviations {
    ($($origin:ident { $($variant:ident, $name:literal, $sentence:literal;)* })*) => {
        /// One way in which a server may differ from the documents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Deviation {
            $($(#[doc = $sentence] $variant,)*)*
        }

        impl Deviation {
            /// Every deviation, observed ones first, each group in alphabetical order.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// The name used in scenario files, ledgers and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)*)* }
            }

            /// What a server with this deviation does, in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $($(Self::$variant => $sentence,)*)* }
            }

            /// Where it is known from.
            pub const fn origin(self) -> Origin {
                match self { $($(Self::$variant => Origin::$origin,)*)* }
            }
        }
    };
}

// The lists stand in files of their own and hand themselves on: observed ones first.
with_observed! { with_planted deviations }
