//! Takes one case as it stands in the file.
//! Gives every place where it contradicts itself, the register or the list of deviations.
//! Never repeats what decoding said: below a damaged path it is silent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::decode::Decoded;
use super::diagnostic::{nearest, quoted_list, suggest};
use super::document::{Part, Problem};
use super::file::{ExpectedDelivery, OneOrMany, ScenarioFile, StepFile, Subscribe};
use super::register::Register;
use super::script::{Behaviour, Script};
use super::spans::{Segment, display};
use super::step::{ACTIONS, named_actions, seconds};
use crate::protocol::{Deviation, Origin};

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
    (scripts, checker.problems)
}

struct Checker<'a> {
    file: &'a ScenarioFile,
    damaged: &'a [Vec<Segment>],
    problems: Vec<Problem>,
}

/// Builds a path: `path!["steps", 1, "post"]`.
macro_rules! path {
    ($($segment:expr),* $(,)?) => { vec![$(Segment::from($segment)),*] };
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

    /// Checks the steps and counts the messages; no count if a step is damaged, since it may have been a post.
    fn steps(&mut self) -> Option<usize> {
        let file = self.file;
        if file.steps.is_empty() {
            let help = "write at least one step, as in `{\"put_queue\": {\"queue\": \"orders\"}}`";
            self.value(path!["steps"], "there are no steps", help);
        }
        let mut subscriptions = BTreeSet::new();
        let mut bodies = Vec::new();
        for (index, step) in file.steps.iter().enumerate() {
            self.step(index, step);
            self.subscription(index, step, &subscriptions);
            if let Some(subscribe) = &step.subscribe {
                self.subscribe(index, subscribe);
            }
            subscriptions.extend(subscription_made_by(step));
            self.messages(index, step, &mut bodies);
        }
        (!self.steps_are_damaged()).then_some(bodies.len())
    }

    fn step(&mut self, index: usize, step: &StepFile) {
        let path = path!["steps", index];
        match named_actions(step)[..] {
            [] => {
                let help = format!("write one of {}", quoted_list(ACTIONS));
                self.value(path, "this step has no action", help);
            }
            [_] => {}
            ref several => {
                let message = format!("this step has several actions: {}", quoted_list(several));
                self.value(path, message, "make each a step of its own");
            }
        }
        for (key, number) in [("advance", step.advance), ("at_s", step.at_s)] {
            if let Some(number) = number {
                self.seconds(path!["steps", index, key], number);
            }
        }
        let Some(expected) = &step.expect else { return };
        if step.advance.is_some() {
            let help = "take `expect` away, or move it to the step it is about";
            self.key(path!["steps", index, "expect"], "`advance` has no answer to expect", help);
        }
        let path = path!["steps", index, "expect", "status"];
        self.accepted(path.clone(), &expected.status);
        for (position, status) in expected.status.accepted().iter().enumerate() {
            if !(100..=999).contains(status) {
                let mut path = path.clone();
                if let OneOrMany::Many(_) = expected.status {
                    path.push(position.into());
                }
                let message = format!("expected a status from 100 to 999, found the number {status}");
                self.report(Problem::at_value(path, message, None));
            }
        }
    }

    fn subscribe(&mut self, index: usize, subscribe: &Subscribe) {
        let path = |key: &str| path!["steps", index, "subscribe", key];
        match (&subscribe.to, &subscribe.uri) {
            (None, None) => {
                let help = "write `to` with a subscriber's name, or `uri` with a literal address";
                self.value(path!["steps", index, "subscribe"], "this subscribes nobody", help);
            }
            (Some(_), Some(_)) => {
                self.key(path("uri"), "both `to` and `uri` say who is subscribed", "keep one of them");
            }
            (Some(to), None) => self.subscriber(path("to"), to),
            (None, Some(_)) => {}
        }
    }

    /// A step may speak of a subscription only after the step that makes it.
    fn subscription(&mut self, index: usize, step: &StepFile, known: &BTreeSet<&str>) {
        let named = [
            ("get_subscription", step.get_subscription.as_ref().map(|request| &request.subscription)),
            ("patch_subscription", step.patch_subscription.as_ref().map(|request| &request.subscription)),
            ("confirm", step.confirm.as_ref().map(|request| &request.subscription)),
            ("delete_subscription", step.delete_subscription.as_ref().map(|request| &request.subscription)),
        ];
        for (action, name) in named {
            let Some(name) = name.filter(|name| !known.contains(name.as_str())) else { continue };
            if self.steps_are_damaged() {
                continue;
            }
            let later = self.file.steps.iter().position(|step| subscription_made_by(step) == Some(name));
            let help = match (later, suggest(name, known.iter().copied())) {
                (Some(later), _) => format!("`steps[{later}]` makes it: move that step up"),
                (None, Some(help)) => help,
                (None, None) => "subscribe first, and name the subscription by `as`".to_owned(),
            };
            let path = path!["steps", index, action, "subscription"];
            self.value(path, format!("no step before this one makes a subscription `{name}`"), help);
        }
    }

    /// Messages are told apart by their bodies.
    fn messages<'a>(&mut self, index: usize, step: &'a StepFile, earlier: &mut Vec<(&'a Value, Vec<Segment>)>) {
        let Some(post) = &step.post else { return };
        if post.messages.is_empty() {
            let help = "write at least one, as in `[{\"body\": 1}]`";
            self.value(path!["steps", index, "post", "messages"], "there are no messages", help);
        }
        for (position, message) in post.messages.iter().enumerate() {
            let path = path!["steps", index, "post", "messages", position];
            if let Some((_, first)) = earlier.iter().find(|(body, _)| **body == message.body) {
                let problem = format!("this body is the same as that of `{}`", display(first));
                let help = "give each message a body of its own: attempts are told apart by it";
                self.value([&path[..], &["body".into()]].concat(), problem, help);
            }
            earlier.push((&message.body, path));
        }
    }

    fn deliveries(&mut self, messages: Option<usize>) {
        let file = self.file;
        let mut seen = BTreeMap::new();
        for (index, delivery) in file.expect.deliveries.iter().enumerate() {
            let path = |key: &str| path!["expect", "deliveries", index, key];
            self.subscriber(path("subscriber"), &delivery.subscriber);
            self.message(path("message"), delivery.message, messages);
            self.delays(index, delivery);
            if let Some(number) = delivery.first_at_s {
                self.seconds(path("first_at_s"), number);
            }
            if let Some(first) = seen.insert((&delivery.subscriber, delivery.message), index) {
                let message = format!(
                    "message {} to `{}` is expected by `expect.deliveries[{first}]` already",
                    delivery.message, delivery.subscriber
                );
                self.value(path!["expect", "deliveries", index], message, "make one entry of the two");
            }
        }
    }

    fn delays(&mut self, index: usize, delivery: &ExpectedDelivery) {
        let path = |key: &str| path!["expect", "deliveries", index, key];
        let ExpectedDelivery { attempts, delays_s, .. } = delivery;
        let gaps = attempts.saturating_sub(1) as usize;
        if delays_s.len() != gaps {
            let message = format!("{}, found {}", gaps_of(*attempts), count(delays_s.len(), "delay"));
            // Without the key, what is wrong is the number of attempts that asks for it.
            let key = if delays_s.is_empty() { "attempts" } else { "delays_s" };
            let help = match gaps {
                0 => "take `delays_s` away, or correct `attempts`".to_owned(),
                _ => format!("write {} in `delays_s`, or correct `attempts`", count(gaps, "delay")),
            };
            self.value(path(key), message, help);
        }
        for (position, accepted) in delays_s.iter().enumerate() {
            self.accepted(path!["expect", "deliveries", index, "delays_s", position], accepted);
        }
        if *attempts > 0 {
            return;
        }
        let idle = [
            ("first_at_s", delivery.first_at_s.is_some()),
            ("body", delivery.body.is_some()),
            ("body_text", delivery.body_text.is_some()),
            ("headers", !delivery.headers.is_empty()),
        ];
        for (key, _) in idle.into_iter().filter(|(_, is_given)| *is_given) {
            let help = format!("take `{key}` away, or correct `attempts`");
            self.key(path(key), format!("no attempt is expected, so `{key}` is never looked at"), help);
        }
    }

    fn arrivals(&mut self, messages: Option<usize>) {
        let file = self.file;
        for (name, numbers) in &file.expect.arrivals {
            let path = path!["expect", "arrivals", name.as_str()];
            self.known_subscriber(Part::Key, path.clone(), name);
            for (index, number) in numbers.iter().enumerate() {
                self.message([&path[..], &[index.into()]].concat(), *number, messages);
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

    fn message(&mut self, path: Vec<Segment>, number: usize, messages: Option<usize>) {
        let Some(messages) = messages.filter(|messages| number >= *messages) else { return };
        let help = match messages {
            0 => "post one in a step".to_owned(),
            1 => "the only message is number 0".to_owned(),
            _ => format!("messages are numbered through the whole scenario, here from 0 to {}", messages - 1),
        };
        self.value(path, format!("there is no message {number}"), help);
    }

    fn accepted<T: PartialEq>(&mut self, path: Vec<Segment>, values: &OneOrMany<T>) {
        if values.accepted().is_empty() {
            self.value(path, "an empty list accepts nothing", "write the values that are accepted");
        }
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

/// The name under which later steps may speak of the subscription that this step makes.
fn subscription_made_by(step: &StepFile) -> Option<&str> {
    let subscribe = step.subscribe.as_ref()?;
    subscribe.name.as_deref().or(subscribe.to.as_deref())
}

/// Names stand in paths of URLs and between the spaces of `redirect 307 name`.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
}

fn gaps_of(attempts: u32) -> String {
    match attempts {
        0 => "without attempts there are no delays".to_owned(),
        1 => "a single attempt has no delays".to_owned(),
        2 => "2 attempts have 1 delay between them".to_owned(),
        _ => format!("{attempts} attempts have {} delays between them", attempts - 1),
    }
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
