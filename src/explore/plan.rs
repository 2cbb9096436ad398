//! Takes a seed.
//! Gives a [`Plan`]: every choice of a run, drawn before it begins, as an ordinary case.
//! Never expects anything: what must follow from a plan is worked out by `promise`.
//!
//! First the safety phase, in which anything may fail. Then the liveness phase: one subscriber fails a few times more and
//! then never again, while whatever else is broken stays broken; its messages have to arrive.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::kind::Kind;
use super::policies;
use super::swarm::{Feature, Swarm};
use crate::scenario::{
    Action, Answer, Behaviour, Capability, Case, Confirm, Expect, ExpectedAnswer, MAIN_PROJECT, NewMessage, OfQueue,
    OfSubscription, OneOrMany, PatchQueue, PatchSubscription, Post, PutQueue, Script, Step, Subscribe,
};
use crate::time::Duration;

/// The subscriber that the liveness phase is about.
pub const HEALED: &str = "healed";
/// Longer than any plan's longest delay: silence of this length means that nothing more comes.
const QUIET_S: f64 = 130.0;

/// Everything that one seed does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where it comes from.
    pub seed: u64,
    /// Its options.
    pub swarm: Swarm,
    /// What is played.
    pub case: Case,
    /// One more number, drawn when all else was: two runs of a seed that drew differently differ here.
    pub last_draw: u64,
}

impl Plan {
    /// The plan of a seed, for a target that is able to do this.
    pub fn draw(seed: u64, able: &BTreeSet<Capability>) -> Self {
        let mut dice = Dice::new(seed);
        let mut swarm = Swarm::draw(&mut dice);
        let able = |feature: &Feature| *feature != Feature::Confirmation || able.contains(&Capability::Confirmation);
        swarm.features.retain(able);
        let case = Draft::new(&swarm, &mut dice).case(seed);
        Self { seed, swarm, case, last_draw: dice.next_u64() }
    }
}

/// A plan while it is drawn.
struct Draft<'a> {
    swarm: &'a Swarm,
    dice: &'a mut Dice,
    names: Vec<String>,
    steps: Vec<Step>,
    /// Subscriptions made so far: name, subscriber, project, queue.
    subscriptions: Vec<(String, String, String, String)>,
    posted: u64,
    now_s: u64,
}

impl<'a> Draft<'a> {
    fn new(swarm: &'a Swarm, dice: &'a mut Dice) -> Self {
        let names = (0..swarm.subscribers).map(|index| format!("hook-{index}")).collect();
        Self { swarm, dice, names, steps: Vec::new(), subscriptions: Vec::new(), posted: 0, now_s: 0 }
    }

    fn case(mut self, seed: u64) -> Case {
        self.begin();
        for _ in 0..self.swarm.steps {
            self.any_step();
        }
        self.liveness();
        let names = self.names.clone();
        let mut subscribers: BTreeMap<String, Script> = names.into_iter().map(|name| (name, self.script())).collect();
        subscribers.insert(HEALED.into(), self.healing_script());
        let confirms = self.swarm.has(Feature::Confirmation);
        Case {
            id: format!("explore/seed-{seed:x}"),
            needs: BTreeSet::from_iter(confirms.then_some(Capability::Confirmation)),
            subscribers,
            steps: self.steps,
            expect: Expect { quiet_s: QUIET_S, ..Expect::default() },
        }
    }

    /// Queues with their policies, the first subscriptions, and a post.
    fn begin(&mut self) {
        for (project, queue) in self.places() {
            if self.dice.chance(70) {
                self.put_queue(project, queue);
            }
        }
        for name in self.names.clone() {
            let (project, queue) = self.place();
            self.subscribe(&name, project, queue);
        }
        self.post();
    }

    fn put_queue(&mut self, project: String, queue: String) {
        let policy = self.policy();
        let metadata = Some(json!({ "_retry_policy": policy }));
        self.step(Action::PutQueue(PutQueue { queue, project, metadata }));
    }

    fn any_step(&mut self) {
        self.now_s += self.dice.pick(&[0, 1, 3, 7, 14, 29, 45, 62]);
        let has = |feature| self.swarm.has(feature);
        let mut choices: Vec<fn(&mut Self)> = vec![Self::post, Self::post, Self::resubscribe, Self::put_again];
        if has(Feature::PatchedPolicies) {
            choices.extend([Self::patch_queue as fn(&mut Self), Self::patch_subscription]);
        }
        if has(Feature::Confirmation) {
            choices.extend([Self::confirm_late as fn(&mut Self), Self::unsubscribe]);
        }
        if has(Feature::Listings) {
            choices.extend([Self::list_messages as fn(&mut Self); 2]);
        }
        if has(Feature::DeletedSubscriptions) {
            choices.push(Self::delete_subscription);
        }
        if has(Feature::DeletedQueues) {
            choices.push(Self::delete_queue);
        }
        self.dice.pick(&choices)(self);
    }

