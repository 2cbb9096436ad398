//! Takes what a post is about to store and to start.
//! Gives the refusal of a server that has no room for it.
//! Never counts what few have or what is small: bodies alone can fill a memory.

use super::store::New;
use super::{Counts, Model};
use crate::protocol::{Fault, FaultKind};

/// How much there may be, of all tenants together. Without bounds who only posts could fill any memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Deliveries that are under way or wait for a retry.
    pub deliveries: usize,
    /// Messages that are stored.
    pub messages: usize,
    /// Bytes that the bodies of stored messages have together.
    pub bytes: usize,
}

impl Room {
    /// No bounds: for who says himself what is posted.
    pub const UNBOUNDED: Self = Self { deliveries: usize::MAX, messages: usize::MAX, bytes: usize::MAX };

    /// The bound beyond which so much would go.
    fn exceeded_by(self, stored: Stored) -> Option<String> {
        let Self { messages, bytes, .. } = self;
        if stored.messages > messages {
            return Some(format!("{messages} messages"));
        }
        (stored.bytes > bytes).then(|| format!("{bytes} bytes of messages"))
    }
}

/// Messages, and the bytes of their bodies.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stored {
    messages: usize,
    bytes: usize,
}

impl Stored {
    pub(super) fn of<'a>(messages: impl Iterator<Item = &'a New>) -> Self {
        messages.fold(Self::default(), |sum, new| sum.and(Self { messages: 1, bytes: new.body.len() }))
    }

    const fn and(self, more: Self) -> Self {
        Self { messages: self.messages + more.messages, bytes: self.bytes + more.bytes }
    }
}

impl Model {
    /// Refuses what can't be stored. A post is stored whole or not at all.
    pub(super) fn check_storage(&mut self, more: Stored) -> Result<(), Fault> {
        if self.room.exceeded_by(self.stored_at_most.and(more)).is_some() {
            let Counts { messages, bytes, .. } = self.counts();
            self.stored_at_most = Stored { messages, bytes };
        }
        match self.room.exceeded_by(self.stored_at_most.and(more)) {
            Some(bound) => Err(full(format!("This server stores at most {bound}. Please try again later."))),
            None => Ok(()),
        }
    }

    /// Notes what has been stored. What is gone is not noted: counting takes as long as there are queues, so it is done
    /// only when a bound seems to be reached.
    pub(super) fn on_stored(&mut self, more: Stored) {
        self.stored_at_most = self.stored_at_most.and(more);
    }

    /// Refuses deliveries that can't be kept in mind. A post goes to all of its subscribers or to none.
    pub(super) fn check_deliveries(&self, more: usize) -> Result<(), Fault> {
        let max = self.room.deliveries;
        if more > max {
            return Err(full(format!(
                "The queue has {more} subscriptions, and this server makes at most {max} deliveries at a time."
            )));
        }
        if self.deliveries_pending() + more > max {
            let text = "Too many notifications are waiting for their subscribers. Please try again later.";
            return Err(full(text.into()));
        }
        Ok(())
    }
}

fn full(text: String) -> Fault {
    Fault::new(FaultKind::ServiceUnavailable, text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Settings;
    use crate::protocol::{Deviations, Operation, ProjectId, QueueName, Reply, Request, Selection};
    use crate::time::{Duration, Instant};

    /// A model, and how late it is.
    struct World(Model, u64);

    impl World {
        fn ask(&mut self, operation: Operation) -> u16 {
            let now = Instant::after_start(Duration::from_secs(self.1));
            let project = ProjectId::parse("p").expect("it is one");
            match self.0.handle(now, Request::new(project, operation)) {
                Reply::Done { status, .. } => status,
                Reply::Fault(fault) => fault.kind.status(),
            }
        }

        fn post(&mut self, bodies: &[Value]) -> u16 {
            let messages: Vec<Value> = bodies.iter().map(|body| json!({"body": body, "ttl": 60})).collect();
            let document = Some(json!({"messages": messages}));
            self.ask(Operation::PostMessages { queue: queue(), document, size: 1 })
        }
    }

    fn queue() -> QueueName {
        QueueName::parse("q").expect("it is one")
    }

    fn world(metadata: Value, bytes: usize) -> World {
        let model = Model::new(Settings::new(Deviations::NONE)).bounded(Room { bytes, ..Room::UNBOUNDED });
        let mut world = World(model, 0);
        world.ask(Operation::CreateQueue { queue: queue(), metadata: Some(metadata) });
        world
    }

    #[test]
    fn a_post_is_refused_by_what_it_would_take_and_only_then() {
        let bodies = [json!(null), json!("\u{e9}\"\n"), json!({"a": [1, 1e15, "\u{1}"]}), json!("x".repeat(47))];
        for (metadata, takes) in
            [(json!({}), 4 + 8 + 37 + 49), (json!({"_enable_encrypt_messages": true}), 46 + 46 + 90 + 90)]
        {
            let check = |bytes, status| {
                let mut world = world(metadata.clone(), bytes);
                assert_eq!(world.post(&bodies), status, "{metadata}, {}", world.0.counts().bytes);
                assert_eq!(world.0.counts().bytes, if status == 201 { takes } else { 0 });
            };
            check(takes, 201);
            check(takes - 1, 503);
        }
    }

    #[test]
    fn what_is_gone_takes_nothing() {
        let mut world = world(json!({}), usize::MAX);
        world.post(&[json!("12"), json!("1234"), json!("123456")]);
        assert_eq!(world.0.counts().bytes, 4 + 6 + 8);
        let selection = Selection { pop: Some(1), ..Selection::default() };
        world.ask(Operation::DeleteMessages { queue: queue(), selection });
        assert_eq!(world.0.counts().bytes, 6 + 8);
        world.ask(Operation::CreateClaim { queue: queue(), limit: Some(1), document: None });
        assert_eq!(world.0.counts().bytes, 6 + 8);
        world.1 = 61;
        // The claim has lengthened the life of the one that it took.
        world.ask(Operation::Ping);
        assert_eq!(world.0.counts().bytes, 6);
        world.ask(Operation::PurgeQueue { queue: queue(), document: None });
        assert_eq!(world.0.counts().bytes, 0);
        world.post(&[json!("12")]);
        world.ask(Operation::DeleteQueue { queue: queue() });
        assert_eq!(world.0.counts().bytes, 0);
    }
}
