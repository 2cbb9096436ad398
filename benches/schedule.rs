//! Takes lines as `zaqarcheck schedule` reads them.
//! Gives how many of them are answered in a second, JSON included.
//! Never touches a pipe: it measures the line, not the terminal.

use criterion::{Criterion, Throughput};
use zaqarcheck::cli::answer_schedule_line;
use zaqarcheck::protocol::Deviations;

pub(crate) fn define(c: &mut Criterion) {
    let mut group = c.benchmark_group("schedule");
    group.throughput(Throughput::Elements(1));
    for (id, line, last) in [
        ("policy/default-15-attempts", "{}", r#""total_s":180}"#),
        ("policy/long-731-attempts", r#"{"maximum_delay": 3600}"#, r#""total_s":1305015}"#),
        ("backoff/geometric-5", r#"{"function":"geometric","minimum_delay":5,"maximum_delay":30}"#, "19,30]}"),
    ] {
        let mut out = Vec::new();
        group.bench_function(id, |bench| {
            bench.iter(|| {
                out.clear();
                answer_schedule_line(line, Deviations::NONE, &mut out).expect("memory takes everything");
                assert!(out.ends_with(format!("{last}\n").as_bytes()), "{}", String::from_utf8_lossy(&out));
            });
        });
    }
    group.finish();
}
