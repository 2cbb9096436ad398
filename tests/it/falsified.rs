//! Takes one right scenario, and for each kind of expectation one wrong word to put into it.
//! Gives the checks that fail, which must be exactly the one about that word.
//! Never accepts a second failure: an expectation that drags others down hides what is wrong.

use std::path::Path;

use zaqarcheck::judge::{Clockwork, Outcome, RowVerdict, Verdict, judge};
use zaqarcheck::protocol::{Deviation, Deviations};
use zaqarcheck::runner::Suite;
use zaqarcheck::scenario::{Look, parse, render};
use zaqarcheck::target::ModelTarget;

/// Every kind of expectation, all of them true.
const RIGHT: &str = r#"{
    "format": 1,
    "title": "every kind of expectation in one file",
    "requirements": ["policy-defaults"],
    "subscribers": {
        "hook": {"script": ["read_then_close"]}, "other": {"script": ["status 200"]},
        "late": {"script": ["refuse 3s", "status 200"]}
    },
    "steps": [
        {
            "put_queue": {"queue": "orders", "metadata": {"_retry_policy": {
                "retries_with_no_delay": 1, "minimum_delay_retries": 1, "minimum_delay": 5, "maximum_delay": 15,
                "maximum_delay_retries": 1
            }}},
            "expect": {"status": [201]}
        },
        {"get_queue": {"queue": "orders"}, "expect": {"status": 200, "body": {"_default_message_delay": 0}}},
        {"subscribe": {"queue": "orders", "to": "hook", "options": {"post_headers": {"x-tenant": "a"}}}},
        {"subscribe": {"queue": "orders", "to": "other"}},
        {"subscribe": {"queue": "orders", "to": "late"}},
        {"post": {"queue": "orders", "messages": [{"body": {"n": 1}}]}},
        {"subscribe": {"queue": "orders", "to": "hook"}, "expect": {"status": 409}}
    ],
    "expect": {
        "deliveries": [
            {
                "subscriber": "hook", "message": 0, "attempts": 6, "delays_s": [0, [4, 5], 5, 10, 15],
                "body": {"body": {"n": 1}, "queue_name": "orders"}, "headers": {"content-type": "application/json"}
            },
            {
                "subscriber": "other", "message": 0, "attempts": 1,
                "body_text": "{\"ttl\":3600,\"body\":{\"n\":1},\"Message_Type\":\"Notification\",\"queue_name\":\"orders\"}"
            },
            {"subscriber": "late", "message": 0, "attempts": 1, "first_at_s": 5}
        ],
        "arrivals": {"hook": [0, 0, 0, 0, 0, 0]},
        "quiet_s": 17
    }
}"#;

#[test]
fn the_right_scenario_passes() {
    let verdict = verdict(RIGHT, Deviations::NONE);
    assert_eq!(failed(&verdict), [""; 0]);
    let kinds =
        ["steps[2]", "steps[0].expect.status", "steps[1].expect.body", "expect.deliveries", "expect.arrivals.hook"];
    let of_delivery = ["attempts", "delays_s", "body", "headers", "same_every_attempt"];
    let of_delivery = of_delivery.map(|kind| format!("expect.deliveries[0].{kind}"));
    let others = ["expect.deliveries[1].body_text", "expect.deliveries[2].first_at_s"];
    let made: Vec<&str> = verdict.checks.iter().map(|check| check.path.as_str()).collect();
    for kind in kinds.into_iter().chain(others).chain(of_delivery.iter().map(String::as_str)) {
        assert!(made.contains(&kind), "{kind} is not among {made:?}");
    }
}

