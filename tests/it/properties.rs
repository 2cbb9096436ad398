//! Takes policies, documents and requests drawn at random, and the truth table of the selection.
//! Gives nothing if what must hold for all of them holds.
//! Never takes an expected value from the code under test: counts and lengths are computed here.

use proptest::prelude::*;
use proptest::sample::select as one_of;
use serde_json::{Map, Value, json};
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::policy::{
    Backoff, BackoffFunction, INTERVAL_S, KEYS, Phase, Retry, Schedule, Selected, select, validate,
};
use zaqarcheck::protocol::{
    Delivery, DeliveryId, DeliveryOutcome, Deviations, Operation, Page, Profile, ProjectId, Reply, Request,
    SubscriptionId, Wanted, WantedQueues,
};
use zaqarcheck::time::{Duration, Instant};

use crate::drive::{Driven, answered, create_queue, post, queue, subscribe};

proptest! {
    #[test]
    fn delays_never_decrease_within_the_backoff_phase(
        (function, minimum, maximum) in (function(), -2_000_i64..2_000, 10_i64..4_000)
            .prop_map(|(function, minimum, span)| (function, minimum, minimum + span)),
        profile in one_of(&Profile::ALL[..]),
    ) {
        let accepted = validate(&json!({"minimum_delay": minimum, "maximum_delay": maximum}), profile.deviations());
        prop_assert_eq!(accepted, Ok(()));
        if let Ok(backoff) = Backoff::new(function, minimum, maximum, INTERVAL_S, profile.deviations()) {
            let delays: Vec<i64> = backoff.collect();
            prop_assert!(delays.is_sorted(), "{:?}", delays);
            // Truncation goes toward zero: below zero that is past the maximum.
            let last = if maximum < 0 { maximum + 1 } else { maximum };
            prop_assert!(delays.iter().all(|delay| *delay <= last), "{:?} beyond {}", delays, maximum);
        } else {
            prop_assert!(minimum <= 0, "a range above zero has delays");
        }
    }

    #[test]
    fn attempts_are_the_first_and_those_of_the_four_phases(policy in policy()) {
        let drawn: Result<Vec<Retry>, _> = Schedule::new(Selected::Policy(policy.keys()), Deviations::NONE).collect();
        let drawn = drawn.expect("a documented schedule does not break off");
        for phase in Phase::ALL {
            let of_phase: Vec<u64> = drawn.iter().filter(|it| it.phase == phase).map(|it| it.delay_s).collect();
            prop_assert_eq!(of_phase.len(), policy.retries_in(phase), "{:?} of {:?}", phase, policy);
            let wait = match phase {
                Phase::Immediate => Some(0),
                Phase::PreBackoff => Some(policy.minimum()),
                Phase::Backoff => None,
                Phase::PostBackoff => Some(policy.maximum()),
            };
            let wait = wait.map(|wait| u64::try_from(wait).unwrap_or(0));
            prop_assert!(wait.is_none_or(|wait| of_phase.iter().all(|delay| *delay == wait)), "{:?}", of_phase);
        }
        prop_assert!(drawn.iter().map(|retry| retry.phase).is_sorted(), "phases come in their order");
        let sent = deliver(&policy, |_, _| DeliveryOutcome::ConnectionError);
        prop_assert_eq!(sent, policy.attempts(), "the model");
    }

    #[test]
    fn nothing_is_sent_after_a_success(policy in policy(), success in 0_usize..25, status in answer()) {
        let failures = [DeliveryOutcome::ConnectionError, DeliveryOutcome::TimedOut, answered(503), answered(600)];
        let sent = deliver(&policy, |number, _| {
            if number == success { answered(status) } else { failures[number % failures.len()].clone() }
        });
        prop_assert_eq!(sent, policy.attempts().min(success + 1));
    }

    #[test]
    fn every_value_is_accepted_or_refused_and_what_is_accepted_has_a_schedule(policy in policy_like()) {
        for profile in Profile::ALL {
            let _ = validate(&policy, profile.deviations());
        }
        if validate(&policy, Deviations::NONE).is_ok() {
            let keys = policy.as_object().expect("only objects are accepted").clone();
            // Counts go up to 2^63, so only the beginning can be drawn; that schedules end is shown above.
            for retry in Schedule::new(Selected::Policy(keys), Deviations::NONE).take(2_000) {
                prop_assert!(retry.is_ok(), "{:?} breaks off: {:?}", policy, retry);
            }
        }
    }

    #[test]
    fn tenants_never_get_what_belongs_to_another(
        steps in prop::collection::vec(step(), 1..60),
        profile in one_of(&Profile::ALL[..]),
    ) {
        let mut world = World::new(profile.deviations());
        steps.into_iter().for_each(|step| world.take(step));
    }
}

