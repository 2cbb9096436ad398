//! Takes the published JSON Schemas and scenarios, right ones and wrong ones.
//! Gives the word of an independent validator on them, which must be the parser's.
//! Never expects the schema to see what only the whole file shows, such as a name that resolves to nothing.

use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use zaqarcheck::scenario::{parse, register_schema, schema};

use crate::expect_file::check_file;
use crate::invalid;

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario");
    check_file(&folder.join("scenario.schema.json"), &schema());
    check_file(&folder.join("requirements.schema.json"), &register_schema());
}

#[test]
fn valid_scenarios_satisfy_parser_and_schema() {
    let validator = validator(&schema());
    for text in VALID {
        if let Err(diagnostics) = parse("a/b", "a/b.json", text, &invalid::register()) {
            panic!("the parser refuses {text}: {diagnostics:?}");
        }
        let errors: Vec<_> = validator.iter_errors(&value(text)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "the schema refuses {text}: {errors:?}");
    }
}

/// Puts every one of a few values in every place of a valid scenario: what the parser takes, the schema must take.
#[test]
fn the_schema_is_never_stricter_than_the_parser() {
    let validator = validator(&schema());
    let mut accepted = 0;
    for text in VALID {
        for variant in variants(&value(text)) {
            if parse("a/b", "a/b.json", &variant.to_string(), &invalid::register()).is_ok() {
                let errors: Vec<_> = validator.iter_errors(&variant).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "the schema refuses {variant}: {errors:?}");
                accepted += 1;
            }
        }
    }
    assert!(accepted > 100, "only {accepted} variants are valid");
}

pub(crate) fn variants(root: &Value) -> Vec<Value> {
    let mut pointers = vec![String::new()];
    collect_pointers(root, "", &mut pointers);
    let replaced = |pointer: &String, new: &Value| {
        let mut variant = root.clone();
        *variant.pointer_mut(pointer).expect("the pointer comes from this value") = new.clone();
        variant
    };
    let new = [json!(null), json!(0), json!(1.0), json!(-1), json!(2.5), json!(600), json!(""), json!([]), json!({})];
    let more = [json!("hook"), json!("status 200"), json!("hang 1day 5s"), json!(["hook"]), json!([[]]), json!([201])];
    let new: Vec<Value> = new.into_iter().chain(more).collect();
    pointers.iter().flat_map(|pointer| new.iter().map(move |new| replaced(pointer, new))).collect()
}

fn collect_pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect()
        }
        Value::Object(entries) => entries.iter().map(|(key, child)| (key.clone(), child)).collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        collect_pointers(child, &pointer, found);
        found.push(pointer);
    }
}

#[test]
fn structural_mistakes_are_seen_by_the_schema() {
    let validator = validator(&schema());
    let mut wrong = Vec::new();
    for path in invalid::files_with("json") {
        let slug = path.file_stem().expect("the file has a name").to_string_lossy().into_owned();
        let Ok(value) = serde_json::from_str::<Value>(&invalid::read(&path)) else { continue };
        if validator.is_valid(&value) != BEYOND_STRUCTURE.contains(&slug.as_str()) {
            wrong.push(slug);
        }
    }
    assert!(wrong.is_empty(), "the schema and BEYOND_STRUCTURE disagree on {wrong:?}");
}

#[test]
fn the_schema_of_the_register_refuses_unknown_levels() {
    let validator = validator(&register_schema());
    let entry = r#"[{"id": "a", "level": "must", "source": "api-ref", "locator": "l", "text": "t"}]"#;
    assert!(validator.is_valid(&value(entry)));
    assert!(!validator.is_valid(&value(&entry.replace("must", "most"))));
}

pub(crate) fn validator(schema: &str) -> Validator {
    jsonschema::draft202012::new(&value(schema)).expect("the schema is a schema")
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("the text is JSON")
}