    /// The one that heals is subscribed afresh, and its queue is posted to.
    fn liveness(&mut self) {
        self.now_s += self.dice.between(1, 40);
        let (project, queue) = self.place();
        self.subscribe(HEALED, project.clone(), queue.clone());
        let messages = self.messages(|_| None);
        self.step(Action::Post(Post { queue: queue.clone(), project: project.clone(), messages }));
        if self.swarm.has(Feature::Listings) {
            self.step(Action::ListMessages(OfQueue { queue, project }));
        }
    }

    fn step(&mut self, action: Action) {
        let at = (self.now_s > 0).then(|| Duration::from_secs(self.now_s));
        // Whatever is answered, the plan goes on: which answer is right is for the invariants to say.
        let expect = Some(ExpectedAnswer { status: OneOrMany::Many(Vec::new()), body: None });
        self.steps.push(Step { action, at, expect });
    }

    /// As a rule the queue is there already, and keeps what it has.
    fn put_again(&mut self) {
        let (project, queue) = self.place();
        self.put_queue(project, queue);
    }

    fn post(&mut self) {
        let (project, queue) = match self.subscriptions.len() {
            0 => self.place(),
            _ if self.dice.chance(20) => self.place(),
            _ => {
                let (.., project, queue) = self.dice.pick(&self.subscriptions);
                (project, queue)
            }
        };
        let messages = self.messages(Self::ttl_of_a_message);
        self.step(Action::Post(Post { queue, project, messages }));
    }

    /// The messages of one post: numbered, so that no two are equal.
    fn messages(&mut self, ttl: fn(&mut Self) -> Option<Value>) -> Vec<NewMessage> {
        let count = if self.swarm.has(Feature::Batches) { self.dice.between(1, 3) } else { 1 };
        let first = self.posted;
        self.posted += count;
        (first..self.posted).map(|number| NewMessage { body: json!({ "n": number }), ttl: ttl(self) }).collect()
    }

    /// As a rule none; a short one, or one that must be refused.
    fn ttl_of_a_message(&mut self) -> Option<Value> {
        if self.swarm.has(Feature::BadPolicies) && self.dice.chance(5) {
            return Some(self.dice.pick(&[json!(59), json!(-1), json!("60"), json!(1_209_601), json!(60.5)]));
        }
        let short = self.swarm.has(Feature::Expiry) && self.dice.chance(40);
        short.then(|| self.dice.pick(&[json!(60), json!(61), json!(90)]))
    }

    fn list_messages(&mut self) {
        let (project, queue) = self.place();
        self.step(Action::ListMessages(OfQueue { queue, project }));
    }

    fn resubscribe(&mut self) {
        let (name, (project, queue)) = (self.dice.pick(&self.names), self.place());
        self.subscribe(&name, project, queue);
    }

    fn subscribe(&mut self, to: &str, project: String, queue: String) {
        let name = format!("s{}", self.subscriptions.len());
        self.subscriptions.push((name.clone(), to.to_owned(), project.clone(), queue.clone()));
        let options = self.options();
        let expires = to != HEALED && self.swarm.has(Feature::Expiry) && self.dice.chance(50);
        let ttl = expires.then(|| self.dice.pick(&[json!(60), json!(61), json!(75)]));
        let (queue_of, project_of) = (queue.clone(), project.clone());
        let to = Some(to.to_owned());
        self.step(Action::Subscribe(Subscribe {
            queue,
            project,
            to,
            uri: None,
            ttl,
            options,
            name: Some(name.clone()),
        }));
        if self.swarm.has(Feature::Confirmation) && self.dice.chance(70) {
            self.confirm(name, project_of, queue_of, true);
        }
    }

    fn confirm(&mut self, subscription: String, project: String, queue: String, confirmed: bool) {
        self.step(Action::Confirm(Confirm { queue, project, subscription, confirmed: confirmed.into() }));
    }

    fn confirm_late(&mut self) {
        let Some((subscription, _, project, queue)) = self.subscription() else { return };
        self.confirm(subscription, project, queue, true);
    }

    fn unsubscribe(&mut self) {
        let Some((subscription, _, project, queue)) = self.subscription() else { return };
        self.confirm(subscription, project, queue, false);
    }

