//! Takes worlds of deliveries in files, as `fleet` and `fleet verify` get them.
//! Gives what a user sees: tables, files, exit codes; and the word of an independent validator on the schema.
//! Never expects a figure that another test does not derive.

use std::fs;

use serde_json::{Value, json};
use zaqarcheck::fleet::file::{read, schema};

use crate::cli::{folder, root, shown, stderr, stdout, zaqarcheck};
use crate::expect_file::check_file;
use crate::schema::{validator, variants};
use crate::serve::Server;

const OUTAGE: &str = "tests/fleet/outage.json";

fn check(name: &str, code: i32, arguments: &[&str]) {
    let run = zaqarcheck(&[&["fleet"], arguments].concat()).assert().code(code);
    insta::assert_snapshot!(name, format!("{}{}", stdout(&run), stderr(&run)));
}

#[test]
fn a_world_is_told_in_tables() {
    check("fleet-outage", 0, &[OUTAGE]);
    check("fleet-one-group", 0, &["tests/fleet/default-policy.json"]);
    check("fleet-batch", 0, &["tests/fleet/batch-of-three.json"]);
}

#[test]
fn json_has_a_version_and_the_same_counts() {
    let text = stdout(&zaqarcheck(&["fleet", OUTAGE, "--format", "json"]).assert().code(0));
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((&value["format"], &value["horizon_s"]), (&json!(1), &json!(1200.0)));
    let groups = value["groups"].as_array().expect("groups");
    for key in ["published", "delivered", "lost", "attempts", "wasted"] {
        let sum: u64 = groups.iter().map(|group| group[key].as_u64().expect("a count")).sum();
        assert_eq!(value["total"][key], sum, "{key}");
    }
    assert_eq!((&groups[1]["name"], &groups[1]["recovery_lag"]), (&json!("audit"), &json!({"count": 0})));
    let batch = ["fleet", "tests/fleet/batch-of-three.json", "--format", "json"];
    let value: Value = serde_json::from_str(&stdout(&zaqarcheck(&batch).assert().code(0))).expect("it is JSON");
    let keys = ["published", "delivered", "lost", "collateral_lost", "unfinished"];
    let counts = keys.map(|key| value["total"][key].as_u64().expect("a count"));
    assert_eq!(counts, [3, 0, 1, 2, 0]);
}

/// Every file there is, twice: the same seed gives the same bytes, and another seed gives others.
#[test]
fn a_seed_gives_the_same_bytes() {
    let folder = folder();
    let run = |name: &str, seed: &str| {
        let at = folder.path().join(name);
        fs::create_dir(&at).expect("the folder is ours");
        let path = |file: &str| shown(&at.join(file));
        let files = [
            ["--csv".to_owned(), path("csv")],
            ["--events".to_owned(), path("e.ndjson")],
            ["--plot".to_owned(), path("p.svg")],
            ["--html".to_owned(), path("h.html")],
        ];
        let files: Vec<String> = files.into_iter().flatten().collect();
        let mut command = zaqarcheck(&["fleet", OUTAGE, "--seed", seed]);
        let text = stdout(&command.args(files).assert().code(0));
        let names = ["csv/series.csv", "csv/groups.csv", "e.ndjson", "p.svg", "h.html"];
        let read = |name: &str| fs::read_to_string(at.join(name)).expect("it was written");
        [vec![text], names.map(read).to_vec()].concat()
    };
    let (once, again, other) = (run("once", "7"), run("again", "7"), run("other", "8"));
    assert!(once == again, "the same seed gave other bytes");
    assert!(once.iter().zip(&other).all(|(once, other)| once != other), "another seed changed nothing");
    check_series(&once[1]);
    check_events(&once[3]);
}

/// Of 6707 deliveries all are told in some second.
fn check_series(text: &str) {
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().expect("a heading").split(',').collect();
    let column = |name: &str| head.iter().position(|column| *column == name).expect("it is a column");
    let rows: Vec<Vec<f64>> = lines.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect();
    let sum = |name: &str| rows.iter().map(|row| row[column(name)]).sum::<f64>();
    assert_eq!(rows.len(), 1200);
    assert_eq!((sum("delivered"), sum("undelivered")), (6707.0, 0.0));
    assert_eq!(sum("first") + sum("retries"), 6819.0);
    assert!(rows.iter().all(|row| row[column("busy_workers")] <= 10.0));
}

/// Every attempt and every end has its line.
fn check_events(text: &str) {
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((count("attempt"), count("end"), lines.len()), (6819, 6707, 6819 + 6707));
    let failed = lines.iter().find(|line| line["failed"] == true).expect("some attempt failed");
    assert_eq!(
        (&failed["group"], &failed["status"], &failed["phase"]),
        (&json!("orders"), &json!(null), &json!("first"))
    );
}