/// A policy that any profile accepts; `None` leaves the key out.
#[derive(Clone, Debug)]
struct Policy {
    counts: [Option<i64>; 3],
    minimum: Option<i64>,
    maximum: Option<i64>,
    function: Option<BackoffFunction>,
}

impl Policy {
    fn keys(&self) -> Map<String, Value> {
        let [immediate, pre_backoff, post_backoff] = self.counts;
        let numbers = [
            ("retries_with_no_delay", immediate),
            ("minimum_delay_retries", pre_backoff),
            ("minimum_delay", self.minimum),
            ("maximum_delay", self.maximum),
            ("maximum_delay_retries", post_backoff),
        ];
        let numbers = numbers.into_iter().filter_map(|(key, number)| Some((key.to_owned(), number?.into())));
        let function = self.function.map(|function| ("retry_backoff_function".to_owned(), function.name().into()));
        numbers.chain(function).collect()
    }

    fn minimum(&self) -> i64 {
        self.minimum.unwrap_or(5)
    }

    fn maximum(&self) -> i64 {
        self.maximum.unwrap_or(30)
    }

    fn retries_in(&self, phase: Phase) -> usize {
        let count = |index: usize| usize::try_from(self.counts[index].unwrap_or(3)).unwrap_or(0);
        match phase {
            Phase::Immediate => count(0),
            Phase::PreBackoff => count(1),
            Phase::Backoff => self.backoff_delays(),
            Phase::PostBackoff => count(2),
        }
    }

    /// Linear: every five seconds short of the maximum. The others: one delay for each whole five seconds, if the
    /// formula has a value, which a curve of powers has only between bounds of one sign.
    fn backoff_delays(&self) -> usize {
        let (minimum, maximum) = (self.minimum(), self.maximum());
        let whole = usize::try_from((maximum - minimum) / 5).expect("an accepted range is not reversed");
        match self.function.unwrap_or(BackoffFunction::Linear) {
            BackoffFunction::Linear => (minimum..maximum).step_by(5).count(),
            BackoffFunction::Arithmetic => whole,
            BackoffFunction::Geometric | BackoffFunction::Exponential if minimum * maximum > 0 => whole,
            BackoffFunction::Geometric | BackoffFunction::Exponential => 0,
        }
    }

    fn attempts(&self) -> usize {
        1 + Phase::ALL.into_iter().map(|phase| self.retries_in(phase)).sum::<usize>()
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let count = || prop::option::of(-2_i64..7);
    let delays = (prop::option::of(-20_i64..60), prop::option::of(10_i64..120));
    let function = prop::option::of(function());
    (count(), count(), count(), delays, function)
        .prop_map(|(immediate, pre_backoff, post_backoff, (minimum, span), function)| Policy {
            counts: [immediate, pre_backoff, post_backoff],
            minimum,
            maximum: span.map(|span| minimum.unwrap_or(5) + span),
            function,
        })
        .prop_filter("the range is wide enough", |policy| policy.maximum() - policy.minimum() >= 10)
}

fn function() -> impl Strategy<Value = BackoffFunction> {
    one_of(&BackoffFunction::ALL[..])
}

/// A status that ends the retries by the documents, those at the ends of its ranges often.
fn answer() -> impl Strategy<Value = u16> {
    prop_oneof![one_of(&[200_u16, 299, 300, 399, 400, 499][..]), 200_u16..500]
}

/// How many requests the documented model makes for one message under a queue's policy.
fn deliver(policy: &Policy, outcome: impl FnMut(usize, &Delivery) -> DeliveryOutcome) -> usize {
    let mut server = Driven::new(Deviations::NONE);
    server.expect("p", create_queue("q", json!({"_retry_policy": policy.keys()})));
    server.expect("p", subscribe("q", json!({"subscriber": "http://hook.test/"})));
    server.expect("p", post("q", ["m0".to_owned()]));
    server.run(outcome).len()
}

/// Any JSON, in places a policy with some of its keys, or one with a single key that may be wrong.
fn policy_like() -> impl Strategy<Value = Value> {
    let key = prop_oneof![3 => one_of(&KEYS[..]).prop_map(str::to_owned), 1 => "[a-z]{0,3}"];
    let functions = "[a-zA-Z ]{0,8}".prop_map(|name| ("retry_backoff_function".to_owned(), name.into()));
    let any_key = (key.clone(), any_json());
    let one_wrong = (policy(), prop_oneof![3 => any_key, 1 => functions]).prop_map(|(policy, (key, value))| {
        let mut keys = policy.keys();
        keys.insert(key, value);
        Value::from(keys)
    });
    let wild = prop::collection::btree_map(key, any_json(), 0..6).prop_map(|keys| json!(keys));
    prop_oneof![1 => any_json(), 3 => wild, 4 => one_wrong]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..40).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(0.0)),
        function().prop_map(|function| function.name().into()),
        "[a-zé\"]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,3}", inner, 0..3).prop_map(|keys| json!(keys)),
        ]
    })
}