const VALID: [&str; 3] = [
    r#"{"format": 1, "title": "t", "requirements": ["policy-defaults"], "steps": [{"list_queues": {}}]}"#,
    r#"{
        "$schema": "../../src/scenario/scenario.schema.json",
        "format": 1,
        "title": "an empty _retry_policy means the documented defaults",
        "requirements": ["policy-defaults", "retry-after-5xx"],
        "needs": ["confirmation", "simulated-network"],
        "subscribers": {
            "hook": {"script": ["read_then_close", {"status": 503, "headers": {"retry-after": "5"}, "delay": "500ms"}]},
            "other": {"script": ["redirect 307 hook", "hang 2m 5s", "status 200"]}
        },
        "steps": [
            {"put_queue": {"queue": "orders", "metadata": {"_retry_policy": {}}}, "expect": {"status": [201, 204]}},
            {"subscribe": {"queue": "orders", "to": "hook", "as": "first", "options": null}},
            {"subscribe": {"queue": "orders", "uri": 5}, "expect": {"status": 400, "body": {"title": "x"}}},
            {"confirm": {"queue": "orders", "subscription": "first", "confirmed": true}},
            {"patch_subscription": {"queue": "orders", "subscription": "first", "changes": []}, "at_s": 1.5},
            {"post": {"queue": "orders", "project": "second", "messages": [{"body": {"n": 1}}, {"body": null, "ttl": "x"}]}},
            {"advance": 0.5},
            {"network": {"event": "latency", "host": "hook", "latency": "50ms"}},
            {"network": {"event": "partition", "host": "other", "way": "answers"}, "at_s": 3},
            {"list_messages": {"queue": "orders"}},
            {"delete_subscription": {"queue": "orders", "subscription": "first"}},
            {"patch_queue": {"queue": "orders", "changes": [{"op": "add", "path": "/metadata/a", "value": 1}]}},
            {"delete_queue": {"queue": "orders"}}
        ],
        "expect": {
            "deliveries": [
                {"subscriber": "hook", "attempts": 3, "delays_s": [0, [10, 11]], "first_at_s": 1, "headers": {"a": "b"}},
                {"subscriber": "other", "message": 1, "attempts": 1, "body": {"n": 1}, "body_text": "x"}
            ],
            "arrivals": {"hook": [0, 1, 0]},
            "quiet_s": 35
        },
        "killed_by": ["one-retry-extra", "linear-includes-maximum"],
        "notes": "notes"
    }"#,
    r#"{
        "format": 1,
        "title": "references stand anywhere below the matrix",
        "requirements": ["policy-defaults"],
        "matrix": {
            "n": [3, 2], "status": [500], "script": [["status 200"]], "queue": [{"queue": "q"}], "message": [{"body": 5}],
            "gap": [5, [5, 6]], "expect": [{"status": 201}]
        },
        "subscribers": {"hook": {"script": "${script}"}, "other": {"script": ["status ${status}", {"status": "${status}"}]}},
        "steps": [
            {"put_queue": "${queue}", "at_s": "${n}", "expect": "${expect}"},
            {"get_queue": {"queue": "q${n}"}, "expect": {"status": ["${status}", 200]}},
            {"post": {"queue": "q", "messages": ["${message}"]}},
            {"advance": "${n}"}
        ],
        "expect": {
            "deliveries": [{"subscriber": "hook", "attempts": 2, "delays_s": ["${gap}"]}]
        }
    }"#,
];

/// The corpus's mistakes that no schema can see: names that resolve to nothing, sums, keys that stand twice.
const BEYOND_STRUCTURE: &[&str] = &[
    "advance-too-far",
    "axis-in-key",
    "axis-in-title",
    "axis-unknown",
    "axis-unused",
    "axis-value-of-wrong-type",
    "axis-value-twice",
    "axis-value-with-mistake-inside",
    "behaviour-object-header",
    "body-of-no-attempt",
    "confirmation-and-message",
    "confirmation-twice",
    "confirmation-undeclared",
    "delays-missing",
    "delays-of-one-attempt",
    "delays-too-few",
    "delivery-twice",
    "duplicate-key",
    "duplicate-key-in-metadata",
    "equal-bodies",
    "expect-of-advance",
    "integer-beyond-64-bits",
    "message-out-of-range",
    "network-bounce-of-the-running",
    "network-crash-twice",
    "network-expects-an-answer",
    "network-host-unknown",
    "network-latency-missing",
    "network-latency-of-a-hold",
    "network-latency-too-fine",
    "network-of-the-server",
    "network-server-down",
    "network-server-is-a-subscriber",
    "network-undeclared",
    "network-way-of-a-crash",
    "no-subscribers",
    "reference-without-matrix",
    "subscription-before-it-is-made",
    "subscription-misspelled",
    "unknown-requirement",
    "unknown-requirement-unlike-any",
    "unknown-subscriber-in-arrivals",
    "unknown-subscriber-in-deliveries",
    "unknown-subscriber-in-redirect",
    "unknown-subscriber-in-step",
];
