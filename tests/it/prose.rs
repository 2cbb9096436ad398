//! Takes the prose of the documents that users read.
//! Gives nothing if every number in it is kept true: it is computed here, or tests that are named would fail.
//! Never reads code and blocks of it: `readme.rs` and others play those.

use std::fs;

use regex::{Captures, Regex};
use serde_json::Value;
use zaqarcheck::explore::{CHECKED_ONE_IN, SEEDS_MIN};
use zaqarcheck::policy::{KEYS, Phase, Schedule, Selected};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::TOLERANCE_S;
use zaqarcheck::schedule::RETRIES_MAX;

use crate::cli::{self, root, stdout};
use crate::tidy::files;

/// Who knows that a sentence is true.
enum Keeper {
    /// What stands for `{}` comes from the code.
    Is(fn() -> String),
    /// These tests would fail.
    Tests(&'static [&'static str]),
    /// The number is part of a name, or only the sentence itself is about it.
    Name,
}
use Keeper::{Is, Name, Tests};

const README: &[(&str, Keeper)] = &[
    ("A server that answers 401 is not tested: exit code 3", Tests(&["a_server_that_wants_a_token_says_so_once"])),
    ("The recording ends with a silence of 35 s", Tests(&["silence_is_long_enough_for_the_policy"])),
    ("where nothing arrived (3, unless `--allow-silence`)", Tests(&["nothing_is_written_where_nothing_is_known"])),
    ("where the machine was too noisy to tell (4)", Tests(&["what_the_machine_added_is_not_told_as_a_delay"])),
    ("such as delays of 2.7 and 3.7 s (1)", Tests(&["what_lies_between_whole_seconds_is_not_written"])),
    ("The default retry schedule of Zaqar takes {} seconds", Is(default_span)),
    (
        "retry a notification that was answered with 500",
        Tests(&["every_observed_deviation_is_caught_unless_the_documents_leave_room_for_it"]),
    ),
    (
        "retries a 404 fourteen times if it comes second",
        Tests(&["every_observed_deviation_is_caught_unless_the_documents_leave_room_for_it"]),
    ),
    ("the {} defaults, one by one", Is(|| in_words(KEYS.len()))),
    ("each of the {} phases", Is(|| in_words(Phase::ALL.len()))),
    (
        "It exits 1 if a requirement is neither checked nor excluded",
        Tests(&[
            "a_requirement_that_nobody_checks_is_a_gap",
            "a_requirement_that_is_excluded_and_checked_contradicts_itself",
        ]),
    ),
    (
        "at most `--jobs` deliveries at once ({} unless said otherwise)",
        Is(|| of_help("run", "jobs", "on a server (default: ")),
    ),
    ("Without `--known` it exits 1", Tests(&["exit_1_a_failure_nobody_knows_of"])),
    ("answers the post of a message with 503", Name),
    (
        "The first four leave the same trace",
        Tests(&[
            "the_network_in_memory_leaves_the_trace_of_the_model_to_the_millisecond",
            "turmoil_leaves_the_trace_of_the_model",
            "a_server_on_real_sockets_leaves_the_trace_of_the_model",
        ]),
    ),
    ("One seed in {} is played twice", Is(|| in_words(CHECKED_ONE_IN as usize))),
    ("exploration of at least {} seeds fails as too weak", Is(|| SEEDS_MIN.to_string())),
    ("a success at each attempt from 1 to 15", Tests(&["exit_codes_tell_wrong_stuck_undetermined_and_too_weak_apart"])),
    ("`JOB_COMPLETIONS` (from 0)", Tests(&["the_shards_of_a_kubernetes_job_are_one_run"])),
    ("`CI_NODE_TOTAL` (from 1)", Tests(&["the_shards_of_gitlab_are_one_run"])),
    ("beyond a bound is answered 503", Tests(&["a_post_goes_to_all_subscribers_or_to_none"])),
    ("waiting for a retry | {} |", Is(|| of_help("serve", "max-deliveries", DEFAULT))),
    ("messages stored | {} |", Is(|| of_help("serve", "max-messages", DEFAULT))),
    ("all queues together | {} |", Is(|| of_help("serve", "max-bytes", DEFAULT))),
    ("deliveries wait for one | {} |", Is(|| of_help("serve", "max-sockets", DEFAULT))),
    ("sockets open to one of them | {} |", Is(|| of_help("serve", "max-sockets-per-subscriber", DEFAULT))),
    ("further ones wait to be accepted | {} |", Is(|| of_help("serve", "max-connections", DEFAULT))),
    (
        "A body may have 1 MiB, the headers of a request 64 KiB",
        Tests(&["what_is_not_a_request_is_refused_and_harms_nobody"]),
    ),
    ("has 30 seconds for its headers", Tests(&["a_slow_head_ends_the_connection", "a_slow_body_is_refused"])),
    ("| 0 | {} |", Is(|| meaning(0))),
    ("| 1 | {} |", Is(|| meaning(1))),
    ("| 2 | {} |", Is(|| meaning(2))),
    ("| 3 | {} |", Is(|| meaning(3))),
    ("| 4 | {} |", Is(|| meaning(4))),
    ("| 5 | {} |", Is(|| meaning(5))),
    ("| 6 | {} |", Is(|| meaning(6))),
    ("| 7 | {} |", Is(|| meaning(7))),
    ("may be {} s longer than the other run's", Is(|| TOLERANCE_S.to_string())),
    (
        "Exit code 0 says that nothing differs, 1 that something does, 2 that a file can't be used",
        Tests(&["a_run_does_not_differ_from_itself", "a_difference_is_told_where_it_is"]),
    ),
    ("each of four jobs plays a share", Tests(&["the_pipelines_of_the_readme_leave_what_they_collect"])),
    ("what fits on 120 columns is on one line", Tests(&["the_suite_is_in_the_layout"])),
    (
        "from an interval of 10 seconds",
        Tests(&["every_planted_deviation_is_caught_by_a_scenario_that_says_so_and_no_claim_is_untrue"]),
    ),
    ("and exit code 1. ", Tests(&["mutants_names_who_catches_a_mistake_and_fails_for_one_that_nobody_catches"])),
    (
        "its habit of not retrying an answer of 500",
        Tests(&["every_observed_deviation_is_caught_unless_the_documents_leave_room_for_it"]),
    ),
    ("Of a schedule without end, {} retries are drawn", Is(|| RETRIES_MAX.to_string())),
    ("and exits with 1 if anything does", Tests(&["lint_names_what_bites"])),
    ("all ten workers of Zaqar", Tests(FLEET)),
    ("| from which every draw follows | {} |", Is(|| of_worlds("/properties/seed"))),
    ("and their troubles | {}, `default`, , none |", Is(|| of_worlds("/$defs/Subscriber/properties/count"))),
    ("`batch`, `deal` | to all, {}, `each` |", Is(|| of_worlds("/$defs/Arrival/properties/batch"))),
    ("`per_subscriber` | {} workers |", Is(|| of_worlds("/$defs/Sleeping/properties/workers"))),
    ("Exit code 0 says that every attempt came within the tolerance", Tests(FLEET)),
    ("that the last line tells, 1 that some did not", Tests(&["what_differs_from_the_prediction_is_found"])),
    ("If no policy keeps the limits, the exit code is 1", Tests(&["the_best_policies_are_found"])),
    ("writes what is done, with exit code 3", Tests(&["an_interrupted_search_writes_what_is_done"])),
    ("Apache License 2.0", Name),
];