/// One thing that happens to a server. Tenants, queues and subscriptions are numbers.
#[derive(Clone, Debug)]
enum Step {
    Ask { project: usize, operation: Asked },
    Outcome { index: usize, outcome: DeliveryOutcome },
    Echo { id: u64 },
    Wait { seconds: u64 },
}

#[derive(Clone, Debug)]
enum Asked {
    CreateQueue { queue: usize, policy: Value },
    UpdateQueue { queue: usize, changes: Value },
    DeleteQueue { queue: usize },
    ListQueues,
    Post { queue: usize, count: usize },
    ListMessages { queue: usize },
    Subscribe { queue: usize, hook: usize, options: Value },
    UpdateSubscription { queue: usize, subscription: usize, document: Value },
    ShowSubscription { queue: usize, subscription: usize },
    DeleteSubscription { queue: usize, subscription: usize },
    ConfirmSubscription { queue: usize, subscription: usize, document: Value },
    ListSubscriptions { queue: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        Just(DeliveryOutcome::ConnectionError),
        Just(DeliveryOutcome::TimedOut),
        (100_u16..1000).prop_map(answered),
    ];
    prop_oneof![
        6 => (0_usize..PROJECTS.len(), asked()).prop_map(|(project, operation)| Step::Ask { project, operation }),
        4 => (0_usize..8, outcome).prop_map(|(index, outcome)| Step::Outcome { index, outcome }),
        1 => (0_u64..50).prop_map(|id| Step::Echo { id }),
        1 => (0_u64..4_000).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let (queue, hook, subscription) = (|| 0_usize..2, 0_usize..3, || 0_usize..6);
    let change = (one_of(&["add", "replace", "remove"][..]), one_of(&["_retry_policy", "a"][..]), policy_like())
        .prop_map(|(op, key, value)| json!([{"op": op, "path": format!("/metadata/{key}"), "value": value}]));
    let options = prop_oneof![
        policy_like().prop_map(|policy| json!({"_retry_policy": policy, "post_headers": {"x-a": "b"}})),
        any_json(),
    ];
    let document = prop_oneof![
        any_json(),
        options.clone().prop_map(|options| json!({ "options": options })),
        (60_i64..200).prop_map(|ttl| json!({ "ttl": ttl })),
    ];
    prop_oneof![
        2 => (queue(), policy_like()).prop_map(|(queue, policy)| Asked::CreateQueue { queue, policy }),
        1 => (queue(), prop_oneof![change, any_json()]).prop_map(|(queue, changes)| Asked::UpdateQueue { queue, changes }),
        1 => queue().prop_map(|queue| Asked::DeleteQueue { queue }),
        1 => Just(Asked::ListQueues),
        4 => (queue(), 1_usize..4).prop_map(|(queue, count)| Asked::Post { queue, count }),
        1 => queue().prop_map(|queue| Asked::ListMessages { queue }),
        4 => (queue(), hook, options).prop_map(|(queue, hook, options)| Asked::Subscribe { queue, hook, options }),
        1 => (queue(), subscription(), document.clone())
            .prop_map(|(queue, subscription, document)| Asked::UpdateSubscription { queue, subscription, document }),
        1 => (queue(), subscription()).prop_map(|(queue, subscription)| Asked::ShowSubscription { queue, subscription }),
        1 => (queue(), subscription()).prop_map(|(queue, subscription)| Asked::DeleteSubscription { queue, subscription }),
        1 => (queue(), subscription(), document)
            .prop_map(|(queue, subscription, document)| Asked::ConfirmSubscription { queue, subscription, document }),
        1 => queue().prop_map(|queue| Asked::ListSubscriptions { queue }),
    ]
}

/// The tenants. Every address and every message of one carries its name, and nothing of another may.
const PROJECTS: [&str; 3] = ["ash", "birch", "cedar"];

/// A model with what is on its way.
struct World {
    model: Model,
    now: Instant,
    open: Vec<DeliveryId>,
    subscriptions: Vec<SubscriptionId>,
}

impl World {
    fn new(deviations: Deviations) -> Self {
        let model = Model::new(Settings::new(deviations));
        Self { model, now: Instant::START, open: Vec::new(), subscriptions: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Ask { project, operation } => self.ask(PROJECTS[project], operation),
            Step::Outcome { index, outcome } if index < self.open.len() => {
                let id = self.open.remove(index);
                self.model.handle_delivered(self.now, id, &outcome);
            }
            Step::Outcome { .. } => {}
            Step::Echo { id } if self.open.contains(&DeliveryId(id)) => {}
            Step::Echo { id } => {
                let pending = self.model.deliveries_pending();
                self.model.handle_delivered(self.now, DeliveryId(id), &answered(200));
                assert_eq!(self.model.deliveries_pending(), pending, "an outcome of nothing changes nothing");
            }
            Step::Wait { seconds } => {
                self.now = self.now + Duration::from_secs(seconds);
                self.model.handle_timeout(self.now);
                assert!(self.model.poll_timeout().is_none_or(|next| next > self.now), "every due retry went out");
            }
        }
        while let Some(delivery) = self.model.poll_delivery() {
            let text = format!("{} {}", delivery.url, String::from_utf8_lossy(&delivery.body));
            let tenants = PROJECTS.iter().filter(|project| text.contains(*project)).count();
            assert_eq!(tenants, 1, "one tenant's message goes to its own subscriber: {text}");
            self.open.push(delivery.id);
        }
        assert!(self.model.deliveries_pending() >= self.open.len());
    }

