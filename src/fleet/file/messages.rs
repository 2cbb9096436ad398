//! Takes worlds that are wrong, each in one way of many.
//! Gives what is said about them, as it was approved.
//! Never accepts one of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Described, Flaws, read};
use crate::fleet::{Arrivals, Deal, Fails, Jitter, Pattern, SECOND, Sender, Window};
use crate::scenario::{Look, render};

const TRACE: &str = "time,size\n0,1\n1.5,2\n# a comment\n\n3.000000001,1\n";

fn load(name: &str) -> Result<String, String> {
    match name {
        "times.csv" => Ok(TRACE.into()),
        "unsorted.csv" => Ok("0\n5\n4.5\n3\n".into()),
        "words.csv" => Ok("at\n0.5\nsoon\n-1\nNaN\n1e9999\n2\n99999999999999999999\n".into()),
        "empty.csv" => Ok("at\n".into()),
        "late.csv" => Ok("4000\n5000\n".into()),
        _ => Err("No such file or directory".into()),
    }
}

fn world(rest: &str) -> String {
    let has = |key: &str| rest.contains(&format!("\n  \"{key}\":"));
    let mut text = String::from("{\n  \"format\": 1");
    for (key, default) in [("subscribers", r#"{"hook": {}}"#), ("arrivals", r#"[{"burst": {"posts": 1}}]"#)] {
        if !has(key) {
            text += &format!(",\n  \"{key}\": {default}");
        }
    }
    if !rest.is_empty() {
        text += &format!(",{rest}");
    }
    text + "\n}\n"
}

fn said(text: &str) -> String {
    match read("world.json", text, &load) {
        Ok(Described { notes, .. }) => format!("ACCEPTED {notes:?}\n"),
        Err(Flaws { file, traces }) => {
            let of_traces = traces.iter().map(|(text, wrong)| render(wrong, text, Look::Plain));
            [render(&file, text, Look::Plain)].into_iter().chain(of_traces).collect::<Vec<_>>().join("")
        }
    }
}

/// Each of these parts of a world is wrong, and no two in the same way.
const WRONG: &[&str] = &[
    r#""$schema": 5"#,
    r#""title": 5"#,
    r#""titel": "t""#,
    r#""seed": -1"#,
    r#""seed": 1.5"#,
    r#""seed": 18446744073709551616"#,
    r#""horizon": "0s""#,
    r#""horizon": 20"#,
    r#""horizon": 0.5"#,
    r#""horizon": -5"#,
    r#""horizon": "-5s""#,
    r#""horizon": "20 mins""#,
    r#""horizon": "101years""#,
    r#""horizon": "99999999999999999999s""#,
    r#""horizon": NaN"#,
    r#""horizon": null"#,
    r#""rules": "zaqar-23""#,
    r#""rules": "aws""#,
    r#""rules": 23"#,
    r#""policies": []"#,
    r#""policies": {"p": 5}"#,
    r#""policies": {"p": {"polciy": {}}}"#,
    r#""policies": {"p": {"policy": {"minimum_dely": 5, "maximum_delay": "60"}}}"#,
    r#""policies": {"p": {"policy": {"minimum_delay": 21}}}"#,
    r#""policies": {"p": {"policy": [5]}}"#,
    r#""policies": {"p": {"policy": {"_retry_policy": {}}}}"#,
    r#""policies": {"p": {"jitter": "ful"}}"#,
    r#""policies": {"p": {"jitter": "0%"}}"#,
    r#""policies": {"p": {"jitter": 20}}"#,
    r#""policies": {"default": {"policy": {"retries_with_no_delay": 9223372036854775807}}},
  "subscribers": {"hook": {"down": [{}]}}"#,
    r#""subscribers": {}"#,
    r#""subscribers": []"#,
    r#""subscribers": {"": {}}"#,
    r#""subscribers": {"hook": null}"#,
    r#""subscribers": {"hook": {"policy": "defualt"}}"#,
    r#""subscribers": {"hook": {"policy": 1}}"#,
    r#""subscribers": {"hook": {"count": 0}}"#,
    r#""subscribers": {"hook": {"count": "3"}}"#,
    r#""subscribers": {"hook": {"count": 4294967296}}"#,
    r#""subscribers": {"hook": {"count": 1000001}}"#,
    r#""subscribers": {"hook": {"down": {}}}"#,
    r#""subscribers": {"hook": {"down": [{"from": "100s", "until": "0s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"from": "1s", "every": "5s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"every": "5s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"every": "5s", "for": "5s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"every": "1ns", "for": "0ns"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"every": "2ns", "for": "1ns"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"mean_up": "1ns", "mean_down": "1ns"}]}}"#,
    r#""subscribers": {"hook": {"count": 9999, "down": [{"mean_up": "1s", "mean_down": "1s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"mean_up": "1s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"form": "1s"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"as": "refused"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"as": "status 200"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"as": "status 5xx"}]}}"#,
    r#""subscribers": {"hook": {"down": [{"as": {"status": 503}}]}}"#,
    r#""subscribers": {"hook": {"brownouts": [{}]}}"#,
    r#""subscribers": {"hook": {"brownouts": [{"rate": 30, "status": 99}]}}"#,
    r#""subscribers": {"hook": {"brownouts": [{"rate": -0.1}, {"rate": "0.3"}]}}"#,
    r#""subscribers": {"hook": {"slow": [{"until": "1m"}]}}"#,
    r#""subscribers": {"hook": {"capacity": 50}}"#,
    r#""subscribers": {"hook": {"capacity": {"per_second": 0.5, "cold": 60}}}"#,
    r#""arrivals": []"#,
    r#""arrivals": {}"#,
    r#""arrivals": [{}]"#,
    r#""arrivals": [{"brust": {"posts": 1}}]"#,
    r#""arrivals": [{"burst": {"posts": 0}}]"#,
    r#""arrivals": [{"burst": {}}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "even": {"posts": 1}}]"#,
    r#""arrivals": [{"burst": {"posts": 18446744073709551615}}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "to": "hok"}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "to": []}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "to": ["hook", "hook", 5]}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "deal": "all"}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "batch": 0}]"#,
    r#""arrivals": [{"burst": {"posts": 1}, "batch": 65536}]"#,
    r#""arrivals": [{"burst": {"posts": 1, "at": "2h"}}]"#,
    r#""arrivals": [{"even": {"from": "2h", "posts": 5}}]"#,
    r#""arrivals": [{"even": {"from": "2s", "until": "1s", "posts": 5}}]"#,
    r#""arrivals": [{"even": {"until": "1s", "per_second": 0.1}}]"#,
    r#""arrivals": [{"even": {"per_second": 1, "posts": 5}}]"#,
    r#""arrivals": [{"poisson": {"per_second": -1}}]"#,
    r#""arrivals": [{"poisson": {"per_second": 0}}]"#,
    r#""arrivals": [{"poisson": {"per_second": 1e12}}]"#,
    r#""arrivals": [{"poisson": {"per_second": "5"}}]"#,
    r#""arrivals": [{"poisson": {"per_second": 1e6}}]"#,
    r#""arrivals": [{"trace": []}]"#,
    r#""arrivals": [{"trace": [0, "2s", 1.5]}]"#,
    r#""arrivals": [{"trace": [-1, true, "soon"]}]"#,
    r#""arrivals": [{"trace": {"file": "times.csv"}}]"#,
    r#""arrivals": [{"trace": ""}]"#,
    r#""arrivals": [{"trace": "none.csv"}]"#,
    r#""arrivals": [{"trace": "unsorted.csv"}]"#,
    r#""arrivals": [{"trace": "words.csv"}]"#,
    r#""arrivals": [{"trace": "empty.csv"}]"#,
    r#""arrivals": [{"trace": "late.csv"}]"#,
    r#""sender": {}"#,
    r#""sender": {"sleepy": {}}"#,
    r#""sender": {"sleeping": {}, "rescheduling": {}}"#,
    r#""sender": {"sleeping": {"workers": 0}}"#,
    r#""sender": {"sleeping": {"workers": "many", "per_subscriber": 0, "timeout": "0s"}}"#,
    r#""sender": {"rescheduling": {"workers": 10}}"#,
    r#""sender": {"rescheduling": {"in_flight": -1}}"#,
    r#""seed": 1,
  "seed": 2"#,
];

#[test]
fn every_mistake_is_said_at_its_place() {
    let mut all = vec![said(""), said("5"), said("{}"), said(r#"{"format": 2}"#), said(r#"{"format": 1}"#)];
    all.extend(WRONG.iter().map(|part| said(&world(&format!("\n  {part}")))));
    for (index, text) in all.iter().enumerate() {
        assert!(!text.is_empty() && !text.starts_with("ACCEPTED"), "{index}: {:?}", WRONG.get(index.saturating_sub(5)));
    }
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn all_mistakes_are_said_at_once() {
    let text = r#"{
  "format": 1, "horizn": "20m", "seed": -1,
  "policies": {"steep": {"policy": {"maximum_delay": 5}, "jitter": "fulll"}},
  "subscribers": {
    "hook": {"policy": "step", "latency": 20, "down": [{"from": "5s", "until": "1s", "as": "refus"}], "cuont": 2}
  },
  "arrivals": [{"to": "hok", "burst": {"posts": 0}}, {"trace": "unsorted.csv"}],
  "sender": {"sleeping": {"workers": 0, "timeout": -1}}
}
"#;
    insta::assert_snapshot!(said(text));
}

#[test]
fn what_is_worth_saying_is_said() {
    let notes = |part: &str| said(&world(&format!("\n  {part}")));
    let parts = [
        r#""horizon": "1m",
  "subscribers": {"hook": {"down": [{"from": "2m", "as": "hang"}, {}]}}"#,
        r#""arrivals": [{"burst": {"posts": 1}}, {"burst": {"at": "1h", "posts": 1}}, {"trace": [0, 4000]}]"#,
    ];
    insta::assert_snapshot!(parts.map(|part| notes(part).replace("\", \"", "\",\n\"")).join("\n"));
}

#[test]
fn what_is_left_out_has_its_default() {
    let Described { title, world, notes } = read("w", &world(""), &load).expect("it is right");
    assert_eq!((title.as_str(), world.seed, world.horizon, notes.len()), ("", 0, 3600 * SECOND, 0));
    let hook = &world.subscribers[0];
    assert_eq!((hook.count, hook.policy, hook.latency, &hook.capacity), (1, 0, SECOND / 50, &None));
    assert_eq!((world.policies[0].name.as_str(), world.policies[0].jitter), ("default", Jitter::None));
    let burst = Arrivals { to: vec![0], deal: Deal::Each, batch: 1, pattern: Pattern::Burst { at: 0, posts: 1 } };
    assert_eq!(world.arrivals, [burst]);
    assert_eq!(world.sender, Sender::Sleeping { workers: Some(10), per_subscriber: None, timeout: None });
}

#[test]
fn what_is_written_counts() {
    let text = world(
        r#"
  "policies": {"steep": {"policy": {"maximum_delay": 60}, "jitter": "20%"}},
  "subscribers": {"a": {"policy": "steep"}, "b": {"down": [{"as": "status 500"}, {"every": "5m", "for": "1s"}],
    "brownouts": [{"mean_up": "1m", "mean_down": "1s", "rate": 0.25}, {"rate": 0}]}},
  "arrivals": [{"to": ["b"], "trace": "times.csv"}, {"deal": "one", "even": {"until": "10s", "per_second": 2}},
    {"poisson": {"per_second": 0.5}}, {"trace": [0.000000001, "1ms", 1e2]}],
  "sender": {"sleeping": {"workers": "unlimited"}}"#,
    );
    let world = read("w", &text, &load).expect("it is right").world;
    let policies: Vec<_> = world.policies.iter().map(|policy| (policy.name.as_str(), policy.jitter)).collect();
    assert_eq!(policies, [("steep", Jitter::Percent(20)), ("default", Jitter::None)]);
    let b = &world.subscribers[1];
    assert_eq!((world.subscribers[0].policy, b.policy, b.down[0].fails), (0, 1, Fails::Status(500)));
    assert_eq!(b.down[1].window, Window::Periodic { first: 0, every: 300 * SECOND, lasting: SECOND });
    assert_eq!((b.brownouts.len(), b.brownouts[0].parts_per_million, b.brownouts[0].status), (1, 250_000, 503));
    let patterns: Vec<_> = world.arrivals.iter().map(|arrivals| arrivals.pattern.clone()).collect();
    assert_eq!(patterns[0], Pattern::Trace(vec![0, 1_500_000_000, 3_000_000_001]));
    assert_eq!(patterns[1], Pattern::Even { from: 0, until: 10 * SECOND, posts: 20 });
    assert_eq!(patterns[2], Pattern::Poisson { from: 0, until: 3600 * SECOND, per_kilosecond: 500 });
    assert_eq!(patterns[3], Pattern::Trace(vec![1, 1_000_000, 100 * SECOND]));
    assert_eq!(world.sender, Sender::Sleeping { workers: None, per_subscriber: None, timeout: None });
}

/// A world in which every key stands.
fn whole() -> Value {
    json!({
        "$schema": "world.schema.json", "format": 1, "title": "t", "seed": 7, "horizon": "20m", "rules": "documented",
        "policies": {"p": {"policy": {"maximum_delay": 60}, "jitter": "full"}},
        "subscribers": {"a": {
            "count": 2, "policy": "p", "latency": "20ms",
            "down": [{"from": "0s", "until": "100s", "as": "hang"}, {"first": "1s", "every": "5m", "for": "10s"}],
            "brownouts": [{"mean_up": "1m", "mean_down": "1s", "rate": 0.3, "status": 500}],
            "slow": [{"latency": "2s"}], "capacity": {"per_second": 5, "status": 429, "cold": "1m"},
        }},
        "arrivals": [
            {"to": ["a"], "deal": "one", "batch": 2, "burst": {"at": "1s", "posts": 3}},
            {"even": {"from": "1s", "until": "2s", "posts": 5}}, {"even": {"per_second": 3}},
            {"poisson": {"from": "1s", "until": "9s", "per_second": 2.5}}, {"trace": [1, "2s"]}, {"trace": "times.csv"},
        ],
        "sender": {"sleeping": {"workers": 3, "per_subscriber": 2, "timeout": "60s"}},
    })
}

fn pointers(value: &Value, pointer: String, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(elements) => {
            (0..).zip(elements).map(|(index, child): (usize, _)| (index.to_string(), child)).collect()
        }
        Value::Object(entries) => entries.iter().map(|(key, child)| (key.clone(), child)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        pointers(child, format!("{pointer}/{key}"), found);
    }
    found.push(pointer);
}

fn strange() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (0_u64..9).prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        prop::sample::select(vec![
            "",
            "a",
            "p",
            "0s",
            "1ns",
            "5s",
            "100years",
            "9999years",
            "18446744073709551616s",
            "full",
            "100%",
            "refuse",
            "status 404",
            "status 9999",
            "unlimited",
            "one",
            "times.csv",
            "words.csv",
            "é",
            "zaqar-23.0.1",
        ])
        .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{0,6}", inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Strange values in some places of a right world: it is read or refused with places inside the text, never a panic.
    #[test]
    fn strange_values_are_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), strange()), 1..4)) {
        let mut value = whole();
        for (place, new) in changes {
            let mut places = Vec::new();
            pointers(&value, String::new(), &mut places);
            let pointer: &String = place.get(&places);
            *value.pointer_mut(pointer).expect("it is one of this value's") = new;
        }
        let text = format!("{value:#}");
        if let Err(flaws) = read("w", &text, &load) {
            prop_assert!(!flaws.file.is_empty() || !flaws.traces.is_empty());
            let texts = flaws.traces.iter().map(|(text, wrong)| (text.as_str(), wrong));
            for (text, wrong) in [(text.as_str(), &flaws.file)].into_iter().chain(texts) {
                prop_assert!(wrong.iter().all(|mistake| text.get(mistake.range.clone()).is_some()));
            }
        }
    }

    /// Any text as a trace.
    #[test]
    fn any_trace_is_read_or_refused(text in "([0-9.,;#a-z\t -]{0,12}\r?\n?){0,6}|\\PC{0,40}") {
        if let Err(wrong) = super::trace::of_text("t", &text) {
            prop_assert!(!wrong.is_empty() && wrong.iter().all(|mistake| text.get(mistake.range.clone()).is_some()));
        }
    }

    /// Any bytes that are text.
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[{}\\[\\]\",:0-9a-z \n]{0,60}") {
        prop_assert!(read("w", &text, &load).is_err());
    }
}

#[test]
fn the_whole_world_is_right() {
    let text = whole().to_string();
    assert_eq!(said(&text), "ACCEPTED []\n");
}