    fn patch_queue(&mut self) {
        let (project, queue) = self.place();
        let policy = self.policy();
        let changes = json!([{ "op": "add", "path": "/metadata/_retry_policy", "value": policy }]);
        self.step(Action::PatchQueue(PatchQueue { queue, project, changes }));
    }

    fn patch_subscription(&mut self) {
        let Some((subscription, _, project, queue)) = self.subscription() else { return };
        let mut changes = json!({});
        let lives_on = self.swarm.has(Feature::Expiry) && self.dice.chance(40);
        if lives_on {
            changes["ttl"] = self.dice.pick(&[json!(61), json!(75), json!(120)]);
        }
        if !lives_on || self.dice.chance(50) {
            changes["options"] = self.options().unwrap_or_else(|| json!({}));
        }
        self.step(Action::PatchSubscription(PatchSubscription { queue, project, subscription, changes }));
    }

    fn delete_subscription(&mut self) {
        let Some((subscription, _, project, queue)) = self.subscription() else { return };
        self.step(Action::DeleteSubscription(OfSubscription { queue, project, subscription }));
    }

    fn delete_queue(&mut self) {
        let (project, queue) = self.place();
        self.step(Action::DeleteQueue(OfQueue { queue, project }));
    }

    fn subscription(&mut self) -> Option<(String, String, String, String)> {
        (!self.subscriptions.is_empty()).then(|| self.dice.pick(&self.subscriptions))
    }

    fn options(&mut self) -> Option<Value> {
        let mut options = Map::new();
        if self.swarm.has(Feature::SubscriptionPolicies) && self.dice.chance(60) {
            options.insert("_retry_policy".into(), self.policy());
        }
        if self.swarm.has(Feature::Options) && self.dice.chance(50) {
            options.insert("post_headers".into(), json!({ "x-tenant": "a" }));
        }
        if self.swarm.has(Feature::Options) && self.dice.chance(20) {
            options.insert("post_data".into(), json!("{\"inside\": \"$zaqar_message$\"}"));
        }
        (!options.is_empty()).then(|| options.into())
    }

    fn policy(&mut self) -> Value {
        let odd = self.swarm.has(Feature::BadPolicies) && self.dice.chance(40);
        if odd { policies::odd(self.dice) } else { policies::valid(self.dice) }
    }

    /// Fails for a while and then answers, or answers always, or never, or as it comes.
    fn script(&mut self) -> Script {
        let faults = match self.dice.between(0, 3) {
            0 => 0,
            1 => 30,
            _ => self.dice.between(1, 16),
        };
        let mut behaviours: Vec<Behaviour> = (0..faults).filter_map(|_| self.fault()).collect();
        // What comes last stays for ever: a fault that never heals, or success.
        if behaviours.is_empty() || faults < 30 {
            behaviours.push(Kind::Success.behaviour(self.dice, &[]));
        }
        Script::new(behaviours.into_iter().map(|behaviour| self.late(behaviour)).collect())
    }

    /// Some faults, none of which hides an attempt, and then success for ever.
    fn healing_script(&mut self) -> Script {
        let faults = self.dice.between(0, 4);
        let visible = |behaviour: &Behaviour| Kind::of(behaviour).fails() && Kind::of(behaviour) != Kind::Refuse;
        let mut behaviours: Vec<Behaviour> = (0..faults).filter_map(|_| self.fault()).filter(visible).collect();
        behaviours.push(Behaviour::Status(Answer::of_status(200)));
        Script::new(behaviours.into_iter().map(|behaviour| self.late(behaviour)).collect())
    }

    /// An answer as late as all of them are.
    fn late(&self, behaviour: Behaviour) -> Behaviour {
        match behaviour {
            Behaviour::Status(answer) => {
                Behaviour::Status(Answer { delay: Duration::from_secs(self.swarm.latency_s), ..answer })
            }
            other => other,
        }
    }

    fn fault(&mut self) -> Option<Behaviour> {
        if self.swarm.faults.is_empty() {
            return None;
        }
        Some(self.dice.pick(&self.swarm.faults).behaviour(self.dice, &self.names))
    }

    fn places(&self) -> Vec<(String, String)> {
        let projects = [MAIN_PROJECT, "other"].into_iter().take(self.swarm.projects as usize);
        let queues = ["orders", "bills"].into_iter().take(self.swarm.queues as usize);
        projects.flat_map(|project| queues.clone().map(move |queue| (project.to_owned(), queue.to_owned()))).collect()
    }

    fn place(&mut self) -> (String, String) {
        let places = self.places();
        self.dice.pick(&places)
    }
}
