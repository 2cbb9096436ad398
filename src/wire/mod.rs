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
pub use http::{HttpRequest, HttpResponse, escaped};

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
