//! Takes a request for the statistics of a queue.
//! Gives how many messages it holds, how many of them are claimed, and the oldest and the newest.
//! Never creates a queue: one that is not there has no messages.

use super::messages::no_queue;
use super::store::View;
use super::{Caller, Model, signed_url, told, unavailable};
use crate::protocol::{Fault, Object, QueueName, Reply, Transport};
use crate::time::Duration;

impl Model {
    /// The statistics of a queue. One that does not exist has none of anything: the API reference knows no 404 here.
    /// Source: api-ref, "Get queue stats": "If the value of the total attribute is 0, then oldest and newest message
    /// statistics are not included".
    pub(super) fn show_stats(&mut self, caller: &Caller, name: &QueueName) -> Result<Reply, Fault> {
        let failed = || unavailable("Queue stats could not be read.");
        if caller.transport == Transport::Websocket && self.queue(&caller.project, name).is_none() {
            return Err(no_queue(caller, name));
        }
        let Some(stored) = self.stored_queue(caller, name) else { return Ok(stats((0, 0), |_| {})) };
        let counts = stored.messages.counts().ok_or_else(failed)?;
        if counts.1 == 0 {
            return Ok(stats(counts, |_| {}));
        }
        let shown = self.shown_to_holder(caller, name);
        let ends = self.queue(&caller.project, name).and_then(|stored| stored.messages.oldest_and_newest());
        let (oldest, newest) = ends.ok_or_else(failed)?;
        let created = |message: View<'_>| date(self.settings.epoch.saturating_add(message.posted().since_start()));
        Ok(stats(counts, |messages| {
            for (key, message) in [("oldest", oldest), ("newest", newest)] {
                messages.set_object(key, |entry| shown.statistic(entry, message, &created(message)));
            }
        }))
    }
}

/// `2026-01-01T00:00:00Z`.
fn date(since_1970: Duration) -> String {
    format!("{}Z", signed_url::date(since_1970))
}

fn stats((claimed, total): (i64, i64), set_ends: impl FnOnce(&mut Object<'_>)) -> Reply {
    told(200, None, |body| {
        body.set_object("messages", |messages| {
            messages.set_shown("claimed", claimed).set_shown("free", total - claimed).set_shown("total", total);
            set_ends(messages);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_whole_seconds_of_utc() {
        assert_eq!(date(Duration::from_millis(1_767_225_600_999)), "2026-01-01T00:00:00Z");
    }
}
