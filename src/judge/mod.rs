//! Takes what a scenario expects and what a server did.
//! Gives a [`Verdict`]: every difference, each with its place in the file.
//! Never talks to a server, reads a clock, or stops at the first difference.

mod confirmation;
mod delivery;
mod document;
mod observed;
mod timing;

use serde_json::{Value, json};

use crate::scenario::{Case, ExpectedAnswer, OneOrMany};
pub use confirmation::read as read_confirmation;
pub use delivery::{DeliveryTable, JOURNEY, Row, RowVerdict, subject_of};
pub use document::without_uuids;
pub use observed::{Attempt, Exchange, Noise, Observed};
pub use timing::{Clockwork, Timing};

/// What the judge says about one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Every check that was made, in the order of the file.
    pub checks: Vec<Check>,
    /// One table for each expected delivery, in the order of the file.
    pub deliveries: Vec<DeliveryTable>,
}

impl Verdict {
    /// The worst outcome of any check.
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Pass)
    }
}

/// One place in the scenario file, with what was expected and observed there.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The path in the file, e.g. `expect.deliveries[0].attempts`.
    pub path: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What the file says.
    pub expected: Value,
    /// What was seen, in the form in which a ledger pins it: nothing that changes from run to run.
    pub observed: Value,
}

impl Check {
    /// A check that passes if `observed` is `expected`.
    fn equal(path: String, expected: Value, observed: Value) -> Self {
        let outcome = Outcome::of(expected == observed);
        Self { path, outcome, expected, observed }
    }
}

/// What came of one check; later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// As expected.
    Pass,
    /// Late, while the machine's own timer was late by as much.
    Inconclusive,
    /// Not as expected.
    Fail,
}

impl Outcome {
    const fn of(passes: bool) -> Self {
        if passes { Self::Pass } else { Self::Fail }
    }
}

/// Judges a case: the answers to its steps, then every expected delivery, then what nobody expected.
pub fn judge(case: &Case, observed: &Observed, clock: Clockwork) -> Verdict {
    let timing = Timing::of(case, clock);
    let mut checks: Vec<Check> = observed.exchanges.iter().flat_map(|exchange| check_answer(case, exchange)).collect();
    let (arrived, mut deliveries) = (delivery::arrived(case, observed), Vec::new());
    for (index, expected) in case.expect.deliveries.iter().enumerate() {
        let (table, found) = delivery::judge(index, expected, case, observed, &arrived, &timing);
        deliveries.push(table);
        checks.extend(found);
    }
    checks.extend(delivery::judge_arrivals(case, observed));
    checks.push(delivery::judge_unexpected(case, &arrived));
    Verdict { checks, deliveries }
}

/// The paths of every check that [`judge`] may make of a case, in its order.
pub fn check_paths(case: &Case) -> Vec<String> {
    let mut paths = Vec::new();
    for (index, step) in case.steps.iter().enumerate().filter(|(_, step)| step.action.asks()) {
        let path = format!("steps[{index}]");
        match &step.expect {
            None => paths.push(path),
            Some(expected) => {
                let body = expected.body.as_ref().map(|_| format!("{path}.expect.body"));
                paths.extend([format!("{path}.expect.status")].into_iter().chain(body));
            }
        }
    }
    let deliveries = case.expect.deliveries.iter().enumerate();
    paths.extend(deliveries.flat_map(|(index, expected)| delivery::check_paths(index, expected)));
    paths.extend(case.expect.arrivals.keys().map(|subscriber| format!("expect.arrivals.{subscriber}")));
    paths.push("expect.deliveries".into());
    paths
}

/// A step without `expect` wants any status from 200 to 299.
fn check_answer(case: &Case, exchange: &Exchange) -> Vec<Check> {
    let path = format!("steps[{}]", exchange.step);
    let status = exchange.response.status;
    let Some(expected) = &case.steps[exchange.step].expect else {
        let outcome = Outcome::of((200..=299).contains(&status));
        return vec![Check { path, outcome, expected: json!("200-299"), observed: json!(status) }];
    };
    let mut checks = vec![check_status(&path, expected, status)];
    if let Some(body) = &expected.body {
        let seen = exchange.response.json().unwrap_or(Value::Null);
        let path = format!("{path}.expect.body");
        let seen = document::project(body, &seen);
        let outcome = Outcome::of(seen == *body);
        checks.push(Check { path, outcome, expected: body.clone(), observed: without_uuids(seen) });
    }
    checks
}

fn check_status(path: &str, expected: &ExpectedAnswer, status: u16) -> Check {
    let shown = match &expected.status {
        OneOrMany::One(status) => json!(status),
        OneOrMany::Many(statuses) => json!(statuses),
    };
    let outcome = Outcome::of(expected.status.accepted().contains(&status));
    Check { path: format!("{path}.expect.status"), outcome, expected: shown, observed: json!(status) }
}