    fn ask(&mut self, project: &str, asked: Asked) {
        let known = |subscription: usize| {
            let id = self.subscriptions.get(subscription).cloned();
            id.unwrap_or_else(|| SubscriptionId::of_text("00000000-0000-4000-8000-000000000000"))
        };
        let name = |number: usize| queue(["one", "two"][number]);
        let page = Page::default;
        let operation = match asked {
            Asked::CreateQueue { queue, policy } => {
                let metadata = Some(json!({"_retry_policy": policy, "owner": project}));
                Operation::CreateQueue { queue: name(queue), metadata }
            }
            Asked::UpdateQueue { queue, changes } => {
                Operation::UpdateQueue { queue: name(queue), changes: Some(changes) }
            }
            Asked::DeleteQueue { queue } => Operation::DeleteQueue { queue: name(queue) },
            Asked::ListQueues => Operation::ListQueues { page: page(), wanted: WantedQueues::default() },
            Asked::Post { queue, count } => post(name(queue).as_str(), vec![project.to_owned(); count]),
            Asked::ListMessages { queue } => {
                Operation::ListMessages { queue: name(queue), page: page(), wanted: Wanted::default() }
            }
            Asked::Subscribe { queue, hook, options } => {
                let subscriber = format!("http://{project}.test/{hook}");
                subscribe(name(queue).as_str(), json!({"subscriber": subscriber, "options": options}))
            }
            Asked::UpdateSubscription { queue, subscription, document } => {
                let (queue, id) = (name(queue), known(subscription));
                Operation::UpdateSubscription { queue, id, document: Some(document) }
            }
            Asked::ShowSubscription { queue, subscription } => {
                Operation::ShowSubscription { queue: name(queue), id: known(subscription) }
            }
            Asked::DeleteSubscription { queue, subscription } => {
                Operation::DeleteSubscription { queue: name(queue), id: known(subscription) }
            }
            Asked::ConfirmSubscription { queue, subscription, document } => {
                let (queue, id) = (name(queue), known(subscription));
                Operation::ConfirmSubscription { queue, id, document: Some(document) }
            }
            Asked::ListSubscriptions { queue } => Operation::ListSubscriptions { queue: name(queue), page: page() },
        };
        let tenant = ProjectId::parse(project).expect("the name is well-formed");
        let reply = self.model.handle(self.now, Request::new(tenant, operation));
        self.read(project, &reply);
    }