#[test]
fn what_can_not_be_used_or_written_is_said() {
    check("fleet-no-file", 2, &["no-such-world.json"]);
    check("fleet-no-argument", 2, &[]);
    check("fleet-bad-plot", 2, &[OUTAGE, "--plot", "picture.jpg"]);
    let folder = folder();
    let world = folder.path().join("world.json");
    let text = r#"{"format": 1, "horizn": "5m", "subscribers": {"a": {}}, "arrivals": [{"trace": "t.csv"}]}"#;
    fs::write(&world, text).expect("the folder is ours");
    fs::write(folder.path().join("t.csv"), "1\nsoon\n").expect("the folder is ours");
    let run = zaqarcheck(&["fleet", "world.json"]).current_dir(folder.path()).assert().code(2);
    insta::assert_snapshot!("fleet-bad-world", stderr(&run));
    for option in ["--events", "--html", "--plot"] {
        let path = folder.path().join("no/where.svg");
        let run = zaqarcheck(&["fleet", OUTAGE, option, &shown(&path)]).assert().code(3);
        assert_eq!(stdout(&run), "", "nothing is played");
    }
}

/// Zaqar takes a policy of 2^63 retries. As many of them are played as fall before the horizon, and none is kept.
#[test]
fn a_schedule_without_end_is_played_to_the_horizon() {
    let folder = folder();
    let path = shown(&folder.path().join("world.json"));
    let world = |policy: Value| {
        let world = json!({
            "format": 1, "policies": {"default": {"policy": policy}}, "subscribers": {"a": {"latency": "0s", "down": [{}]}},
            "arrivals": [{"burst": {"posts": 2}}],
        });
        fs::write(&path, world.to_string()).expect("the folder is ours");
        zaqarcheck(&["fleet", &path, "--format", "json"])
    };
    let run = world(json!({"maximum_delay": 60, "maximum_delay_retries": i64::MAX})).assert().code(0);
    let value: Value = serde_json::from_str(&stdout(&run)).expect("it is JSON");
    // 0 4x, 5, 10, 15, then 5, 10 .. 55 s apart: 345 s; every minute after that.
    assert_eq!((&value["total"]["unfinished"], &value["total"]["attempts"]), (&json!(2), &json!(2 * (18 + 54))));
    assert!(value["notes"][0].as_str().expect("a note").contains("longer than the horizon"), "{value}");
    let run = world(json!({"maximum_delay": i64::MAX, "retries_with_no_delay": i64::MAX})).assert().code(2);
    assert!(stderr(&run).contains("more than 100000 attempts before the horizon"), "{}", stderr(&run));
    world(json!({"maximum_delay": i64::from(i32::MAX)})).assert().code(0);
}

/// A trace is beside the world, wherever the program is called from.
#[test]
fn traces_are_beside_their_world() {
    let folder = folder();
    let text = r#"{"format": 1, "subscribers": {"a": {}}, "arrivals": [{"trace": "t.csv"}]}"#;
    fs::write(folder.path().join("world.json"), text).expect("the folder is ours");
    fs::write(folder.path().join("t.csv"), "at\n1\n2.5\n").expect("the folder is ours");
    let path = shown(&folder.path().join("world.json"));
    let text = stdout(&zaqarcheck(&["fleet", &path, "--format", "json"]).assert().code(0));
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(value["total"]["delivered"], 2);
}

#[test]
fn the_model_does_what_is_predicted_to_the_nanosecond() {
    for world in ["default-policy", "batch-of-three", "comes-back"] {
        check(&format!("fleet-verify-{world}"), 0, &["verify", &format!("tests/fleet/{world}.json"), "--width", "100"]);
    }
}

/// The model has workers for everybody, so it can't make a healthy subscriber wait: that is seen.
#[test]
fn what_differs_from_the_prediction_is_found() {
    let run = zaqarcheck(&["fleet", "verify", "tests/fleet/ten-dead.json"]).assert().code(1);
    let text = stdout(&run);
    assert!(text.contains(
        "healthy, message 10, posted at 1 s: predicted to be delivered\n  predicted    1: 180\n  observed     1: 1\n"
    ));
    assert!(text.contains("differs; largest error 179.000 s\n"), "{text}");
    assert!(text.ends_with(
        "differs: 11 deliveries; 151 attempts predicted, 151 observed; largest error 179.000 s, tolerance 0.000 s\n"
    ));
    zaqarcheck(&["fleet", "verify", "tests/fleet/ten-dead.json", "--tolerance", "179s"]).assert().code(0);
}

/// What takes a minute of the world takes seconds on a clock that runs fast. How punctual a busy machine is, is not the
/// question: the attempts are.
#[test]
fn a_server_does_what_is_predicted() {
    let server = Server::start(&[]);
    let arguments = ["fleet", "verify", "tests/fleet/comes-back.json", "--target", &server.url, "--time-scale", "20"];
    let run = zaqarcheck(&arguments).args(["--tolerance", "40s"]).assert().code(0);
    assert!(stdout(&run).contains("agrees: 18 deliveries; 68 attempts predicted, 68 observed;"), "{}", stdout(&run));
    // One retry more than was promised is one attempt more than was predicted.
    let server = Server::start(&["--deviation", "one-retry-extra"]);
    let arguments = ["fleet", "verify", "tests/fleet/comes-back.json", "--target", &server.url, "--time-scale", "20"];
    let run = zaqarcheck(&arguments).args(["--tolerance", "40s"]).assert().code(1);
    assert!(stdout(&run).contains("differs: 1 more than predicted"), "{}", stdout(&run));
}

