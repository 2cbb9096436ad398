//! Takes HTTP messages and frames of websockets as plain values.
//! Gives the protocol values they stand for, and back.
//! Never opens a socket, and never knows what the model answers.

mod accept;
mod checks;
mod decode;
mod document;
mod encode;
mod fixed;
mod http;
mod query;
mod route;
pub mod websocket;

use crate::model::Model;
use crate::time::Instant;
pub use decode::decode;
pub use encode::encode;
pub use http::{HttpRequest, HttpResponse, escaped, text_headers};

/// The media type of a queue PATCH. Source: api-ref, "Update Queue".
pub const PATCH_MEDIA_TYPE: &str = "application/openstack-messaging-v2.0-json-patch";

/// What the model answers to an HTTP request.
pub fn answer(model: &mut Model, now: Instant, request: &HttpRequest) -> HttpResponse {
    let mut response = match decode(request, model.settings(), now) {
        Ok(read) => encode(model.handle(now, read), request),
        Err(response) => response,
    };
    if request.method == "HEAD" {
        response.body.clear();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Settings;
    use crate::protocol::{Deviation, Deviations};

    fn ask(model: &mut Model, method: &str, target: &str, body: &str) -> String {
        let client = ("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778");
        let headers = [client, ("x-project-id", "p"), ("content-type", PATCH_MEDIA_TYPE)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request =
            HttpRequest { method: method.into(), target: target.into(), headers, body: body.to_owned().into() };
        String::from_utf8(answer(model, Instant::START, &request).body.into()).expect("an answer is text")
    }

    #[test]
    fn what_a_client_posts_keeps_the_order_of_its_keys() {
        let mut model = Model::new(Settings::new(Deviations::NONE));
        let queue = "/v2/queues/orders";
        ask(&mut model, "PUT", queue, r#"{"_default_message_delay": 30}"#);
        let hook = r#"{"subscriber": "http://hook/"}"#;
        ask(&mut model, "POST", &format!("{queue}/subscriptions"), hook);
        let post = r#"{"messages": [{"body": {"b": 1, "a": [{"d": 2, "c": 3}]}}]}"#;
        ask(&mut model, "POST", &format!("{queue}/messages"), post);
        let listed = ask(&mut model, "GET", &format!("{queue}/messages?echo=true&include_delayed=true"), "");
        let body = r#"{"b":1,"a":[{"d":2,"c":3}]}"#;
        assert!(listed.contains(&format!(r#""body":{body}"#)), "{listed}");
        let notified = model.poll_delivery().expect("there is a subscriber").body;
        let expected =
            format!(r#"{{"ttl":3600,"body":{body},"delay":30,"Message_Type":"Notification","queue_name":"orders"}}"#);
        assert_eq!(String::from_utf8_lossy(&notified), expected);
    }

    #[test]
    fn a_name_that_ends_with_a_line_feed_is_written_as_json_has_it() {
        let deviations = Deviations::NONE.with(Deviation::TrailingNewlineInNames);
        let mut model = Model::new(Settings::new(deviations));
        let messages = "/v2/queues/orders%0A/messages";
        let posted = ask(&mut model, "POST", messages, r#"{"messages": [{"body": 1}]}"#);
        assert!(posted.starts_with(r#"{"resources":["/v2/queues/orders\n/messages/"#), "{posted}");
        let listed = ask(&mut model, "GET", &format!("{messages}?echo=true"), "");
        assert!(listed.contains(r#""href":"/v2/queues/orders\n/messages/"#), "{listed}");
    }

    #[test]
    fn taking_a_key_of_the_metadata_away_leaves_the_others_in_order() {
        let mut model = Model::new(Settings::new(Deviations::NONE));
        let queue = "/v2/queues/orders";
        ask(&mut model, "PUT", queue, r#"{"a": 1, "b": 2, "c": 3, "d": 4}"#);
        let changed = ask(&mut model, "PATCH", queue, r#"[{"op": "remove", "path": "/metadata/a"}]"#);
        assert!(changed.contains(r#""b":2,"c":3,"d":4"#), "{changed}");
    }
}