    fn read(&mut self, project: &str, reply: &Reply) {
        let Reply::Done { body: Some(body), .. } = reply else { return };
        let text = body.to_string();
        let foreign = PROJECTS.iter().find(|other| **other != project && text.contains(**other));
        assert_eq!(foreign, None, "{project} is told {text}");
        let body = body.value();
        let id = body.get("subscription_id").and_then(Value::as_str).map(SubscriptionId::of_text);
        self.subscriptions.extend(id);
    }
}

/// What a queue or a subscription holds under `_retry_policy`, in the rows of the truth table.
#[derive(Clone, Copy, Debug)]
enum Holds {
    Nothing,
    Empty,
    Policy,
    Flagged,
    FlagOnly,
    Unknown,
    Falsy,
}

/// Which policy counts.
#[derive(Clone, Copy, Debug)]
enum Wins {
    Queue,
    Subscription,
    Defaults,
    /// No retry at all.
    None,
}

impl Holds {
    /// The policies meant; those of a queue and of a subscription differ.
    fn policies(self, side: i64) -> Vec<Option<Value>> {
        match self {
            Self::Nothing => vec![None],
            Self::Empty => vec![Some(json!({}))],
            Self::Policy => vec![
                Some(json!({"minimum_delay": side})),
                Some(json!({"minimum_delay": side, "ignore_subscription_override": false})),
            ],
            Self::Flagged => vec![Some(json!({"minimum_delay": side, "ignore_subscription_override": true}))],
            Self::FlagOnly => vec![Some(json!({"ignore_subscription_override": true}))],
            Self::Unknown => vec![Some(json!({"foo": side}))],
            Self::Falsy => [json!(null), json!(0), json!(""), json!(false), json!([])].map(Some).to_vec(),
        }
    }
}

/// Queue, subscription, then who wins by the documents and in zaqar 23.0.1. Sources: guide, step 2; recorded calls of the
/// real function. By the documents an empty policy on the subscription is a policy, only the queue's flag counts, and
/// what is no object can't be stored, so that it counts as nothing.
const SELECTION: [(Holds, Holds, Wins, Wins); 29] = {
    use Holds::{Empty, Falsy, FlagOnly, Flagged, Nothing, Policy, Unknown};
    use Wins::{Defaults, None, Queue, Subscription};
    [
        (Nothing, Nothing, Defaults, Defaults),
        (Nothing, Empty, Defaults, Defaults),
        (Empty, Nothing, Defaults, Defaults),
        (Empty, Empty, Defaults, Defaults),
        (Policy, Nothing, Queue, Queue),
        (Policy, Empty, Defaults, Queue),
        (Nothing, Policy, Subscription, Subscription),
        (Empty, Policy, Subscription, Subscription),
        (Policy, Policy, Subscription, Subscription),
        (Flagged, Nothing, Queue, Queue),
        (Flagged, Empty, Queue, Queue),
        (Flagged, Policy, Queue, Queue),
        (Flagged, Flagged, Queue, Queue),
        (Policy, Flagged, Subscription, Queue),
        (Nothing, Flagged, Subscription, Defaults),
        (Empty, Flagged, Subscription, Defaults),
        (FlagOnly, Policy, Queue, Queue),
        (FlagOnly, FlagOnly, Queue, Queue),
        (Policy, Unknown, Subscription, Subscription),
        (Falsy, Nothing, Defaults, None),
        (Falsy, Empty, Defaults, None),
        (Falsy, Policy, Subscription, None),
        (Falsy, Unknown, Subscription, None),
        (Falsy, FlagOnly, Subscription, Defaults),
        (Falsy, Flagged, Subscription, Defaults),
        (Falsy, Falsy, Defaults, None),
        (Nothing, Falsy, Defaults, None),
        (Empty, Falsy, Defaults, None),
        (Policy, Falsy, Queue, None),
    ]
};

#[test]
fn selection_follows_the_truth_table() {
    for (queue, subscription, documented, zaqar) in SELECTION {
        for (profile, wins) in [(Profile::Documented, documented), (Profile::Zaqar23, zaqar)] {
            for queue in queue.policies(1) {
                for subscription in subscription.policies(2) {
                    let observed = select(queue.as_ref(), subscription.as_ref(), profile.deviations());
                    let keys = |policy: &Option<Value>| policy.as_ref().and_then(Value::as_object).cloned();
                    let expected = match wins {
                        Wins::Queue => Selected::Policy(keys(&queue).expect("a winner is an object")),
                        Wins::Subscription => Selected::Policy(keys(&subscription).expect("a winner is an object")),
                        Wins::Defaults => Selected::defaults(),
                        Wins::None => Selected::Unusable,
                    };
                    assert_eq!(observed, expected, "{queue:?} {subscription:?} {}", profile.name());
                }
            }
        }
    }
}
