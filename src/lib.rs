//! `zaqarcheck` judges whether a server compatible with OpenStack Zaqar delivers notifications the way the documents
//! promise: how many times it retries, after which delays, whose policy wins, what the defaults are.
//!
//! One scenario goes this way, and [`runner::run_case`] is the place where the arrows appear in this order:
//!
//! ```text
//! &str -> Scenario -> Plan -> Case -> Request -> Exchange -> Verdict -> RunEvent -> bytes
//!      parse     expand   pick   fill       send        judge      emit         render
//! ```
//!
//! The modules, pure ones first. A module uses those above it in this list and never one below; a test holds that.
//! Pure means values in and values out: time, randomness and identity are arguments.
//!
//! | module | what it is |
//! |---|---|
//! | [`time`], [`rng`], [`spelling`] | an instant of the run, a seeded stream, the word that was probably meant |
//! | [`protocol`] | Zaqar's nouns, and every [`Deviation`](protocol::Deviation) a server may have from the documents |
//! | [`policy`] | the delivery policy: validation, selection, the four phases, the backoff functions |
//! | [`model`] | the reference server: queues, subscriptions, deliveries; driven from outside |
//! | [`wire`] | HTTP messages to protocol values and back |
//! | [`scenario`] | scenario files: text to cases, or to everything that is wrong with the text |
//! | [`schedule`] | one delivery drawn: its timeline, what bites about it, its policy in other systems' words |
//! | [`fleet`] | populations of deliveries in a world of outages: two engines, their figures, policies compared |
//! | [`judge`] | expected and observed to a verdict |
//! | [`clock`], [`client`] | the machine's clock, possibly running fast, and one HTTP request: here the edge begins |
//! | [`subscriber`] | a scripted webhook endpoint |
//! | [`target`] | what a case can be played on: the model, a server, a server it launches; two more are in [`sim`] |
//! | [`front`] | the model as a server on real sockets |
//! | [`sim`] | that server, its client and its subscribers in a network in memory, with faults; on turmoil too |
//! | [`runner`] | plays a plan, keeps the ledger, emits the recorded stream |
//! | [`explore`] | swarms of seeds: plans with faults, judged by invariants, cut down to scenario files |
//! | [`report`] | renders that stream: text, HTML, NDJSON, JUnit, TAP, Markdown, a badge; and schedules and fleets |
//! | [`cli`] | the command line, a file for each verb |

pub mod cli;
pub mod client;
pub mod clock;
pub mod explore;
pub mod fleet;
pub mod front;
pub mod judge;
pub mod model;
pub mod policy;
pub mod protocol;
pub mod report;
pub mod rng;
pub mod runner;
pub mod scenario;
pub mod schedule;
pub mod sim;
pub mod spelling;
pub mod subscriber;
pub mod target;
pub mod time;
pub mod wire;
