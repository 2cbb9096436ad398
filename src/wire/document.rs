//! Takes the body of a request.
//! Gives it as JSON, or the fault that answers what is none.
//! Never looks further inside a document: the model does.

use serde_json::Value;

use super::{HttpRequest, PATCH_MEDIA_TYPE};
use crate::protocol::{Fault, FaultKind};

/// The changes of a queue.
pub(super) fn changes(request: &HttpRequest) -> Result<Option<Value>, Fault> {
    if request.header("content-type") != Some(PATCH_MEDIA_TYPE) {
        let text = format!("Accepted media type for PATCH: {{'Accept-Patch': '{PATCH_MEDIA_TYPE}'}}.");
        return Err(Fault::new(FaultKind::UnsupportedMediaType, text));
    }
    document(request)
}

/// The body as JSON: an object or an array, its integers within 64 bits. Observed: zaqar 23.0.1.
pub(super) fn document(request: &HttpRequest) -> Result<Option<Value>, Fault> {
    if request.body.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) if has_large_integer(&value) => {
            Err(Fault::new(FaultKind::InvalidRequestBody, "JSON contains integer that is too large."))
        }
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(Some(value)),
        Ok(_) | Err(_) => Err(Fault::new(FaultKind::InvalidRequestBody, "Request body could not be parsed.")),
    }
}

fn has_large_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_u64() && !number.is_i64(),
        Value::Array(items) => items.iter().any(has_large_integer),
        Value::Object(keys) => keys.values().any(has_large_integer),
        _ => false,
    }
}
