//! Takes one case as it stands in the file.
//! Gives every place where it contradicts itself, the register or the list of deviations.
//! Never repeats what decoding said: below a damaged path it is silent.

/// Builds a path: `path!["steps", 1, "post"]`.
macro_rules! path {
    ($($segment:expr),* $(,)?) => { vec![$(Segment::from($segment)),*] };
}

mod expect;
mod steps;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::confirmation;
use super::decode::Decoded;
use super::diagnostic::suggest;
use super::document::{Part, Problem};
use super::file::ScenarioFile;
use super::register::Register;
use super::script::{Behaviour, Script};
use super::spans::Segment;
use super::step::seconds;
use crate::protocol::{Deviation, Origin};
use crate::spelling::nearest;

/// Checks a case; its scripts are whole if there are no problems.
pub(super) fn check(decoded: &Decoded, register: &Register) -> (BTreeMap<String, Script>, Vec<Problem>) {
    let Some(file) = &decoded.file else { return (BTreeMap::new(), Vec::new()) };
    let mut checker = Checker { file, damaged: &decoded.damaged, problems: Vec::new() };
    checker.heading();
    checker.requirements(register);
    checker.deviations();
    let scripts = checker.subscribers();
    let messages = checker.steps();
    checker.deliveries(messages);
    checker.arrivals(messages);
    confirmation::check(file).into_iter().for_each(|problem| checker.report(problem));
    (scripts, checker.problems)
}

struct Checker<'a> {
    file: &'a ScenarioFile,
    damaged: &'a [Vec<Segment>],
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn heading(&mut self) {
        let title = self.file.title.trim();
        if title.is_empty() {
            self.value(path!["title"], "the title is empty", "say which behaviour is tested");
        }
        if title.ends_with('.') {
            self.value(path!["title"], "the title ends in a full stop", "take it away: titles stand in lists");
        }
        self.seconds(path!["expect", "quiet_s"], self.file.expect.quiet_s);
        let mut seen = BTreeSet::new();
        for (index, need) in self.file.needs.iter().enumerate() {
            // What stands in place of a damaged name is no name.
            if !self.is_damaged(&["needs".into(), index.into()]) && !seen.insert(need) {
                self.value(path!["needs", index], "this capability stands here twice", "once is enough");
            }
        }
    }

    fn requirements(&mut self, register: &Register) {
        let requirements = &self.file.requirements;
        if requirements.is_empty() {
            let help = "name at least one id from the register: it decides the level";
            self.value(path!["requirements"], "no requirement is named", help);
        }
        for (index, id) in requirements.iter().enumerate() {
            let path = path!["requirements", index];
            if register.get(id).is_none() {
                let known = register.iter().map(|requirement| requirement.id.as_str());
                let help = nearest(id, known).map_or_else(
                    || "take an id from the register, or add this one to it".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.value(path, format!("unknown requirement `{id}`"), help);
            } else if requirements[..index].contains(id) {
                self.value(path, format!("the requirement `{id}` stands here twice"), "once is enough");
            }
        }
    }

    fn deviations(&mut self) {
        let planted = || Deviation::ALL.iter().filter(|deviation| deviation.origin() == Origin::Planted);
        for (index, name) in self.file.killed_by.iter().enumerate() {
            let path = path!["killed_by", index];
            match name.parse::<Deviation>().map(Deviation::origin) {
                Ok(Origin::Planted) if self.file.killed_by[..index].contains(name) => {
                    self.value(path, format!("the deviation `{name}` stands here twice"), "once is enough");
                }
                Ok(Origin::Planted) => {}
                Ok(Origin::Observed) => {
                    let help =
                        "`killed_by` proves that planted mistakes are caught; what real servers do belongs in a ledger";
                    self.value(path, format!("`{name}` is an observed deviation, not a planted one"), help);
                }
                Err(()) => {
                    let help = suggest(name, planted().map(|deviation| deviation.name()));
                    self.report(Problem::at_value(path, format!("no deviation is called `{name}`"), help));
                }
            }
        }
    }

    fn subscribers(&mut self) -> BTreeMap<String, Script> {
        let file = self.file;
        let mut scripts = BTreeMap::new();
        for (name, subscriber) in &file.subscribers {
            if !is_name(name) {
                let help = "names are made of letters, digits, `_`, `-` and `.`";
                self.key(path!["subscribers", name.as_str()], format!("`{name}` can't name a subscriber"), help);
            }
            let mut behaviours = Vec::new();
            for (index, entry) in subscriber.script.iter().enumerate() {
                let path = path!["subscribers", name.as_str(), "script", index];
                behaviours.extend(self.behaviour(path, entry));
            }
            if subscriber.script.is_empty() {
                let help = "write at least one behaviour, as in `[\"status 200\"]`; the last one repeats";
                self.value(path!["subscribers", name.as_str(), "script"], "the script is empty", help);
            } else if !behaviours.is_empty() {
                scripts.insert(name.clone(), Script::new(behaviours));
            }
        }
        scripts
    }

    fn behaviour(&mut self, path: Vec<Segment>, entry: &Value) -> Option<Behaviour> {
        match Behaviour::read(entry) {
            Ok(behaviour) => {
                if let Behaviour::Redirect { to, .. } = &behaviour {
                    self.subscriber(path, to);
                }
                Some(behaviour)
            }
            Err(problem) => {
                let path = [path, problem.path].concat();
                self.report(Problem { path, ..problem });
                None
            }
        }
    }

    fn subscriber(&mut self, path: Vec<Segment>, name: &str) {
        self.known_subscriber(Part::Value, path, name);
    }

    fn known_subscriber(&mut self, part: Part, path: Vec<Segment>, name: &str) {
        let known = &self.file.subscribers;
        if known.contains_key(name) || self.is_damaged(&["subscribers".into()]) {
            return;
        }
        let help = match suggest(name, known.keys().map(String::as_str)) {
            Some(help) => help,
            None => format!("add it: `\"subscribers\": {{\"{name}\": {{\"script\": [\"status 200\"]}}}}`"),
        };
        self.report(Problem { path, part, message: format!("no subscriber is called `{name}`"), help: Some(help) });
    }

    fn seconds(&mut self, path: Vec<Segment>, number: f64) {
        if seconds(number).is_none() {
            let message = if number < 0.0 {
                format!("expected a number of seconds, 0 or more, found {number}")
            } else {
                "no clock counts that many seconds".to_owned()
            };
            self.report(Problem::at_value(path, message, None));
        }
    }

    fn steps_are_damaged(&self) -> bool {
        self.damaged.iter().any(|unit| unit.first() == Some(&Segment::from("steps")))
    }

    fn is_damaged(&self, path: &[Segment]) -> bool {
        self.damaged.iter().any(|unit| path.starts_with(unit))
    }

    fn key(&mut self, path: Vec<Segment>, message: impl Into<String>, help: impl Into<String>) {
        self.report(Problem::at_key(path, message, Some(help.into())));
    }

    fn value(&mut self, path: Vec<Segment>, message: impl Into<String>, help: impl Into<String>) {
        self.report(Problem::at_value(path, message, Some(help.into())));
    }

    fn report(&mut self, problem: Problem) {
        if !self.is_damaged(&problem.path) {
            self.problems.push(problem);
        }
    }
}

