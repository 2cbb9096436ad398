//! Takes target files, and servers as teams have them.
//! Gives what `run --target my-server.json` makes of them.
//! Never finds a secret in anything that is written.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use zaqarcheck::target::{TargetFile, target_schema};

use crate::cli::{folder, root, shown, stderr, stdout, zaqarcheck};
use crate::expect_file::check_file;
use crate::first::{elsewhere, in_shell};

const TOKEN: &str = "gAAAAABm-not-for-everybody";

/// A target file in a folder of its own; its server is `serve`, unless it names another one.
fn target(keys: Value) -> (TempDir, String) {
    let folder = folder();
    let mut file = json!({"format": 1});
    if keys.get("url").is_none() {
        file["command"] = json!([env!("CARGO_BIN_EXE_zaqarcheck"), "serve", "--bind", "127.0.0.1:{port}"]);
    }
    file.as_object_mut().expect("an object").extend(keys.as_object().expect("an object").clone());
    let path = folder.path().join("my-server.json");
    fs::write(&path, file.to_string()).expect("the folder is ours");
    (folder, shown(&path))
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    check_file(&root().join("src/target/target.schema.json"), &target_schema());
    assert_eq!(stdout(&zaqarcheck(&["schema", "target"]).assert().code(0)), target_schema());
}

/// What the parser takes, the schema must take; the schema sees every mistake of form.
#[test]
fn schema_and_parser_agree() {
    let schema: Value = serde_json::from_str(&target_schema()).expect("it is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is a schema");
    let check = |keys: Value, expected: bool| {
        let mut file = json!({"format": 1, "url": "http://a:1"});
        file.as_object_mut().expect("an object").extend(keys.as_object().expect("an object").clone());
        let parsed = TargetFile::read("t.json", &file.to_string(), |_| Some(TOKEN.into())).is_ok();
        assert_eq!((parsed, validator.is_valid(&file)), (expected, expected), "{file}");
    };
    check(json!({"capabilities": ["confirmation"], "jobs": 3, "bind": "::1", "notes": "n", "$schema": "s"}), true);
    check(
        json!({"headers": {"A": "b", "X-Auth-Token": {"env": "A"}, "Authorization": {"env": "A", "prefix": "B "}}}),
        true,
    );
    for wrong in [
        json!({"format": 2}),
        json!({"url": "ftp://a"}),
        json!({"jobs": 0}),
        json!({"jobs": null}),
        json!({"capabilities": ["simulated-network"]}),
        json!({"headers": {"A": 1}}),
        json!({"headers": {"A": {"env": "B", "suffix": ""}}}),
        json!({"project": ""}),
        json!({"unknown": 1}),
    ] {
        check(wrong, false);
    }
}

#[test]
fn mistakes_are_shown_in_their_place() {
    let check = |name: &str, text: &str| {
        let folder = folder();
        fs::write(folder.path().join("t.json"), text).expect("the folder is ours");
        let run = elsewhere(folder.path(), &["run", "--target", "t.json"]).env_remove("NO_TOKEN").assert().code(2);
        assert_eq!(stdout(&run), "", "nothing is run");
        insta::assert_snapshot!(name, stderr(&run));
    };
    check("target-unknown-key", "{\n  \"format\": 1,\n  \"url\": \"http://a:1\",\n  \"advertize\": \"me\"\n}");
    let header =
        |value: &str| format!("{{\"format\": 1, \"url\": \"http://a:1\", \"headers\": {{\"X-Auth-Token\": {value}}}}}");
    check("target-missing-variable", &header("{\"env\": \"NO_TOKEN\"}"));
    check("target-literal-secret", &header("\"secret-in-a-file\""));
    zaqarcheck(&["run", "--target", "no-such-file.json"]).assert().code(2);
}

