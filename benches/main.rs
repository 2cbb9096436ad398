//! Takes the library as its users do.
//! Gives criterion's figures, under ids of the form subject/case/size.
//! Never measures something whose result is not looked at.

use criterion::{criterion_group, criterion_main};

mod crowd;
mod explore;
mod fleet;
mod messages;
mod model;
mod policy;
mod schedule;
mod serve;
mod sim;
mod suite;

criterion_group!(
    benches,
    model::define,
    messages::define,
    explore::define,
    fleet::define,
    suite::define,
    sim::define,
    schedule::define,
    policy::define,
    serve::define
);
criterion_main!(benches);
