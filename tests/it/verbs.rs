//! Takes the verbs that help somebody to begin: init, explain, fmt, completions, man.
//! Gives what they write and say.
//! Never writes outside a temporary folder.

use std::fs;

use assert_cmd::assert::Assert;
use proptest::prelude::*;
use serde_json::Value;
use zaqarcheck::scenario::layout;

use crate::cli::{folder, root, shown, stderr, stdout, zaqarcheck};
use crate::first::{elsewhere, in_shell};

/// Every verb that `--help` names.
fn verbs() -> Vec<String> {
    let help = stdout(&zaqarcheck(&["--help"]).assert().code(0));
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("it lists them");
    let own = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    own.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn what_init_writes_works() {
    let empty = folder();
    let said = stdout(&elsewhere(empty.path(), &["init", "first"]).assert().code(0));
    let commands: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("  zaqarcheck "))
        .filter_map(|line| line.split("   ").next())
        .collect();
    assert_eq!(commands.len(), 4, "{said}");
    // The last one plays the whole suite in real time.
    for command in &commands[..3] {
        let (code, text) = in_shell(empty.path(), &format!("zaqarcheck {command}"));
        assert_eq!(code, Some(0), "{command}: {text}");
    }
    let files = ["first/first-scenario.json", "first/my-server.json"];
    let check = zaqarcheck(&["fmt", "--check"]).args(files).current_dir(empty.path()).assert().code(0);
    assert!(stdout(&check).contains("2 files, 0 of them"), "{}", stdout(&check));
    // Nothing is overwritten, and nothing is written beside it.
    fs::write(empty.path().join(files[0]), "mine").expect("the folder is ours");
    fs::remove_file(empty.path().join(files[1])).expect("the folder is ours");
    let refused = elsewhere(empty.path(), &["init", "first"]).assert().code(2);
    assert!(stderr(&refused).contains("first-scenario.json, scenario.schema.json"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(empty.path().join(files[0])).expect("it is there"), "mine");
    assert!(!empty.path().join(files[1]).exists());
}

#[test]
fn explain_tells_what_a_name_is() {
    let text = |name: &str| stdout(&zaqarcheck(&["explain", name]).assert().code(0));
    insta::assert_snapshot!("explain-requirement", text("failure-server-error"));
    insta::assert_snapshot!(
        "explain-deviation",
        text("one-retry-extra").lines().take(6).collect::<Vec<_>>().join("\n")
    );
    insta::assert_snapshot!("explain-scenario", text("policy/every-phase-once"));
    insta::assert_snapshot!("explain-exit-code", text("4"));
    let refused = |name: &str| stderr(&zaqarcheck(&["explain", name]).assert().code(2));
    assert!(refused("one-retry-extr").contains("did you mean one-retry-extra?"), "{}", refused("one-retry-extr"));
    assert!(refused("99").contains("go from 0 to 7"), "{}", refused("99"));
}

#[test]
fn completions_and_manual_pages_name_every_verb() {
    let verbs = verbs();
    assert!(verbs.len() > 15, "{verbs:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&zaqarcheck(&["completions", shell]).assert().code(0));
        let missing: Vec<_> = verbs.iter().filter(|verb| !script.contains(verb.as_str())).collect();
        assert!(missing.is_empty(), "{shell}: {missing:?}");
    }
    zaqarcheck(&["completions", "tcsh"]).assert().code(2);
    let folder = folder();
    zaqarcheck(&["man", &shown(folder.path())]).assert().code(0);
    let page =
        |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let main = page("zaqarcheck.1");
    for verb in verbs.iter().filter(|verb| *verb != "help") {
        assert!(main.contains(&verb.replace('-', "\\-")), "{verb}");
        assert!(page(&format!("zaqarcheck-{verb}.1")).contains("Examples:"), "{verb}");
    }
    page("zaqarcheck-schedule-lint.1");
}

/// Examples that need nothing but the suite, as a shell runs them.
#[test]
fn examples_in_the_help_run() {
    let empty = folder();
    let mut ran = 0;
    for verb in ["list", "show", "coverage", "explain", "schema", "init", "scenarios", "completions", "man"] {
        let help = stdout(&zaqarcheck(&[verb, "--help"]).assert().code(0));
        let examples = help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{verb} has no examples"));
        for example in examples.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (code, text) = in_shell(empty.path(), example);
            assert_eq!(code, Some(0), "{example}: {text}");
            ran += 1;
        }
    }
    assert!(ran > 15, "only {ran}");
}

#[test]
fn the_suite_is_in_the_layout() {
    let check = zaqarcheck(&["fmt", "--check", "scenarios"]).assert();
    assert_eq!(check.get_output().status.code(), Some(0), "run `zaqarcheck fmt scenarios`: {}", stdout(&check));
}

#[test]
fn fmt_changes_the_layout_and_nothing_else() {
    let folder = folder();
    let file = folder.path().join("a.json");
    let text = "{\"b\":[1,2.50,1e3],\n\n \"a\":{}, \"steps\":[{\"x\":\"\\u00e9\"}]}";
    fs::write(&file, text).expect("the folder is ours");
    let fmt = |arguments: &[&str]| -> Assert { elsewhere(folder.path(), &[&["fmt"], arguments].concat()).assert() };
    assert!(stdout(&fmt(&["--check", "a.json"]).code(1)).contains("not in the layout: a.json"));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), text, "--check changes nothing");
    fmt(&["a.json"]).code(0);
    let expected = "{\n  \"b\": [1, 2.5, 1000.0],\n  \"a\": {},\n  \"steps\": [\n    { \"x\": \"é\" }\n  ]\n}\n";
    assert_eq!(fs::read_to_string(&file).expect("it is there"), expected);
    fmt(&["--check", "."]).code(0);
    fs::write(&file, "{\"a\": 1, \"a\": 2}").expect("the folder is ours");
    assert!(stderr(&fmt(&["a.json"]).code(2)).contains("stands here twice"));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "{\"a\": 1, \"a\": 2}");
    assert!(stderr(&fmt(&["gone.json"]).code(2)).contains("cannot read gone.json"));
    assert!(root().join("scenarios").is_dir());
}

/// Any JSON, with the keys that the layout knows among others.
fn documents() -> impl Strategy<Value = Value> {
    let text = prop_oneof![Just("x".repeat(70)), ".{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let key = prop_oneof![
            Just("steps".to_owned()),
            Just("expect".to_owned()),
            Just("deliveries".to_owned()),
            text.clone()
        ];
        let entries = prop::collection::vec((key, inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            entries.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layout_keeps_the_value_and_is_its_own_layout(value in documents()) {
        let text = layout(&value);
        let again: Value = serde_json::from_str(&text).expect("it is JSON");
        prop_assert_eq!(&again, &value);
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&value).unwrap(), "the order of keys");
        prop_assert_eq!(layout(&again), text);
    }
}