const SCENARIOS: &[(&str, Keeper)] = &[
    ("0 where nothing is posted", Tests(INVALID)),
    ("answers with this status, 100 to 999", Tests(INVALID)),
    (
        "answers 200, the body takes this long",
        Tests(&[
            "every_behaviour_reads_back",
            "the_network_in_memory_leaves_the_trace_of_the_model_to_the_millisecond",
        ]),
    ),
    ("Without `expect` the answer must be 2xx", Tests(&["one_wrong_word_fails_one_check"])),
    ("numbered from 0 through the whole scenario", Tests(&["a_delivery_that_nobody_lists_is_unexpected"])),
    ("four times for each attempt (on turmoil three)", Tests(&["a_connection_crosses_the_network_four_times"])),
    ("let them differ by 2 seconds or more", Name),
];

const FLEET: &[&str] = &["what_the_readme_shows_is_true"];
const INVALID: &[&str] = &["wrong_scenarios_are_refused_with_the_words_beside_them"];
const DEFAULT: &str = "[default: ";

#[test]
fn numbers_in_prose_are_kept_true() {
    let tests = sources();
    let mut wrong = Vec::new();
    for (document, sentences) in
        [("README.md", README), ("ARCHITECTURE.md", &[]), ("CONTRIBUTING.md", &[]), ("scenarios/README.md", SCENARIOS)]
    {
        let mut prose = prose(&fs::read_to_string(root().join(document)).expect("the document is there"));
        for (sentence, keeper) in sentences {
            let (value, keepers): (_, &[&str]) = match keeper {
                Is(value) => (value(), &[]),
                Tests(tests) => (String::new(), tests),
                Name => (String::new(), &[]),
            };
            let sentence = sentence.replace("{}", &value);
            if !prose.contains(&sentence) {
                wrong.push(format!("{document} does not say: {sentence}"));
            }
            prose = prose.replace(&sentence, "");
            let gone = keepers.iter().filter(|test| !tests.contains(&format!("fn {test}(")));
            wrong.extend(gone.map(|test| format!("{document}: there is no test {test} for: {sentence}")));
        }
        wrong.extend(numbers(&prose).map(|around| format!("{document}: nobody keeps this number true: {around}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every number with what stands around it.
fn numbers(prose: &str) -> impl Iterator<Item = String> {
    let number = Regex::new(NUMBER).expect("it is one");
    let found: Vec<_> = number.find_iter(prose).map(|found| found.range()).collect();
    found.into_iter().map(|range| {
        let before: String = prose[..range.start].chars().rev().take(60).collect();
        before.chars().rev().chain(prose[range.start..].chars().take(60)).collect()
    })
}

/// Digits, and words for numbers that nobody writes without having counted.
const NUMBER: &str = r"(?i)[0-9]|\b(four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|hundred|million)\b";

/// A document on one line, without code that has numbers, addresses of links, versions, and the numbers of lists.
fn prose(document: &str) -> String {
    let blocks = Regex::new(r"(?ms)^```.*?^```$|\]\([^)]*\)|^\d+\. ").expect("it is one");
    let document = blocks.replace_all(document, " ");
    let code = Regex::new(r"`[^`]*`").expect("it is one");
    let plain =
        |code: &Captures<'_>| if code[0].contains(|c: char| c.is_ascii_digit()) { "" } else { &code[0] }.to_owned();
    let document = code.replace_all(&document, plain);
    let versions = Regex::new(r"\b\d+\.\d+\.\d+\b|\bv2\b|Python 3(\.\d+)?\b").expect("it is one");
    versions.replace_all(&document, "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All tests there are.
fn sources() -> String {
    let paths = ["tests/it", "src"].into_iter().flat_map(|folder| files(&root().join(folder)));
    let rust = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|path| fs::read_to_string(path).expect("a source is UTF-8")).collect()
}

fn default_span() -> String {
    let delays =
        Schedule::new(Selected::defaults(), Deviations::NONE).map(|retry| retry.expect("it has no stop").delay_s);
    delays.sum::<u64>().to_string()
}

fn meaning(code: u8) -> String {
    let explained = zaqarcheck(&["explain", &code.to_string()]);
    let line = explained.lines().next().expect("it says something");
    line.trim_start_matches(&format!("exit code {code}: ")).to_owned()
}

/// The number that the help of a verb gives for an option, after `marker`.
fn of_help(verb: &str, option: &str, marker: &str) -> String {
    let help = zaqarcheck(&[verb, "--help"]).split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, about) = help.split_once(&format!("--{option} <")).expect("the verb has the option");
    let (_, number) = about.split_once(marker).expect("the option has a default");
    grouped(number.split([')', ']']).next().expect("there is a first"))
}

/// What a world has where it does not say otherwise, by the place in the schema.
fn of_worlds(place: &str) -> String {
    let schema: Value = serde_json::from_str(&zaqarcheck(&["schema", "fleet"])).expect("a schema is JSON");
    schema.pointer(&format!("{place}/default")).expect("the schema tells it").to_string()
}

/// 1234567 as 1,234,567.
fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn in_words(number: usize) -> String {
    match number {
        4 => "four".into(),
        7 => "seven".into(),
        20 => "twenty".into(),
        other => other.to_string(),
    }
}

fn zaqarcheck(arguments: &[&str]) -> String {
    stdout(&cli::zaqarcheck(arguments).assert().success())
}
