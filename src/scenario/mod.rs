//! Takes the text of scenario files and of the requirement register.
//! Gives [`Scenario`]s whose every name resolves and whose matrix is expanded, or every [`Diagnostic`] at once.
//! Never opens a file, prints, or accepts a key that nothing enforces.
//!
//! ```text
//! &str -> Document -> one Value per case -> ScenarioFile -> Scenario
//!     read        fill                 decode         check
//! ```
//!
//! [`parse()`] is where these arrows appear in this order.

mod annotate;
mod case;
mod check;
mod confirmation;
mod decode;
mod diagnostic;
mod document;
mod file;
mod layout;
mod matrix;
mod network;
mod parse;
mod register;
mod schema;
mod script;
mod spans;
mod step;

pub use annotate::{annotate, decode_document};
pub use case::{Action, Case, Scenario, Step, Subject};
pub use confirmation::{ConfirmByLink, Confirmation};
pub(crate) use decode::describe;
pub(crate) use diagnostic::suggest;
pub use diagnostic::{Diagnostic, Look, render};
pub(crate) use document::{Document, Problem};
pub(crate) use file::present;
pub use file::{
    AnswerFile, Capability, Confirm, Expect, ExpectedAnswer, ExpectedDelivery, ListSubscriptions, MAIN_PROJECT,
    NewMessage, OfProject, OfQueue, OfSubscription, OneOrMany, PatchQueue, PatchSubscription, Post, PutQueue,
    ScenarioFile, StepFile, Subscribe, SubscriberFile,
};
pub use layout::layout;
pub use network::{Disruption, Host, NetworkEvent, NetworkFile, Way};
pub(crate) use parse::check_format;
pub use parse::parse;
pub use register::{Level, Register, Requirement, Source};
pub(crate) use schema::{duration_pattern, generate, pretty};
pub use schema::{register_schema, schema, schema_of};
pub(crate) use script::read_duration;
pub use script::{Answer, Behaviour, Script};
pub(crate) use spans::display;
pub use spans::{Place, Segment, Spans, SyntaxError};