#[test]
fn a_target_file_is_all_it_takes_and_options_are_stronger() {
    let (folder, path) = target(json!({"ledger": "known.json", "jobs": 2}));
    let entry =
        json!({"id": "queues/create", "check": "steps[0].status", "seen": 500, "deviations": [], "reason": "r"});
    let ledger = |entries: Value| json!({"format": 1, "target": "t", "entries": entries}).to_string();
    fs::write(folder.path().join("known.json"), ledger(json!([entry]))).expect("the folder is ours");
    fs::write(folder.path().join("none.json"), ledger(json!([]))).expect("the folder is ours");
    let run = ["run", "queues/create", "--target", &path];
    let text = stdout(&zaqarcheck(&run).assert().code(1));
    assert!(text.contains("STALE   queues/create"), "{text}");
    // What is printed to repeat a case does repeat it.
    let rerun = text.lines().find_map(|line| line.trim().strip_prefix("rerun ")).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(in_shell(root(), rerun).0, Some(1), "{rerun}");
    let none = shown(&folder.path().join("none.json"));
    let text = stdout(&zaqarcheck(&[&run[..], &["--known", &none]].concat()).assert().code(0));
    assert!(text.contains("PASS    queues/create"), "{text}");
    // The ledger of the file can be written, too.
    zaqarcheck(&[&run[..], &["--update-known"]].concat()).assert().code(0);
    zaqarcheck(&run).assert().code(0);
    zaqarcheck(&["run", "queues/create", "--update-known"]).assert().code(2);
}

/// The server is as careless as can be: it answers with all it was sent, in a body and in a header.
#[test]
fn a_secret_stands_in_nothing_that_is_written() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(MockServer::start());
    let careless = |request: &Request| {
        let headers: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        let escaped = headers.join("\n").replace("gAAAA", "\\u0067AAAA");
        let body =
            format!("{{\"headers\": {}, \"{TOKEN}\": \"{}\"}}", json!(headers), escaped.replace(['"', '\n'], ""));
        ResponseTemplate::new(500).set_body_string(body).insert_header("x-echo", TOKEN)
    };
    runtime.block_on(Mock::given(wiremock::matchers::any()).respond_with(careless).mount(&server));

    let token = json!({"X-Auth-Token": {"env": "MY_TOKEN"}, "Authorization": {"env": "MY_TOKEN", "prefix": "Bearer "}});
    let (folder, path) = target(json!({"url": server.uri(), "headers": token, "ledger": "known.json"}));
    fs::write(folder.path().join("known.json"), json!({"format": 1, "target": "t", "entries": []}).to_string())
        .expect("the folder is ours");
    let formats = ["ndjson", "junit", "tap", "markdown", "html", "badge", "text"];
    let reports = formats.map(|format| format!("--report={format}={}", folder.path().join(format).display()));
    let mut arguments = vec!["run", "queues/create", "validation/empty-policy-accepted", "--target", &path];
    arguments.extend(reports.iter().map(String::as_str));
    let check = |arguments: &[&str], code: i32| {
        let run = zaqarcheck(arguments).env("MY_TOKEN", TOKEN).assert().code(code);
        let (text, errors) = (stdout(&run), stderr(&run));
        assert!(!text.contains(TOKEN) && !errors.contains(TOKEN), "{text}{errors}");
        for file in fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.expect("it can be read").path())
        {
            let text = fs::read_to_string(&file).expect("all of them are texts");
            assert!(!text.contains(TOKEN) && !text.contains("not-for-everybody"), "{}: {text}", file.display());
        }
        text
    };
    let text = check(&arguments, 1);
    assert!(text.contains("FAIL    queues/create"), "{text}");
    let recorded = fs::read_to_string(folder.path().join("ndjson")).expect("it was written");
    assert!(recorded.matches("[hidden]").count() > 4, "{recorded}");
    arguments.push("--update-known");
    check(&arguments, 0);
    let seen = runtime.block_on(server.received_requests()).expect("they are recorded");
    let with_token = |request: &&Request| {
        request.headers.get("authorization").is_some_and(|value| value == &format!("Bearer {TOKEN}"))
    };
    assert!(seen.iter().filter(with_token).all(|request| request.headers["x-auth-token"] == TOKEN));
    assert!(seen.iter().filter(with_token).count() > 2, "the server got what it was to get");
}

/// Cases without deliveries, which on a real clock take no time, and one of two projects.
const QUICK: [&str; 6] =
    ["queues/create", "queues/delete*g", "queues/list*", "queues/messages-listed", "queues/show*", "queues/update*"];

/// In one project, cases that use the same names must not see each other.
#[test]
fn all_cases_can_share_one_project() {
    let (_folder, path) = target(json!({"project": "the-only-one"}));
    let verdicts = |arguments: &[&str]| {
        let text = stdout(&zaqarcheck(&[&["run"], &QUICK[..], arguments].concat()).assert().code(0));
        let lines = text.lines().filter(|line| line.starts_with("PASS") || line.starts_with("N/A"));
        let mut verdicts: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(char::is_whitespace))
            .map(|(verdict, rest)| (rest.split_whitespace().next().unwrap_or_default().into(), verdict.into()))
            .collect();
        verdicts.sort();
        verdicts
    };
    let (shared, own) = (verdicts(&["--target", &path]), verdicts(&[]));
    let differ: Vec<_> = shared.iter().zip(&own).filter(|(shared, own)| shared != own).collect();
    assert!(shared.len() > 10 && shared.len() == own.len(), "{} and {}", shared.len(), own.len());
    assert!(!differ.is_empty() && differ.iter().all(|(shared, _)| shared.1 == "N/A"), "{differ:?}");
    assert!(Path::new(&path).exists());
}

