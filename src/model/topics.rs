//! Takes requests about topics.
//! Gives the answer of a server that has no store for them, if it is such a one.
//! Never keeps a topic: it is kept as a queue is, in a name space of its own.

use super::page::{QUEUE_LIMIT_TEXT, limit};
use super::{Model, done};
use crate::protocol::{Deviation, Fault, FaultKind, Operation, QueueKind, QueueName, Reply};

impl Model {
    /// Whether this is a topic and topics are forgotten at once.
    pub(super) fn keeps_none(&self, name: &QueueName) -> bool {
        name.kind() == QueueKind::Topic && self.settings.deviations.has(Deviation::TopicsNotKept)
    }

    /// What a request for a topic is answered by a release that routes it and has nothing behind the route.
    /// Observed: zaqar 23.0.1 on Redis.
    pub(super) fn refuse_topic(&self, operation: &Operation) -> Option<Result<Reply, Fault>> {
        let unavailable = |text: &str| {
            let text = format!("{text} Please try again in a few seconds.");
            Some(Err(Fault::new(FaultKind::ServiceUnavailable, text)))
        };
        match operation {
            Operation::ListTopics { page, .. } if self.settings.deviations.has(Deviation::TopicsNotKept) => {
                match limit(page.limit, self.settings.options.max_queues_per_page, QUEUE_LIMIT_TEXT) {
                    Ok(_) => unavailable("Topics could not be listed."),
                    Err(fault) => Some(Err(fault)),
                }
            }
            Operation::DeleteQueue { queue } if self.keeps_none(queue) => Some(Ok(done(204, None, None))),
            Operation::ShowQueue { queue } if self.keeps_none(queue) => {
                unavailable("Topic metadata could not be retrieved.")
            }
            Operation::ShowStats { queue } if self.keeps_none(queue) => unavailable("Topic stats could not be read."),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Settings;
    use crate::protocol::{Deviations, ProjectId, Request};
    use crate::time::Instant;

    #[test]
    fn a_topic_notifies_its_own_subscribers_and_not_those_of_the_queue_of_its_name() {
        let mut model = Model::new(Settings::new(Deviations::NONE));
        let mut ask = |operation| {
            let project = ProjectId::parse("p").expect("it is one");
            let reply = model.handle(Instant::START, Request::new(project, operation));
            assert!(matches!(reply, Reply::Done { status: 201, .. }), "{reply:?}");
        };
        for (kind, subscriber) in [(QueueKind::Queue, "http://queue.test/"), (QueueKind::Topic, "http://topic.test/")] {
            let queue = QueueName::of_kind(kind, "news").expect("it is one");
            ask(Operation::CreateSubscription { queue, document: Some(json!({"subscriber": subscriber})) });
        }
        let queue = QueueName::of_kind(QueueKind::Topic, "news").expect("it is one");
        ask(Operation::PostMessages { queue, document: Some(json!({"messages": [{"body": 1}]})), size: 30 });
        let told: Vec<String> = std::iter::from_fn(|| model.poll_delivery()).map(|delivery| delivery.url).collect();
        assert_eq!(told, ["http://topic.test/"]);
    }
}
