//! Takes a request for the queues of a tenant.
//! Gives a page of them, filtered by name and metadata, in the order of their names.
//! Never shows one tenant what belongs to another.

use serde_json::{Map, Value, json};

use super::page::{QUEUE_LIMIT_TEXT, limit, links, parameter};
use super::queues::Queue;
use super::{Caller, Model, done};
use crate::protocol::{Deviation, Fault, FaultKind, Page, QueueKind, QueueName, Reply, WantedQueues};

impl Model {
    /// A page of the queues of a tenant. If there are none it is empty: the text of the API reference says 204 then, its
    /// table of statuses knows only 200, and so does the reference implementation. Source: api-ref, "List queues".
    pub(super) fn list_queues(
        &self,
        caller: &Caller,
        kind: QueueKind,
        page: &Page,
        wanted: &WantedQueues,
    ) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        let filter = Filter::read(wanted, deviations.has(Deviation::UnexpectedTypeCrashes))?;
        let max = self.settings.options.max_queues_per_page;
        let limit = limit(page.limit, max, QUEUE_LIMIT_TEXT)?;
        let all = self.projects.get(&caller.project).into_iter().flatten().filter(|(name, _)| name.kind() == kind);
        let unfiltered = deviations.has(Deviation::ListIgnoresFilters);
        let marker = self.queue_marker(all.clone().map(|(name, _)| name.as_str()), page);
        let after = all.clone().skip_while(|(name, _)| marker.is_some_and(|marker| name.as_str() <= marker));
        let passing = after.filter(|(name, queue)| unfiltered || filter.passes(name, queue));
        let queues: Vec<Value> =
            passing.take(limit).map(|(name, queue)| self.entry(caller, name, queue, wanted)).collect();
        let last = queues.last().and_then(|queue| queue["name"].as_str());
        let links = links(kind.path(), page, &repeated(wanted, unfiltered), last);
        let word = if kind == QueueKind::Queue { "queues" } else { "topics" };
        let mut body = json!({ word: queues, "links": links });
        let count = all.count();
        let counted = count > 0 || !deviations.has(Deviation::ZeroCountOmitted);
        let pooled = self.settings.options.pooling && deviations.has(Deviation::PooledCountIsTrue);
        match wanted.with_count {
            Some(true) if pooled => body["count"] = true.into(),
            Some(true) if counted => body["count"] = count.into(),
            _ => {}
        }
        Ok(done(200, None, Some(body)))
    }

    /// The name after which a page begins. It need not be that of a queue.
    fn queue_marker<'a, 'b>(&self, mut all: impl Iterator<Item = &'b str>, page: &'a Page) -> Option<&'a str> {
        let marker = page.marker.as_deref()?;
        let by_rank = self.settings.deviations.has(Deviation::MarkerLookedUpByRank);
        // The first entry has rank 0, which is taken for none.
        let found = all.next().is_some_and(|first| first != marker) && all.any(|name| name == marker);
        (found || !by_rank).then_some(marker)
    }

    fn entry(&self, caller: &Caller, name: &QueueName, queue: &Queue, wanted: &WantedQueues) -> Value {
        let cut = name.as_str().split('.').next().filter(|_| self.settings.deviations.has(Deviation::NamesCutAtDots));
        let (path, name) = (name.kind().path(), cut.unwrap_or(name.as_str()));
        let mut entry = json!({"name": name, "href": format!("{path}/{name}")});
        if wanted.detailed == Some(true) {
            entry["metadata"] = self.shown_metadata(caller, queue.metadata.clone());
        }
        entry
    }
}

/// What the link to the next page repeats, so that it leads to more of the same.
fn repeated(wanted: &WantedQueues, without_metadata: bool) -> Vec<String> {
    let flag = |name, flag: Option<bool>| flag.map(|flag| parameter(name, if flag { "true" } else { "false" }));
    let known = [
        flag("detailed", wanted.detailed),
        wanted.name.as_ref().map(|name| parameter("name", name)),
        flag("with_count", wanted.with_count),
    ];
    let metadata = wanted.metadata.iter().filter_map(|(key, values)| Some(parameter(key, values.last()?)));
    known.into_iter().flatten().chain(metadata.filter(|_| !without_metadata)).collect()
}

/// Which queues pass. Source: api-ref, "List queues": "If metadata or name of queue is consistent with the filter";
/// the reference on MongoDB looks for the name anywhere in a queue's, and reads a value as an integer if it can.
struct Filter<'a> {
    name: &'a str,
    metadata: Vec<(&'a str, Value)>,
}

impl<'a> Filter<'a> {
    /// Of a key that comes twice, the last value counts.
    fn read(wanted: &'a WantedQueues, crashes: bool) -> Result<Self, Fault> {
        if crashes && wanted.metadata.values().any(|values| values.len() > 1) {
            let text = "int() argument must be a string, a bytes-like object or a real number, not 'list'";
            return Err(Fault::new(FaultKind::Internal, text));
        }
        let value = |text: &String| text.trim().parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from);
        let metadata = wanted.metadata.iter().filter_map(|(key, values)| Some((key.as_str(), value(values.last()?))));
        Ok(Self { name: wanted.name.as_deref().unwrap_or_default(), metadata: metadata.collect() })
    }

    fn passes(&self, name: &QueueName, queue: &Queue) -> bool {
        name.as_str().contains(self.name) && self.metadata.iter().all(|(key, value)| has(&queue.metadata, key, value))
    }
}

fn has(metadata: &Map<String, Value>, key: &str, value: &Value) -> bool {
    metadata.get(key) == Some(value)
}
