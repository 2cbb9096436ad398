//! Takes the public interface and the built program.
//! Gives one binary of integration tests, a module for each subject.
//! Never reaches into private items.

mod api;
mod banned;
mod catalogue;
mod cli;
mod client;
mod coverage;
mod determinism;
mod drive;
mod edge;
mod engines;
mod expect_file;
mod explore;
mod fakes;
mod falsified;
mod first;
mod fleet_engine;
mod fleet_file;
mod fleet_model;
mod fleet_properties;
mod fleet_queueing;
mod fleet_verbs;
mod found;
mod front;
mod gate;
mod invalid;
mod matrix;
mod messages;
mod oracle;
mod properties;
mod prose;
mod readme;
mod recorded;
mod scale_out;
mod scenarios;
mod schedule;
mod schema;
mod serve;
mod shrinking;
mod sim;
mod target;
mod tidy;
mod tls;
mod verbs;
mod websocket;
