//! Takes a number of subscribers.
//! Gives a case in which a message fails to reach any of them, ten times each.
//! Never lets one of them answer: every retry there may be is made.

use std::sync::Arc;

use serde_json::json;
use zaqarcheck::scenario::{
    Action, Answer, Behaviour, Case, Expect, MAIN_PROJECT, NewMessage, Post, PutQueue, Script, Step, Subscribe,
};

/// One attempt and nine retries: 1 at once, 2 after 5 s, 3 from 5 to 15 s, 3 after 20 s.
pub(crate) const ATTEMPTS: usize = 10;

/// Longer than the longest delay.
const QUIET_S: f64 = 25.0;

pub(crate) fn crowd(subscribers: usize) -> Arc<Case> {
    let names: Vec<String> = (0..subscribers).map(|index| format!("hook-{index}")).collect();
    let (queue, project) = ("orders".to_owned(), MAIN_PROJECT.to_owned());
    let policy = json!({
        "retries_with_no_delay": 1, "minimum_delay_retries": 2, "minimum_delay": 5,
        "maximum_delay": 20, "maximum_delay_retries": 3,
    });
    let metadata = Some(json!({ "_retry_policy": policy }));
    let mut actions = vec![Action::PutQueue(PutQueue { queue: queue.clone(), project: project.clone(), metadata })];
    actions.extend(names.iter().map(|name| {
        let (queue, project, to) = (queue.clone(), project.clone(), Some(name.clone()));
        Action::Subscribe(Subscribe { queue, project, to, uri: None, ttl: None, options: None, name: None })
    }));
    let messages = vec![NewMessage { body: json!({ "n": 1 }), ttl: None }];
    actions.push(Action::Post(Post { queue, project, messages }));
    let fails = || Script::new(vec![Behaviour::Status(Answer::of_status(503))]);
    Arc::new(Case {
        id: format!("bench/crowd-{subscribers}"),
        needs: [].into(),
        subscribers: names.into_iter().map(|name| (name, fails())).collect(),
        steps: actions.into_iter().map(|action| Step { action, at: None, expect: None }).collect(),
        expect: Expect { quiet_s: QUIET_S, ..Expect::default() },
    })
}