/// The target file of the README, with everything that it names.
#[test]
fn the_readme_shows_a_right_target_file() {
    let readme = fs::read_to_string(root().join("README.md")).expect("it is there");
    let block = readme.split("```json\n").find(|block| block.contains("\"command\"")).expect("it shows one");
    let text = block.split("```").next().expect("the block ends");
    let (file, access) = TargetFile::read("README", text, |name| (name == "OS_TOKEN").then(|| TOKEN.into()))
        .unwrap_or_else(|found| panic!("{found:?}"));
    assert_eq!((file.accelerate, access.headers.len()), (Some(20), 2));
    let schema = target_schema();
    let keys: Value = serde_json::from_str(&schema).expect("it is JSON");
    for key in keys["properties"]
        .as_object()
        .expect("an object")
        .keys()
        .filter(|key| !["$schema", "format"].contains(&key.as_str()))
    {
        assert!(text.contains(&format!("\"{key}\"")) || readme.contains(&format!("`{key}`")), "{key}");
    }
}

/// What somebody has to do who has no token yet, and what somebody who has one.
#[test]
fn a_server_that_wants_a_token_says_so_once() {
    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(MockServer::start());
    let guarded = |request: &Request| {
        let allowed = request.headers.get("x-auth-token").is_some_and(|value| value == TOKEN);
        ResponseTemplate::new(if allowed { 500 } else { 401 })
    };
    runtime.block_on(Mock::given(wiremock::matchers::any()).respond_with(guarded).mount(&server));
    let check = |arguments: &[&str], token: &str, expected: &str| {
        let run = zaqarcheck(arguments).env("MY_TOKEN", token).assert().code(3);
        let said = stderr(&run).replace(server.uri().trim_start_matches("http://"), "HOST");
        assert_eq!(
            said,
            format!("zaqarcheck: cannot use HOST: it answers 401, so it wants authentication{expected}\n")
        );
    };
    let unknown = "; name a target file with --target that has \"headers\": {\"X-Auth-Token\": {\"env\": \"OS_TOKEN\"}} \
                   and put the token into that variable";
    let refused = " and does not accept what it got: x-auth-token";
    let (_folder, path) =
        target(json!({"url": server.uri(), "headers": {"X-Auth-Token": {"env": "MY_TOKEN"}}, "time_scale": 1000}));
    let world = "tests/fleet/comes-back.json";
    check(&["run", "queues/create", "--target", &server.uri()], TOKEN, unknown);
    check(&["run", "queues/create", "--target", &path], "stale-and-long-enough", refused);
    check(&["fleet", "verify", world, "--target", &server.uri()], TOKEN, unknown);
    check(&["fleet", "verify", world, "--target", &path], "stale-and-long-enough", refused);
    // With its token it is asked the rest; it is no Zaqar, and that is another matter.
    let run = zaqarcheck(&["run", "queues/create", "--target", &path]).env("MY_TOKEN", TOKEN).assert().code(1);
    assert!(stdout(&run).contains("FAIL    queues/create"), "{}", stdout(&run));
    let verified = zaqarcheck(&["fleet", "verify", world, "--target", &path]).env("MY_TOKEN", TOKEN).assert().code(3);
    assert!(stderr(&verified).ends_with("is answered with 500\n"), "{}", stderr(&verified));
}

#[test]
fn fleet_verify_offers_what_it_reads() {
    let refused = |target: &str| {
        let run = zaqarcheck(&["fleet", "verify", "tests/fleet/comes-back.json", "--target", target]).assert().code(2);
        stderr(&run)
    };
    let expected = "expected model, http://host:port or a target file (.json)\n";
    assert_eq!(refused("sim"), format!("zaqarcheck: cannot use the target sim: {expected}"));
    let (_folder, path) =
        target(json!({"time_scale": 20, "url": "http://127.0.0.1:1", "capabilities": ["confirmation"]}));
    assert!(refused(&path).contains("asks subscribers to confirm"), "{}", refused(&path));
}
