//! Takes the question whether the server is well.
//! Gives the report an operator expects of each store, or of each pool.
//! Never measures anything: the model has one store, its memory, which takes no time and does not fail.

use serde_json::{Map, Value, json};

use super::{Model, done};
use crate::protocol::Reply;

impl Model {
    /// Source: api-ref, "Health".
    pub(super) fn show_health(&self) -> Reply {
        let report = if self.settings.options.pooling {
            let pools = self.catalogue.pool_names().map(|name| (name.to_owned(), store()));
            let mut report = Map::from_iter([("catalog_reachable".to_owned(), true.into())]);
            report.extend(pools);
            report.into()
        } else {
            store()
        };
        done(200, None, Some(report))
    }
}

fn store() -> Value {
    let well = || json!({"succeeded": true, "seconds": 0.0, "ref": null});
    let operations: Map<String, Value> = OPERATIONS.iter().map(|name| ((*name).to_owned(), well())).collect();
    json!({"storage_reachable": true, "operation_status": operations})
}

const OPERATIONS: [&str; 8] = [
    "create_queue",
    "post_messages",
    "claim_messages",
    "list_messages",
    "delete_messages",
    "delete_claim",
    "bulk_delete_messages",
    "delete_queue",
];
