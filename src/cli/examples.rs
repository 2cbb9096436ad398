//! Takes the command line as it is declared.
//! Gives it with examples on every verb.
//! Never shows an example that can't be parsed: a test tries each.

use clap::Command;

/// The command line with its examples.
pub(super) fn with_examples(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (verb, lines)| {
        let examples = lines.iter().map(|line| format!("\n  zaqarcheck {verb} {line}").trim_end().to_owned());
        let text = format!("Examples:{}", examples.collect::<String>());
        command.mut_subcommand(verb, |verb| verb.after_help(text))
    })
}

/// What follows the verb, in the order of the verbs.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "run",
        &[
            "",
            "'defaults/*' --level must",
            "--target my-server.json --report junit=report.xml",
            "--target http://127.0.0.1:8888 --known known.json",
            "--accelerate 20 -- my-server --port '{port}'",
        ],
    ),
    ("explore", &["--seeds 10000", "--seeds 2000 --target sim", "--deviation one-retry-extra --out found"]),
    ("replay", &["c --deviation one-retry-extra", "builtin:queues/create.json"]),
    ("list", &["", "--level must 'defaults/*'", "--format json"]),
    ("show", &["policy/every-phase-once"]),
    (
        "record",
        &[
            "--outcomes 'fail*2,ok' --out recorded.json",
            "--target http://127.0.0.1:8888 --outcomes '503*3,ok' --out recorded.json",
            "--accelerate 20 --policy '{\"maximum_delay\": 60}' --outcomes fail --out recorded.json -- my-server '{port}'",
        ],
    ),
    ("lint", &["", "first-scenario.json"]),
    ("fmt", &["first-scenario.json", "--check scenarios"]),
    ("mutants", &["", "one-retry-extra delay-doubled", "--format ndjson"]),
    ("judge", &["run.ndjson --known known.json --report markdown=run.md"]),
    ("diff", &["run.ndjson other.ndjson"]),
    ("matrix", &["23.0.1=new.ndjson 22.0.0=old.ndjson"]),
    ("known", &["check known.json", "write known.json run.ndjson", "prune known.json run.ndjson"]),
    ("coverage", &["", "--format json"]),
    ("schedule", &["--outage 10m", "lint --rate 0.1 --workers 10", "convert --from zaqar --to sns '{}'"]),
    (
        "fleet",
        &["tests/fleet/outage.json", "compare tests/fleet/outage.json --policy 'steep={\"maximum_delay\": 120}'"],
    ),
    ("report", &["run.ndjson --format html --output run.html"]),
    ("serve", &["--bind 127.0.0.1:8888", "--bind 127.0.0.1:0 --time-scale 20 --log info"]),
    ("init", &["", "first"]),
    ("explain", &["retry-after-failure", "one-retry-extra", "4", "policy/every-phase-once"]),
    ("scenarios", &["export scenarios", "export scenarios --force"]),
    ("schema", &["", "target", "fleet"]),
    ("completions", &["bash", "zsh", "fish"]),
    ("man", &["man/man1"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command;

    /// The words of a line, as a shell makes them; the lines here have no other quotes.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('\'').enumerate();
        parts
            .flat_map(|(index, part)| {
                if index % 2 == 1 {
                    vec![part.to_owned()]
                } else {
                    part.split_whitespace().map(str::to_owned).collect()
                }
            })
            .collect()
    }

    #[test]
    fn every_verb_has_examples_and_each_can_be_parsed() {
        for verb in command().get_subcommands().map(Command::get_name).filter(|name| *name != "help") {
            let examples = EXAMPLES.iter().find(|(name, _)| *name == verb);
            let (_, lines) = examples.unwrap_or_else(|| panic!("{verb} has no example"));
            assert!(!lines.is_empty(), "{verb}");
            for line in *lines {
                let words = ["zaqarcheck".to_owned(), verb.to_owned()].into_iter().chain(words(line));
                if let Err(error) = command().try_get_matches_from(words) {
                    panic!("zaqarcheck {verb} {line}: {error}");
                }
            }
        }
        command().debug_assert();
    }
}
