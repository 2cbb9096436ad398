//! Takes a stream of bytes from a client.
//! Gives a websocket over it, if the client opens one as RFC 6455 says; any path will do.
//! Never leaves a client without an answer that speaks HTTP and asks for something else.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded, on};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::front::connection::{BODY_MAX, builder};

/// What is read and written at a time; most frames are small.
const BUFFER: usize = 8 << 10;

/// A websocket.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Opens a websocket; nothing if the client wanted something else, and has been told so as far as it listens.
pub(super) async fn open<S>(stream: S) -> Option<Socket>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let upgrade = Mutex::new(None);
    let service = service_fn(|request| {
        let response = respond(request, &upgrade);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = builder().serve_connection(TokioIo::new(stream), service);
    connection.with_upgrades().await.ok()?;
    let upgrade = upgrade.into_inner().unwrap_or_else(PoisonError::into_inner)?;
    let stream = TokioIo::new(upgrade.await.ok()?);
    Some(WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits())).await)
}

/// A frame may be as large as the body of an HTTP request.
fn limits() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_frame_size(Some(BODY_MAX))
        .max_message_size(Some(BODY_MAX))
}

fn respond(mut request: http::Request<Incoming>, upgrade: &Mutex<Option<OnUpgrade>>) -> http::Response<Full<Bytes>> {
    match create_response_with_body(&request, Full::default) {
        Ok(response) => {
            *upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(on(&mut request));
            response
        }
        Err(error) => {
            let mut response = http::Response::new(Full::new(format!("{error}\n").into()));
            *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
            response
        }
    }
}
