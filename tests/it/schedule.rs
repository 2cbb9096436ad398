//! Takes policies, as `schedule` and its verbs get them.
//! Gives what a user sees; and, for policies at random, that what is drawn agrees with itself.
//! Never expects a delay that no document names.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};
use zaqarcheck::policy::{Phase, Schedule, Selected, validate};
use zaqarcheck::protocol::{Deviations, Profile};
use zaqarcheck::report::schedule::{Named, TableOptions, one, svg};
use zaqarcheck::schedule::{Circumstances, Outcomes, Source, System, Timeline, convert, lint, read_list};

use crate::cli::{folder, shown, stderr, stdout, zaqarcheck};

fn check(name: &str, code: i32, arguments: &[&str]) {
    let run = zaqarcheck(&[&["schedule"], arguments].concat()).assert().code(code);
    insta::assert_snapshot!(name, format!("{}{}", stdout(&run), stderr(&run)));
}

#[test]
fn a_delivery_is_drawn_as_far_as_it_goes() {
    check("schedule-defaults", 0, &["--width", "80"]);
    check("schedule-delivered", 0, &["--outcomes", "fail*6,ok"]);
    check("schedule-outage", 0, &["--outage", "100s", "--rows", "4"]);
    check("schedule-error-on-zaqar", 0, &["--outcomes", "503", "--profile", "zaqar-23.0.1"]);
    let (queue, own) = (r#"{"ignore_subscription_override": true, "maximum_delay": 15}"#, r#"{"maximum_delay": 60}"#);
    check("schedule-queue-wins", 0, &["--policy", queue, "--subscription", own]);
}

#[test]
fn policies_stand_side_by_side() {
    let compared = ["--compare", r#"steep={"retry_backoff_function": "geometric", "maximum_delay": 60}"#];
    check("schedule-compare", 0, &[&compared[..], &["--outage", "4m", "--width", "100"]].concat());
}

#[test]
fn what_is_wrong_is_shown_at_its_place() {
    check("schedule-bad-keys", 2, &["--policy", r#"{"minimum_dely": 5, "maximum_delay": "60"}"#]);
    check("schedule-bad-range", 2, &["--policy", r#"{"minimum_delay": 21}"#]);
    check("schedule-no-file", 2, &["--policy", "no-such-file.json"]);
    check("schedule-bad-outcomes", 2, &["--outcomes", "fial*6"]);
    check("schedule-bad-rate", 2, &["lint", "--rate", "-1"]);
    check("schedule-bad-plot", 2, &["--plot", "picture.jpg"]);
    check("schedule-ndjson-alone", 2, &["--format", "ndjson", "--policy", "{}"]);
}

#[test]
fn lint_names_what_bites() {
    check("schedule-lint-outage", 1, &["lint", "--outage", "10m", "--rate", "0.1"]);
    check("schedule-lint-notices", 0, &["lint", "--policy", r#"{"retry_backoff_function": "exponential"}"#]);
    let zero = r#"{"minimum_delay": 0, "retry_backoff_function": "geometric"}"#;
    check("schedule-lint-zero", 1, &["lint", "--policy", zero, "--profile", "zaqar-23.0.1"]);
}

#[test]
fn convert_says_what_is_lost() {
    check("schedule-convert-sns", 0, &["convert", "--from", "zaqar", "--to", "sns", "{}"]);
    check("schedule-convert-list", 0, &["convert", "--from", "list", "--to", "zaqar", "5s,5m,30m"]);
    let long = r#"{"maximum_delay": 3600}"#;
    check("schedule-convert-too-long", 2, &["convert", "--from", "zaqar", "--to", "sns", long]);
    check("schedule-convert-typo", 2, &["convert", "--from", "sns", "--to", "zaqar", r#"{"numRetrys": 3}"#]);
}

#[test]
fn a_file_is_read_and_pictures_are_written() {
    let folder = folder();
    let policy = folder.path().join("slow.json");
    fs::write(&policy, r#"{"_retry_policy": {"maximum_delay": 60}}"#).expect("the folder is ours");
    let (svg, png) = (folder.path().join("p.svg"), folder.path().join("p.png"));
    for plot in [&svg, &png] {
        let arguments = ["schedule", "--policy", &shown(&policy), "--compare", "{}", "--plot", &shown(plot)];
        let run = zaqarcheck(&arguments).assert().code(0);
        assert!(stdout(&run).contains("\nslow "), "{}", stdout(&run));
    }
    assert!(fs::read_to_string(&svg).expect("it was written").contains(">\nslow\n"));
    assert!(fs::read(&png).expect("it was written").starts_with(b"\x89PNG"));
    let nowhere = folder.path().join("no/where.svg");
    zaqarcheck(&["schedule", "--plot", &shown(&nowhere)]).assert().code(3);
}

#[test]
fn a_schedule_without_end_is_cut_with_a_sentence() {
    let policy = json!({"maximum_delay": i64::MAX, "maximum_delay_retries": i64::MAX}).to_string();
    let text = stdout(&zaqarcheck(&["schedule", "--policy", &policy, "--rows", "9"]).assert().code(0));
    assert!(text.contains("... 99992 attempts more"), "{text}");
    assert!(text.contains("goes on: 100000 retries are drawn"), "{text}");
    assert!(text.lines().count() < 30, "{text}");
}

/// The same schedule twice: through the batch interface, and as JSON.
#[test]
fn json_agrees_with_the_batch_interface() {
    let policy = r#"{"maximum_delay": 47, "retry_backoff_function": "arithmetic"}"#;
    let parsed = |text: String| serde_json::from_str::<Value>(&text).expect("it is JSON");
    let json = parsed(stdout(&zaqarcheck(&["schedule", "--policy", policy, "--format", "json"]).assert().code(0)));
    let mut batch = zaqarcheck(&["schedule", "--format", "ndjson"]);
    let batch = parsed(stdout(&batch.write_stdin(policy).assert().code(0)));
    let attempts = json[0]["attempts"].as_array().expect("an array");
    let delays: Vec<&Value> = attempts.iter().skip(1).map(|attempt| &attempt["delay_s"]).collect();
    assert_eq!(delays, batch["delays_s"].as_array().expect("an array").iter().collect::<Vec<_>>());
    assert_eq!((&json[0]["span_s"], attempts.len() as u64), (&batch["total_s"], batch["attempts"].as_u64().unwrap()));
}

prop_compose! {
    /// Policies that every server accepts, short enough to be looked at.
    fn policies()(
        counts in [-1_i64..6, 0..6, 0..6],
        minimum in -3_i64..400,
        wider in 10_i64..900,
        function in prop::sample::select(vec!["linear", "arithmetic", "geometric", "exponential"]),
    ) -> Value {
        json!({
            "retries_with_no_delay": counts[0], "minimum_delay_retries": counts[1], "maximum_delay_retries": counts[2],
            "minimum_delay": minimum, "maximum_delay": minimum + wider, "retry_backoff_function": function,
        })
    }
}

fn selected(policy: &Value) -> Selected {
    Selected::Policy(policy.as_object().expect("a policy is an object").clone())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_timeline_is_the_schedule_added_up(policy in policies(), zaqar in any::<bool>()) {
        let profile = if zaqar { Profile::Zaqar23 } else { Profile::Documented };
        prop_assert!(validate(&policy, profile.deviations()).is_ok());
        let timeline = Timeline::draw(selected(&policy), &Outcomes::never(), profile.deviations());
        let schedule: Vec<u64> = Schedule::new(selected(&policy), profile.deviations()).map_while(Result::ok).map(|retry| retry.delay_s).collect();
        let times: Vec<u64> = timeline.attempts.iter().map(|attempt| attempt.at_s).collect();
        prop_assert_eq!(times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>(), schedule);
        prop_assert_eq!(Phase::ALL.iter().map(|phase| timeline.retries_of(*phase)).sum::<usize>(), timeline.retries());
        // The attempt that survives an outage is the first that is late enough.
        for outage_s in [0, 1, timeline.span_s() / 2, timeline.span_s(), timeline.span_s() + 1] {
            let first = times.iter().position(|at| *at >= outage_s);
            prop_assert_eq!(timeline.first_after(outage_s).map(|(index, _)| index), first);
        }
    }

    #[test]
    fn what_is_converted_has_the_retries_that_it_should(policy in policies()) {
        let before = Timeline::draw(selected(&policy), &Outcomes::never(), Deviations::NONE);
        let refused = lint(&selected(&policy), Circumstances::default(), Deviations::NONE).iter().any(|concern| concern.name == "not-expressible-in-sns");
        let source = Source::Zaqar(policy.clone());
        match convert(&source, System::Sns, Deviations::NONE) {
            Ok(conversion) => {
                prop_assert!(!refused);
                prop_assert_eq!(&conversion.document["healthyRetryPolicy"]["numRetries"], before.retries());
            }
            // The formulas of the other system may make it longer than it takes.
            Err(error) => prop_assert!(refused || error.contains("in all") || error.contains("DelayTarget"), "{}", error),
        }
        let list = convert(&source, System::List, Deviations::NONE).expect("every list can be written").document;
        let read = read_list("list", &list.to_string()).expect("what is written can be read");
        prop_assert_eq!(convert(&read, System::List, Deviations::NONE).expect("it is one").document, list);
    }

    #[test]
    fn every_schedule_can_be_drawn(policy in policies(), width in 40_usize..200, rows in 0_usize..50, outage_s in prop::option::of(any::<u64>())) {
        let timeline = Timeline::draw(selected(&policy), &Outcomes::never(), Deviations::NONE);
        let named = Named { name: "p".into(), timeline };
        let lines = one(&named, &TableOptions { width, rows, colour: false, outage_s });
        prop_assert!(lines.len() <= rows.max(2) + 20, "{}", lines.join("\n"));
        prop_assert!(svg("p", &[named], outage_s).ends_with("</svg>\n"));
    }
}
