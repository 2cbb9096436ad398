//! Takes random requests about messages and claims, with time passing between them.
//! Gives nothing if the documented model answers each as a plain list of messages would.
//! Never looks inside the model: the list below is written from the API reference alone.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::protocol::{ClientId, Deviations, Operation, Page, ProjectId, Reply, Request, Selection, Wanted};
use zaqarcheck::time::{Duration, Instant};

use crate::drive::queue;

#[derive(Clone, Debug)]
enum Step {
    Post { client: u8, count: usize, ttl: u64, delay: u64 },
    Claim { limit: usize, ttl: u64, grace: u64 },
    Renew { claim: usize, ttl: u64, grace: u64 },
    Release { claim: usize },
    ShowClaim { claim: usize },
    Delete { message: usize, claim: Option<usize> },
    DeleteMany { messages: Vec<usize> },
    Pop { count: usize },
    Show { message: usize },
    List { client: u8, wanted: Wanted, limit: usize, marker: Option<usize> },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let flag = || proptest::option::of(any::<bool>());
    let wanted = (flag(), flag(), flag()).prop_map(|(echo, include_claimed, include_delayed)| Wanted {
        echo,
        include_claimed,
        include_delayed,
    });
    let delay = prop_oneof![3 => Just(0), 1 => 0_u64..200];
    prop_oneof![
        6 => (0_u8..3, 1_usize..8, 60_u64..400, delay)
            .prop_map(|(client, count, ttl, delay)| Step::Post { client, count, ttl, delay }),
        5 => (1_usize..8, 60_u64..300, 60_u64..100).prop_map(|(limit, ttl, grace)| Step::Claim { limit, ttl, grace }),
        2 => (any::<usize>(), 60_u64..300, 60_u64..100)
            .prop_map(|(claim, ttl, grace)| Step::Renew { claim, ttl, grace }),
        2 => any::<usize>().prop_map(|claim| Step::Release { claim }),
        2 => any::<usize>().prop_map(|claim| Step::ShowClaim { claim }),
        3 => (any::<usize>(), proptest::option::of(any::<usize>()))
            .prop_map(|(message, claim)| Step::Delete { message, claim }),
        1 => proptest::collection::vec(any::<usize>(), 1..5).prop_map(|messages| Step::DeleteMany { messages }),
        1 => (1_usize..5).prop_map(|count| Step::Pop { count }),
        1 => any::<usize>().prop_map(|message| Step::Show { message }),
        4 => (0_u8..3, wanted, 1_usize..8, proptest::option::of(any::<usize>()))
            .prop_map(|(client, wanted, limit, marker)| Step::List { client, wanted, limit, marker }),
        4 => prop_oneof![0_u64..30, 30_u64..150].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What the list knows of a message. Times are seconds.
#[derive(Clone, Debug)]
struct Listed {
    id: String,
    client: u8,
    expires: u64,
    free_from: u64,
    claim: Option<String>,
    claimed_until: u64,
}

#[derive(Clone, Debug)]
struct Held {
    id: String,
    until: u64,
}

struct World {
    model: Model,
    now: u64,
    /// In the order in which they were posted; what is deleted is taken out.
    list: Vec<Listed>,
    /// Every id there ever was.
    ids: Vec<String>,
    claims: Vec<Held>,
}

impl World {
    fn new() -> Self {
        let model = Model::new(Settings::new(Deviations::NONE));
        Self { model, now: 0, list: Vec::new(), ids: Vec::new(), claims: Vec::new() }
    }

    fn ask(&mut self, client: u8, operation: Operation) -> (u16, Value) {
        let mut request = Request::new(ProjectId::parse("p").expect("a name"), operation);
        request.client = ClientId::of_uuid(Uuid::from_u128(client.into()));
        match self.model.handle(Instant::after_start(Duration::from_secs(self.now)), request) {
            Reply::Done { status, body, .. } => (status, body.map(|body| body.value()).unwrap_or_default()),
            Reply::Fault(fault) => (fault.kind.status(), Value::Null),
        }
    }

    fn living(&mut self) -> impl Iterator<Item = &mut Listed> {
        let now = self.now;
        self.list.iter_mut().filter(move |message| now < message.expires)
    }

    fn pick<T: Clone>(all: &[T], index: usize) -> Option<T> {
        (!all.is_empty()).then(|| all[index % all.len()].clone())
    }

    /// A claim that was made once, and whether it lives.
    fn claim(&self, index: usize) -> Option<(String, bool)> {
        Self::pick(&self.claims, index).map(|held| (held.id, self.now < held.until))
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Wait { seconds } => self.now += seconds,
            Step::Post { client, count, ttl, delay } => self.post(client, count, ttl, delay),
            Step::Claim { limit, ttl, grace } => self.make_claim(limit, ttl, grace),
            Step::Renew { claim, ttl, grace } => self.renew(claim, ttl, grace),
            Step::Release { claim } => self.release(claim),
            Step::ShowClaim { claim } => {
                let Some((id, lives)) = self.claim(claim) else { return };
                let (status, body) = self.ask(0, Operation::ShowClaim { queue: queue("q"), id: id.clone() });
                assert_eq!(status, if lives { 200 } else { 404 });
                let members: Vec<String> = self
                    .living()
                    .filter(|message| lives && message.claim.as_ref() == Some(&id))
                    .map(|message| message.id.clone())
                    .collect();
                assert_eq!(ids(&body), members);
            }
            Step::Delete { message, claim } => self.delete(message, claim),
            Step::DeleteMany { ref messages } => {
                let ids: Vec<String> = messages.iter().filter_map(|index| Self::pick(&self.ids, *index)).collect();
                let selection = Selection { ids: Some(ids.clone()), ..Selection::default() };
                let (status, _) = self.ask(0, Operation::DeleteMessages { queue: queue("q"), selection });
                assert_eq!(status, if ids.is_empty() { 400 } else { 204 });
                self.list.retain(|message| !ids.contains(&message.id));
            }
            Step::Pop { count } => {
                let selection = Selection { pop: i64::try_from(count).ok(), ..Selection::default() };
                let (status, body) = self.ask(0, Operation::DeleteMessages { queue: queue("q"), selection });
                let popped: Vec<String> = self.free(count).map(|message| message.id.clone()).collect();
                assert_eq!((status, ids(&body)), (200, popped.clone()));
                self.list.retain(|message| !popped.contains(&message.id));
            }
            Step::Show { message } => {
                let Some(id) = Self::pick(&self.ids, message) else { return };
                let (status, _) = self.ask(0, Operation::ShowMessage { queue: queue("q"), id: id.clone() });
                let lives = self.living().any(|message| message.id == id);
                assert_eq!(status, if lives { 200 } else { 404 });
            }
            Step::List { client, wanted, limit, marker } => self.page(client, wanted, limit, marker),
        }
    }

    fn post(&mut self, client: u8, count: usize, ttl: u64, delay: u64) {
        let messages = vec![json!({"body": "b", "ttl": ttl, "delay": delay}); count];
        let document = Some(json!({ "messages": messages }));
        let (status, body) = self.ask(client, Operation::PostMessages { queue: queue("q"), document, size: 0 });
        assert_eq!(status, 201);
        for resource in body["resources"].as_array().expect("a list") {
            let id = resource.as_str().and_then(|path| path.rsplit('/').next()).expect("a path").to_owned();
            self.ids.push(id.clone());
            let (expires, free_from) = (self.now + ttl, self.now + delay);
            self.list.push(Listed { id, client, expires, free_from, claim: None, claimed_until: 0 });
        }
    }

    /// The oldest messages that may be claimed.
    fn free(&mut self, limit: usize) -> impl Iterator<Item = &mut Listed> {
        let now = self.now;
        self.living().filter(move |message| message.free_from <= now && message.claimed_until <= now).take(limit)
    }

    fn make_claim(&mut self, limit: usize, ttl: u64, grace: u64) {
        let document = Some(json!({"ttl": ttl, "grace": grace}));
        let limited = i64::try_from(limit).ok();
        let (status, body) = self.ask(0, Operation::CreateClaim { queue: queue("q"), limit: limited, document });
        let until = self.now + ttl;
        let href = body["messages"][0]["href"].as_str().map(str::to_owned);
        let claim = href.and_then(|href| href.split_once("?claim_id=").map(|(_, id)| id.to_owned()));
        let mut expected = Vec::new();
        for message in self.free(limit) {
            expected.push(message.id.clone());
            (message.claim, message.claimed_until) = (claim.clone(), until);
            if message.expires < until {
                message.expires = until + grace;
            }
        }
        assert_eq!((status, ids(&body)), (if expected.is_empty() { 204 } else { 201 }, expected));
        self.claims.extend(claim.map(|id| Held { id, until }));
    }

    fn renew(&mut self, claim: usize, ttl: u64, grace: u64) {
        let Some((id, lives)) = self.claim(claim) else { return };
        let document = Some(json!({"ttl": ttl, "grace": grace}));
        let (status, _) = self.ask(0, Operation::UpdateClaim { queue: queue("q"), id: id.clone(), document });
        assert_eq!(status, if lives { 204 } else { 404 });
        if !lives {
            return;
        }
        let until = self.now + ttl;
        for message in self.living().filter(|message| message.claim.as_ref() == Some(&id)) {
            message.claimed_until = until;
            if message.expires <= until {
                message.expires = until + grace;
            }
        }
        self.claims.iter_mut().filter(|held| held.id == id).for_each(|held| held.until = until);
    }

    fn release(&mut self, claim: usize) {
        let Some((id, _)) = self.claim(claim) else { return };
        let (status, _) = self.ask(0, Operation::DeleteClaim { queue: queue("q"), id: id.clone() });
        assert_eq!(status, 204);
        for message in self.living().filter(|message| message.claim.as_ref() == Some(&id)) {
            (message.claim, message.claimed_until) = (None, 0);
        }
        self.claims.iter_mut().filter(|held| held.id == id).for_each(|held| held.until = 0);
    }

    fn delete(&mut self, message: usize, claim: Option<usize>) {
        let Some(id) = Self::pick(&self.ids, message) else { return };
        let claim = claim.and_then(|claim| self.claim(claim)).map(|(claim, _)| claim);
        let operation = Operation::DeleteMessage { queue: queue("q"), id: id.clone(), claim: claim.clone() };
        let (status, _) = self.ask(0, operation);
        let now = self.now;
        let found = self.living().find(|message| message.id == id).cloned();
        let holder = found.as_ref().filter(|found| now < found.claimed_until).map(|found| found.claim.clone());
        let lives = |claim: &String| self.claims.iter().any(|held| held.id == *claim && now < held.until);
        let expected = match (&found, holder, &claim) {
            (None, ..) | (Some(_), None, None) => 204,
            (Some(_), None, Some(_)) => 400,
            (Some(_), Some(_), None) => 403,
            (Some(_), Some(holder), Some(_)) if holder == claim => 204,
            (Some(_), Some(_), Some(claim)) if lives(claim) => 403,
            (Some(_), Some(_), Some(_)) => 400,
        };
        assert_eq!(status, expected, "{found:?} by {claim:?}");
        if status == 204 {
            self.list.retain(|message| message.id != id);
        }
    }

    /// A page after a message that may be gone: a marker counts places, as the links do.
    fn page(&mut self, client: u8, wanted: Wanted, limit: usize, marker: Option<usize>) {
        let now = self.now;
        let marker = marker.and_then(|marker| Self::pick(&self.ids, marker));
        let place = marker.as_ref().map(|marker| self.ids.iter().position(|id| id == marker).expect("it is known"));
        let page = Page { marker: place.map(|place| place.to_string()), limit: i64::try_from(limit).ok() };
        let (status, body) = self.ask(client, Operation::ListMessages { queue: queue("q"), page, wanted });
        let after: Vec<String> = self.ids[place.map_or(0, |place| place + 1)..].to_vec();
        let shown: Vec<String> = self
            .living()
            .filter(|message| after.contains(&message.id))
            .filter(|message| wanted.echo == Some(true) || message.client != client)
            .filter(|message| wanted.include_claimed == Some(true) || message.claimed_until <= now)
            .filter(|message| wanted.include_delayed == Some(true) || message.free_from <= now)
            .take(limit)
            .map(|message| message.id.clone())
            .collect();
        assert_eq!((status, ids(&body)), (200, shown));
        assert_eq!(body["links"].as_array().is_some_and(Vec::is_empty), body["messages"] == json!([]));
    }
}

fn ids(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    messages.iter().map(|message| message["id"].as_str().expect("an id").to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_and_claims_are_those_of_a_plain_list(steps in proptest::collection::vec(step(), 1..80)) {
        let mut world = World::new();
        for step in &steps {
            world.play(step);
        }
        let all = Wanted { echo: Some(true), include_claimed: Some(true), include_delayed: Some(true) };
        let mut marker = None;
        let mut seen = 0;
        // Whatever is left is found page by page.
        for _ in 0..100 {
            let page = Page { marker: marker.take(), limit: Some(7) };
            let (_, body) = world.ask(0, Operation::ListMessages { queue: queue("q"), page, wanted: all });
            seen += ids(&body).len();
            let Some(link) = body["links"][0]["href"].as_str() else { break };
            marker = link.rsplit_once("marker=").map(|(_, rest)| rest.split('&').next().unwrap_or(rest).to_owned());
        }
        prop_assert_eq!(seen, world.living().count());
    }
}
