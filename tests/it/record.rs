//! Takes the verb `record`: a server that runs, and a post to it.
//! Gives the scenario that is written, which has to hold where it was recorded and to fail elsewhere.
//! Never waits for the real default schedule: clocks run fast.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::cli::{folder, stderr, stdout};
use crate::first::{elsewhere, in_shell};
use crate::serve::Server;

/// The program in a folder; its output, and the file `out.json` if it was written.
fn record(folder: &Path, options: &[&str], code: i32) -> (String, Option<Value>) {
    let run = elsewhere(folder, &[&["record", "--out", "out.json"], options].concat()).assert().code(code);
    let written = fs::read_to_string(folder.join("out.json")).ok();
    let file = written.map(|text| serde_json::from_str(&text).expect("it is JSON"));
    (stdout(&run) + &stderr(&run), file)
}

/// Several policies and posts: the file holds on the model that it was recorded on, and not on another one.
#[test]
fn what_is_recorded_holds_there_and_fails_elsewhere() {
    let geometric = r#"{"minimum_delay": 2, "maximum_delay": 60, "retry_backoff_function": "geometric"}"#;
    let no_backoff = r#"{"minimum_delay": 10, "maximum_delay": 20, "maximum_delay_retries": 0}"#;
    let odd = r#"{"_retry_policy": {"minimum_delay_retries": 1, "other": 1}, "more": [1]}"#;
    let cases: [(&[&str], &str); 12] = [
        (&[], "connection-error-not-retried"),
        (&["--outcomes", "fail"], "one-retry-extra"),
        (&["--outcomes", "fail", "--policy", geometric], "geometric-is-linear"),
        (&["--outcomes", "fail*9,404", "--policy", no_backoff], "delay-doubled"),
        (&["--outcomes", "fail*7,ok", "--subscription", no_backoff], "subscription-policy-ignored"),
        (&["--outcomes", "fail*7,ok", "--queue-metadata", odd], "unknown-keys-refused"),
        (&["--outcomes", "503*5,204", "--outcomes", "ok"], "server-error-is-success"),
        (&["--outcomes", "ok", "--message", "1", "--message", "\"two\"", "--message", "[3]"], "batch-only-first"),
        (&["--outcomes", "404"], "client-error-retried"),
        (
            &["--outcomes", "ok", "--subscription-options", r#"{"post_data": "{\"a\": \"$zaqar_message$\"}"}"#],
            "notified-twice",
        ),
        (&["--outcomes", "ok", "--ttl", "90", "--subscription-ttl", "90"], "notification-is-body-alone"),
        (&["--outcomes", "fail*3,ok", "--target", "sim"], "first-attempt-not-counted"),
    ];
    for (options, deviation) in cases {
        let folder = folder();
        let (text, file) = record(folder.path(), options, 0);
        let file = file.unwrap_or_else(|| panic!("{text}"));
        assert!(text.contains("out.json: written; what was recorded passes it\n"), "{text}");
        assert!(text.contains("the model under documented passes it, too\n"), "{options:?}: {text}");
        let play = |more: &[&str]| elsewhere(folder.path(), &[&["run", "out.json"], more].concat()).assert();
        play(&[]).code(0);
        elsewhere(folder.path(), &["lint", "out.json"]).assert().code(0);
        elsewhere(folder.path(), &["fmt", "--check", "out.json"]).assert().code(0);
        let run = play(&["--deviation", deviation]);
        assert_eq!(run.get_output().status.code(), Some(1), "{options:?} {deviation}: {file}\n{}", stdout(&run));
    }
}

/// A model that does otherwise: the file is about it, and what is said next is what explains it.
#[test]
fn a_release_of_zaqar_is_recorded_as_it_is() {
    let folder = folder();
    let (text, _) = record(folder.path(), &["--profile", "zaqar-23.0.1", "--outcomes", "503*3,ok"], 0);
    insta::assert_snapshot!("record-zaqar-file", fs::read_to_string(folder.path().join("out.json")).expect("written"));
    insta::assert_snapshot!("record-zaqar", text);
    elsewhere(folder.path(), &["run", "out.json"]).assert().code(1);
    let next = text.split("Next:\n").nth(1).expect("it says what is next");
    for command in next.lines() {
        let (code, text) = in_shell(folder.path(), command);
        assert_eq!(code, Some(0), "{command}: {text}");
    }
}

#[test]
fn a_difference_is_explained_by_what_is_known() {
    let check = |options: &[&str], expected: &str| {
        let (text, _) = record(folder().path(), &[&["--outcomes", "fail"], options].concat(), 0);
        assert!(text.contains(expected), "{text}");
    };
    check(&["--deviation", "one-retry-extra"], "passes it with:\n  one-retry-extra: One more retry");
    let both = ["--deviation", "one-retry-extra", "--deviation", "delay-doubled"];
    check(&both, "no known deviation, by itself, explains the difference to the documents\n");
    let hidden = ["--quiet-for", "20s"];
    check(&hidden, "note: a delay of 30 s is to be expected, and 20 s of silence end the recording\n");
}

/// A server on sockets, at an address, by a target file, and launched.
#[test]
fn a_server_is_recorded_as_the_model_is() {
    let server = Server::start(&[]);
    let folder = folder();
    let policy = r#"{"minimum_delay_retries": 1, "maximum_delay": 15, "maximum_delay_retries": 1}"#;
    let post = ["--policy", policy, "--outcomes", "fail", "--outcomes", "ok", "--title", "a title"];
    let (_, on_model) = record(folder.path(), &post, 0);
    let again = |options: &[&str]| {
        fs::remove_file(folder.path().join("out.json")).expect("it was written");
        let (text, file) = record(folder.path(), &[&post, options].concat(), 0);
        assert_eq!(file, on_model, "{text}");
        assert!(text.contains(" s if the server does what the documents or Zaqar do\n"), "{text}");
    };
    again(&["--target", &server.url, "--time-scale", "20"]);
    let target = json!({"format": 1, "url": server.url, "time_scale": 20});
    fs::write(folder.path().join("t.json"), target.to_string()).expect("the folder is ours");
    again(&["--target", "t.json"]);
    let program = env!("CARGO_BIN_EXE_zaqarcheck");
    fs::remove_file(folder.path().join("out.json")).expect("it was written");
    let launched = ["--outcomes", "ok", "--quiet-for", "1s", "--", program, "serve", "--bind", "127.0.0.1:{port}"];
    let (text, file) = record(folder.path(), &launched, 0);
    assert_eq!(file.expect("it was written")["expect"]["deliveries"][0]["attempts"], 1, "{text}");
}

#[test]
fn nothing_is_written_where_nothing_is_known() {
    let server = Server::start(&[]);
    let folder = folder();
    let fast = ["--target", &server.url, "--time-scale", "20", "--quiet-for", "3s"];
    let check = |options: &[&str], code: i32, expected: &str| {
        let (text, file) = record(folder.path(), options, code);
        assert!(text.contains(expected), "{text}");
        assert!(file.is_none(), "{text}");
    };
    // Nobody listens there, so nothing arrives.
    let deaf = [&fast[..], &["--advertise", "127.0.0.9"]].concat();
    check(&deaf, 3, "cannot record deliveries: nothing arrived within 3 s; can the server reach the subscribers");
    let refused = [&fast[..], &["--queue-metadata", r#"{"_retry_policy": 5}"#]].concat();
    check(&refused, 3, r#"PUT /v2/queues/orders is answered with 400: {"title":"Invalid API request""#);
    check(&["--target", "http://127.0.0.1:1"], 3, "cannot reach 127.0.0.1:1: ");
    check(&["--policy", "{\"maximum_delay\": 60,}"], 2, "--policy:1:21\n");
    check(&["--policy", "{\"maximum_dealy\": 60}"], 2, "did you mean `maximum_delay`?");
    check(&["--message", "{\"n\": "], 2, "--message:1:6\n");
    check(&["--message", "1", "--message", "1"], 2, "this body is the same as that of");
    check(&["--requirement", "retry-after-failur"], 2, "did you mean `retry-after-failure`?");
    check(&["--outcomes", "fial"], 2, "did you mean fail?");
    check(&["--outcomes", "fail*99999999999,ok"], 2, "more than 10000 attempts; the last outcome repeats");
    check(&["--time-scale", "20"], 2, "cannot scale the clock of the model");
    let endless = r#"{"_retry_policy": {"maximum_delay_retries": 1000000}}"#;
    check(&["--queue-metadata", endless, "--outcomes", "fail"], 3, "the retries do not stop");
    let asks = json!({"format": 1, "url": server.url, "capabilities": ["confirmation"]});
    fs::write(folder.path().join("t.json"), asks.to_string()).expect("the folder is ours");
    check(&["--target", "t.json"], 3, "cannot record a server that asks subscribers to confirm");

    let (text, file) = record(folder.path(), &[&deaf[..], &["--allow-silence"]].concat(), 0);
    assert_eq!(file.expect("it was written")["expect"]["deliveries"][0]["attempts"], 0, "{text}");
    assert!(text.contains("hook, message 0: 0 attempts\n"), "{text}");
    let (text, file) = record(folder.path(), &[], 2);
    assert!(text.contains("cannot write out.json: it is there already, and nothing is overwritten"), "{text}");
    assert_eq!(file.expect("it is there")["title"], "fail*2,ok at the subscriber: 0 attempts");
}

/// One that asks subscribers to confirm although nobody said so: what arrives is no message.
#[test]
fn a_confirmation_is_not_taken_for_a_message() {
    let server = Server::start(&[
        "--set",
        "notification.require_confirmation=true",
        "--set",
        "signed_url.secret_key=not-a-secret",
    ]);
    let options = ["--target", &server.url, "--time-scale", "20", "--quiet-for", "3s"];
    let (text, file) = record(folder().path(), &options, 3);
    assert!(text.contains("cannot record a server that asks subscribers to confirm"), "{text}");
    assert!(file.is_none());
}

/// A server that tells what it was sent.
#[test]
fn a_secret_is_hidden_in_what_is_told() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(MockServer::start());
    let careless = |request: &Request| {
        let token = request.headers.get("x-auth-token").and_then(|value| value.to_str().ok());
        ResponseTemplate::new(if request.url.path() == "/v2/ping" { 200 } else { 503 })
            .set_body_string(token.unwrap_or("none"))
    };
    runtime.block_on(Mock::given(wiremock::matchers::any()).respond_with(careless).mount(&server));
    let folder = folder();
    let target = json!({
        "format": 1, "url": server.uri(), "time_scale": 1000, "headers": {"X-Auth-Token": {"env": "MY_TOKEN"}},
    });
    fs::write(folder.path().join("t.json"), target.to_string()).expect("the folder is ours");
    let arguments = ["record", "--out", "out.json", "--target", "t.json"];
    let run = elsewhere(folder.path(), &arguments).env("MY_TOKEN", "gAAAAABm-not-for-everybody").assert().code(3);
    assert!(stderr(&run).ends_with("is answered with 503: [hidden]\n"), "{}", stderr(&run));
}

/// Whoever stops a recording has no file, and no server that goes on.
#[test]
fn an_interrupted_recording_leaves_nothing() {
    let folder = folder();
    let program = env!("CARGO_BIN_EXE_zaqarcheck");
    let mut child = Command::new(program)
        .args(["record", "--out", "out.json", "--", "sh", "-c", r#": > started; exec sleep 600"#, "{port}"])
        .current_dir(folder.path())
        .env_remove("ZAQARCHECK_TARGET")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    while !folder.path().join("started").exists() {
        assert_eq!(child.try_wait().expect("it can be asked"), None, "it ended too early");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    // Standard error is inherited by what was launched: it ends only when that has.
    let said = std::io::read_to_string(child.stderr.take().expect("it is piped")).expect("it is text");
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    assert!(said.contains("the run was interrupted"), "{said}");
    assert!(!folder.path().join("out.json").exists());
}