#[test]
fn what_no_server_can_be_told_is_refused() {
    let folder = folder();
    let mut said = String::new();
    for part in [
        r#""policies": {"default": {"jitter": "full"}}"#,
        r#""subscribers": {"a": {"capacity": {"per_second": 5}}}"#,
        r#""subscribers": {"a": {"brownouts": [{"rate": 0.5}]}}"#,
        r#""subscribers": {"a": {"down": [{"as": "hang"}]}}"#,
        r#""subscribers": {"a": {"down": [{"mean_up": "1m", "mean_down": "1m"}]}}"#,
        r#""sender": {"sleeping": {"timeout": "1m"}}"#,
        r#""arrivals": [{"poisson": {"per_second": 0.01}}]"#,
        r#""subscribers": {"a": {"count": 2}}, "arrivals": [{"deal": "one", "burst": {"posts": 1}}]"#,
        r#""arrivals": [{"burst": {"posts": 10000000}}]"#,
        r#""subscribers": {"a": {"down": [{}]}}, "horizon": "2m""#,
    ] {
        let defaults = [r#""subscribers": {"a": {}}"#, r#""arrivals": [{"burst": {"posts": 1}}]"#];
        let key = |text: &str| text.split(':').next().expect("a key").to_owned();
        let rest: Vec<&str> = defaults.into_iter().filter(|default| !part.contains(&key(default))).collect();
        let path = folder.path().join("world.json");
        fs::write(&path, format!("{{\"format\": 1, {}}}", [&[part], &rest[..]].concat().join(", ")))
            .expect("it is ours");
        said += &stderr(&zaqarcheck(&["fleet", "verify", &shown(&path)]).assert().code(2));
    }
    insta::assert_snapshot!("fleet-unplayable", said);
    check("fleet-verify-scale", 2, &["verify", OUTAGE, "--time-scale", "20"]);
    let nobody = ["fleet", "verify", "tests/fleet/default-policy.json", "--target", "http://127.0.0.1:1"];
    zaqarcheck(&nobody).assert().code(3);
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    check_file(&root().join("src/fleet/file/world.schema.json"), &schema());
    assert_eq!(stdout(&zaqarcheck(&["schema", "fleet"]).assert().code(0)), schema());
}

fn worlds() -> Vec<Value> {
    let files = fs::read_dir(root().join("tests/fleet")).expect("the folder is there");
    let text = |entry: std::io::Result<fs::DirEntry>| fs::read_to_string(entry.expect("it can be read").path());
    let mut worlds: Vec<Value> =
        files.map(|entry| serde_json::from_str(&text(entry).expect("it is a text")).expect("it is JSON")).collect();
    worlds.push(json!({
        "format": 1, "seed": 7, "horizon": "20m", "rules": "zaqar-23.0.1",
        "policies": {"p": {"policy": {"maximum_delay": 60}, "jitter": "20%"}},
        "subscribers": {"hook": {
            "count": 2, "policy": "p", "latency": "20ms",
            "down": [{"from": "0s", "until": "100s", "as": "hang"}, {"first": "1s", "every": "5m", "for": "10s"}],
            "brownouts": [{"mean_up": "1m", "mean_down": "1s", "rate": 0.3, "status": 500}],
            "slow": [{"latency": "2s"}], "capacity": {"per_second": 5, "status": 429, "cold": "1m"},
        }},
        "arrivals": [
            {"to": ["hook"], "deal": "one", "batch": 2, "burst": {"at": "1s", "posts": 3}},
            {"even": {"from": "1s", "until": "2s", "posts": 5}}, {"even": {"per_second": 3}},
            {"poisson": {"from": "1s", "until": "9s", "per_second": 2.5}}, {"trace": [1, "2s"]}, {"trace": "t.csv"},
        ],
        "sender": {"sleeping": {"workers": "unlimited", "per_subscriber": 2, "timeout": "60s"}},
    }));
    worlds
}

/// Puts every one of a few values in every place of a right world: what the reader takes, the schema must take.
#[test]
fn the_schema_of_worlds_is_never_stricter_than_the_reader() {
    let validator = validator(&schema());
    let (mut accepted, mut refused) = (0, 0);
    for world in worlds() {
        for variant in [vec![world.clone()], variants(&world)].concat() {
            let is_right = read("w", &variant.to_string(), &|_| Ok("1\n2\n".into())).is_ok();
            let errors: Vec<_> = validator.iter_errors(&variant).map(|error| error.to_string()).collect();
            assert!(!is_right || errors.is_empty(), "the schema refuses {variant}: {errors:?}");
            accepted += usize::from(is_right);
            refused += usize::from(!is_right && !errors.is_empty());
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} variants are right, {refused} are seen to be wrong");
}
