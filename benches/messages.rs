//! Takes a queue of one, of a thousand and of a million messages.
//! Gives how long the model needs to post, list, claim, pop and delete in it, and how many bytes a message takes.
//! Never lets the queue grow or shrink from one turn to the next.

use std::hint::black_box;

use criterion::Criterion;
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::protocol::{Deviations, Operation, Page, ProjectId, QueueName, Reply, Request, Selection, Wanted};
use zaqarcheck::time::Instant;

const SIZES: [usize; 3] = [1, 1_000, 1_000_000];

pub(crate) fn define(c: &mut Criterion) {
    for size in SIZES {
        if size > 1_000 && std::env::args().any(|argument| argument == "--test") {
            continue; // A million messages are for figures.
        }
        let mut server = Server::holding(size);
        let mut group = c.benchmark_group("messages");
        group.bench_function(format!("post-and-delete/{size}"), |bench| {
            bench.iter(|| {
                let id = server.post(1).pop().expect("one id");
                server.ask(204, Operation::DeleteMessage { queue: queue(), id, claim: None });
            });
        });
        group.bench_function(format!("post-and-pop/{size}"), |bench| {
            bench.iter(|| {
                server.post(1);
                let selection = Selection { pop: Some(1), ..Selection::default() };
                let popped = server.ask(200, Operation::DeleteMessages { queue: queue(), selection });
                assert_eq!(popped["messages"].as_array().map(Vec::len), Some(1));
            });
        });
        group.bench_function(format!("claim-and-release/{size}"), |bench| {
            bench.iter(|| {
                let claimed =
                    server.ask(201, Operation::CreateClaim { queue: queue(), limit: Some(1), document: None });
                let href = claimed["messages"][0]["href"].as_str().expect("a link");
                let id = href.split_once("?claim_id=").expect("it is claimed").1.to_owned();
                server.ask(204, Operation::DeleteClaim { queue: queue(), id });
            });
        });
        group.bench_function(format!("list-ten-in-the-middle/{size}"), |bench| {
            let page = Page { marker: Some((size / 2).to_string()), limit: Some(10) };
            let wanted = Wanted { echo: Some(true), ..Wanted::default() };
            bench.iter(|| {
                server.ask(200, Operation::ListMessages { queue: queue(), page: page.clone(), wanted });
            });
        });
        group.finish();
    }
}

struct Server(Model);

impl Server {
    /// A server whose queue has this many messages.
    #[expect(clippy::print_stderr, reason = "criterion has no figure for it")]
    fn holding(size: usize) -> Self {
        let before = ALLOCATOR.current_usage();
        let mut server = Self(Model::new(Settings::new(Deviations::NONE)));
        for left in (0..size).rev().step_by(1_000) {
            server.post(left.min(999) + 1);
        }
        let bytes = ALLOCATOR.current_usage() - before;
        eprintln!("messages: {size} take {bytes} bytes, {} each, of which 24 are the body", bytes / size);
        server
    }

    fn post(&mut self, count: usize) -> Vec<String> {
        let messages = vec![json!({"body": {"event": "started", "n": 1}}); count];
        let document = Some(json!({ "messages": messages }));
        let answer = self.ask(201, Operation::PostMessages { queue: queue(), document, size: 0 });
        let paths = answer["resources"].as_array().expect("a list").iter();
        paths.map(|path| path.as_str().and_then(|path| path.rsplit('/').next()).expect("a path").to_owned()).collect()
    }

    fn ask(&mut self, expected: u16, operation: Operation) -> Value {
        let request = Request::new(ProjectId::parse("p").expect("a name"), operation);
        match self.0.handle(Instant::START, request) {
            Reply::Done { status, body, .. } if status == expected => {
                black_box(body.map(|body| body.value()).unwrap_or_default())
            }
            reply => panic!("{reply:?}"),
        }
    }
}

fn queue() -> QueueName {
    QueueName::parse("q").expect("a name")
}

/// Counts the bytes in use.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The most bytes that were in use more than before while something ran, and what came of it.
pub(crate) fn peak_bytes<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let result = run();
    (ALLOCATOR.peak_usage().saturating_sub(before), result)
}