#[test]
fn one_wrong_word_fails_one_check() {
    check(r#"{"status": [201]}"#, r#"{"status": [200, 204]}"#, "steps[0].expect.status");
    check(r#"{"status": 409}"#, r#"{"status": 201}"#, "steps[6].expect.status");
    check(r#""_default_message_delay": 0"#, r#""_default_message_delay": 1"#, "steps[1].expect.body");
    check(r#""_default_message_delay": 0"#, r#""_no_such_key": 0"#, "steps[1].expect.body");
    check(r#", "expect": {"status": 409}"#, "", "steps[6]");
    check(r#""first_at_s": 5"#, r#""first_at_s": 6"#, "expect.deliveries[2].first_at_s");
    check(r#""first_at_s": 5"#, r#""first_at_s": 4"#, "expect.deliveries[2].first_at_s");
    check(r#""n": 1}, "queue_name""#, r#""n": 2}, "queue_name""#, "expect.deliveries[0].body");
    check(r#""application/json""#, r#""text/plain""#, "expect.deliveries[0].headers");
    check(r#"{\"ttl\":3600,"#, r#"{\"ttl\": 3600,"#, "expect.deliveries[1].body_text");
    check("[0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0]", "expect.arrivals.hook");
}

#[test]
fn a_wrong_count_fails_whether_attempts_are_missing_or_unexpected() {
    let attempts = "expect.deliveries[0].attempts";
    let right = r#""attempts": 6, "delays_s": [0, [4, 5], 5, 10, 15]"#;
    let verdict = check(right, r#""attempts": 5, "delays_s": [0, 5, 5, 10]"#, attempts);
    assert_eq!(last_row(&verdict), RowVerdict::Unexpected);
    let verdict = check(right, r#""attempts": 7, "delays_s": [0, 5, 5, 10, 15, 15]"#, attempts);
    assert_eq!(last_row(&verdict), RowVerdict::Missing);
}

#[test]
fn a_wrong_delay_fails_whether_the_attempt_is_early_or_late() {
    let delays = "expect.deliveries[0].delays_s";
    let verdict = check("10, 15]", "10, 16]", delays);
    assert_eq!(last_row(&verdict), RowVerdict::Early);
    let verdict = check("10, 15]", "10, 14]", delays);
    assert_eq!(last_row(&verdict), RowVerdict::Late);
    let verdict = check("10, 15]", "10, [14, 16]]", delays);
    assert_eq!(last_row(&verdict), RowVerdict::Late, "between two accepted delays it is late for the first");
    check("[4, 5]", "[4, 6]", delays);
}

#[test]
fn a_delivery_that_nobody_lists_is_unexpected() {
    let (before, rest) =
        RIGHT.split_once("},\n            {\n                \"subscriber\": \"other\"").expect("it stands there");
    let (_, after) = rest.split_once("\n        ],").expect("the list ends");
    let verdict = verdict(&format!("{before}}}\n        ],{after}"), Deviations::NONE);
    assert_eq!(failed(&verdict), ["expect.deliveries"]);
}

#[test]
fn a_retry_that_differs_from_the_first_attempt_is_seen() {
    for deviation in [Deviation::BodyChangesOnRetry, Deviation::HeadersLostOnRetry] {
        let verdict = verdict(RIGHT, Deviations::NONE.with(deviation));
        assert_eq!(failed(&verdict), ["expect.deliveries[0].same_every_attempt"], "{deviation}");
    }
}

/// Puts `wrong` in the place of `right`, which stands once in the scenario.
#[track_caller]
fn check(right: &str, wrong: &str, path: &str) -> Verdict {
    assert_eq!(RIGHT.matches(right).count(), 1, "{right} stands once in the scenario");
    let verdict = verdict(&RIGHT.replace(right, wrong), Deviations::NONE);
    assert_eq!(failed(&verdict), [path], "{wrong}");
    verdict
}

#[track_caller]
fn verdict(text: &str, deviations: Deviations) -> Verdict {
    let register = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/requirements.json");
    let register = Suite::read_register(&register).expect("the register is right");
    let scenario = parse("a/b", "a/b.json", text, &register)
        .unwrap_or_else(|found| panic!("{}", render(&found, text, Look::Plain)));
    let case = &scenario.cases[0];
    let observed = ModelTarget { deviations }.play_now(case).expect("the schedule ends");
    judge(case, &observed, Clockwork::Virtual)
}

fn failed(verdict: &Verdict) -> Vec<&str> {
    let failed = verdict.checks.iter().filter(|check| check.outcome != Outcome::Pass);
    failed.map(|check| check.path.as_str()).collect()
}

fn last_row(verdict: &Verdict) -> RowVerdict {
    verdict.deliveries[0].rows.last().expect("a delivery has rows").verdict
}
