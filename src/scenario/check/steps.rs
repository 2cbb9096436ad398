//! Takes the steps of a file.
//! Gives what is wrong with them, each alone and one after the other.
//! Never looks at what is expected of them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::diagnostic::{quoted_list, suggest};
use super::super::document::Problem;
use super::super::file::{OneOrMany, StepFile, Subscribe};
use super::super::network::{NetworkEvent, SERVER};
use super::super::spans::{Segment, display};
use super::super::step::{ACTIONS, named_actions};
use super::Checker;

impl Checker<'_> {
    /// Checks the steps and counts the messages; no count if a step is damaged, since it may have been a post.
    pub(super) fn steps(&mut self) -> Option<usize> {
        let file = self.file;
        if file.steps.is_empty() {
            let help = "write at least one step, as in `{\"put_queue\": {\"queue\": \"orders\"}}`";
            self.value(path!["steps"], "there are no steps", help);
        }
        let mut subscriptions = BTreeSet::new();
        let (mut bodies, mut down) = (Vec::new(), BTreeSet::new());
        for (index, step) in file.steps.iter().enumerate() {
            self.step(index, step);
            self.subscription(index, step, &subscriptions);
            if let Some(subscribe) = &step.subscribe {
                self.subscribe(index, subscribe);
            }
            if let Some(link) = &step.confirm_by_link {
                self.subscriber(path!["steps", index, "confirm_by_link", "subscriber"], &link.subscriber);
            }
            self.network(index, step, &mut down);
            subscriptions.extend(subscription_made_by(step));
            self.messages(index, step, &mut bodies);
        }
        (!self.steps_are_damaged()).then_some(bodies.len())
    }

    pub(super) fn step(&mut self, index: usize, step: &StepFile) {
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
        if let Some(key) = named_actions(step).into_iter().find(|key| ["advance", "network"].contains(key)) {
            let help = "take `expect` away, or move it to the step it is about";
            self.key(path!["steps", index, "expect"], format!("`{key}` has no answer to expect"), help);
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

    pub(super) fn network<'a>(&mut self, index: usize, step: &'a StepFile, down: &mut BTreeSet<&'a str>) {
        let Some(network) = &step.network else {
            let asks = named_actions(step).into_iter().find(|key| *key != "advance");
            if let Some(key) = asks.filter(|_| down.contains(SERVER)) {
                let help = "let it `bounce` first";
                self.key(path!["steps", index, key], "nobody answers this: the server is down", help);
            }
            return;
        };
        for problem in network.problems(index, self.file, down) {
            self.report(problem);
        }
        match network.event {
            NetworkEvent::Crash => _ = down.insert(&network.host),
            NetworkEvent::Bounce => _ = down.remove(network.host.as_str()),
            _ => {}
        }
    }

    pub(super) fn subscribe(&mut self, index: usize, subscribe: &Subscribe) {
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
    pub(super) fn subscription(&mut self, index: usize, step: &StepFile, known: &BTreeSet<&str>) {
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
    pub(super) fn messages<'a>(
        &mut self,
        index: usize,
        step: &'a StepFile,
        earlier: &mut Vec<(&'a Value, Vec<Segment>)>,
    ) {
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
}

/// The name under which later steps may speak of the subscription that this step makes.
fn subscription_made_by(step: &StepFile) -> Option<&str> {
    let subscribe = step.subscribe.as_ref()?;
    subscribe.name.as_deref().or(subscribe.to.as_deref())
}