/// Names stand in paths of URLs and between the spaces of `redirect 307 name`.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}

fn count(number: usize, noun: &str) -> String {
    match number {
        0 => "none".to_owned(),
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::decode::decode_file;
    use super::*;

    #[track_caller]
    fn messages(steps: Value, expect: Value) -> Vec<String> {
        let file = json!({
            "format": 1, "title": "t", "requirements": ["r"],
            "subscribers": {"a": {"script": ["redirect 307 b"]}, "b": {"script": ["status 200"]}},
            "steps": steps, "expect": expect
        });
        let entry = r#"[{"id": "r", "level": "must", "source": "guide", "locator": "l", "text": "t"}]"#;
        let register = Register::parse("requirements.json", entry).expect("it is right");
        let (scripts, problems) = check(&decode_file(file), &register);
        assert_eq!(scripts.len(), 2);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    #[track_caller]
    fn check_accepted(steps: Value, expect: Value) {
        assert_eq!(messages(steps, expect), Vec::<String>::new());
    }

    #[test]
    fn a_message_that_never_arrives_needs_no_delays() {
        let post = json!([{"post": {"queue": "q", "messages": [{"body": 1}, {"body": 1.5}, {"body": "1"}]}}]);
        check_accepted(post.clone(), json!({"deliveries": [{"subscriber": "a", "message": 2, "attempts": 0}]}));
        check_accepted(post, json!({"deliveries": [{"subscriber": "a", "attempts": 1, "delays_s": []}]}));
    }

    #[test]
    fn the_same_message_may_go_to_two_subscribers() {
        let post = json!([{"post": {"queue": "q", "messages": [{"body": 1}]}}]);
        let deliveries = json!([{"subscriber": "a", "attempts": 1}, {"subscriber": "b", "attempts": 1}]);
        check_accepted(post, json!({"deliveries": deliveries, "arrivals": {"a": [0, 0]}}));
    }

    #[test]
    fn a_subscription_is_known_by_its_subscriber_or_its_own_name() {
        let by = |name: &str| json!({"confirm": {"queue": "q", "subscription": name, "confirmed": true}});
        let named = json!({"subscribe": {"queue": "q", "to": "a", "as": "first"}});
        let plain = json!({"subscribe": {"queue": "q", "to": "b"}});
        check_accepted(json!([named, plain, by("first"), by("b")]), json!({}));
        assert_eq!(messages(json!([named, by("a")]), json!({})), ["no step before this one makes a subscription `a`"]);
    }

    #[test]
    fn seconds_beyond_the_end_of_time_are_refused() {
        assert_eq!(messages(json!([{"advance": 1e300}]), json!({})), ["no clock counts that many seconds"]);
    }
}
