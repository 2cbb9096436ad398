//! Takes a post that is not stored yet.
//! Gives how many bytes its messages will take.
//! Never counts what few have or what is small: bodies alone can fill a memory.

use std::fmt::{self, Write};

use serde_json::Value;

use super::{Model, encryption};
use crate::policy::is_falsy;
use crate::protocol::{ProjectId, QueueName};

impl Model {
    /// How many bytes the bodies of this post take once they are stored.
    pub fn bytes_of_post(&self, project: &ProjectId, queue: &QueueName, document: &Value) -> usize {
        let metadata = self.queue(project, queue).map(|queue| &queue.metadata);
        let encrypts = metadata.and_then(|metadata| metadata.get("_enable_encrypt_messages"));
        let encrypted = encrypts.is_some_and(|flag| !is_falsy(flag));
        let messages = document.get("messages").and_then(Value::as_array).into_iter().flatten();
        let bodies = messages.filter_map(|message| message.get("body"));
        bodies.map(|body| if encrypted { encryption::stored_length(body) } else { json_length(body) }).sum()
    }
}

/// How long the JSON of a value is, without writing it.
pub(super) fn json_length(value: &Value) -> usize {
    let mut length = Length(0);
    write!(length, "{value}").expect("it counts and does nothing else");
    length.0
}

struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Settings;
    use crate::protocol::{Deviations, Operation, Reply, Request, Selection};
    use crate::time::{Duration, Instant};

    /// A model, and how late it is.
    struct World(Model, u64);

    impl World {
        fn ask(&mut self, operation: Operation) -> Value {
            let now = Instant::after_start(Duration::from_secs(self.1));
            match self.0.handle(now, Request::new(project(), operation)) {
                Reply::Done { body, .. } => body.map_or(Value::Null, |body| body.value()),
                Reply::Fault(fault) => panic!("{fault:?}"),
            }
        }

        /// Posts these bodies, and checks what was said of them beforehand.
        #[track_caller]
        fn post(&mut self, bodies: &[Value]) {
            let messages: Vec<Value> = bodies.iter().map(|body| json!({"body": body, "ttl": 60})).collect();
            let document = json!({"messages": messages});
            let (before, more) = (self.0.counts().bytes, self.0.bytes_of_post(&project(), &queue(), &document));
            self.ask(Operation::PostMessages { queue: queue(), document: Some(document), size: 1 });
            assert_eq!(self.0.counts().bytes, before + more, "{bodies:?}");
        }
    }

    fn project() -> ProjectId {
        ProjectId::parse("p").expect("it is one")
    }

    fn queue() -> QueueName {
        QueueName::parse("q").expect("it is one")
    }

    fn world(metadata: Value) -> World {
        let mut world = World(Model::new(Settings::new(Deviations::NONE)), 0);
        world.ask(Operation::CreateQueue { queue: queue(), metadata: Some(metadata) });
        world
    }

    #[test]
    fn what_a_post_takes_is_known_beforehand() {
        let bodies = [json!(null), json!("\u{e9}\"\n"), json!({"a": [1, 1e15, "\u{1}"]}), json!("x".repeat(47))];
        for metadata in [json!({}), json!({"_enable_encrypt_messages": true})] {
            let mut world = world(metadata);
            bodies.iter().for_each(|body| world.post(std::slice::from_ref(body)));
            world.post(&bodies);
        }
    }

    #[test]
    fn what_is_gone_takes_nothing() {
        let mut world = world(json!({}));
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
