//! Takes a stream of bytes from a client.
//! Gives an answer for every request on it, one after the other.
//! Never reads without limit: not headers, not bodies, not time.

use std::convert::Infallible;
use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::Front;
use crate::client::Broken;
use crate::protocol::{Fault, FaultKind, Reply};
use crate::time::Duration;
use crate::wire::{HttpRequest, HttpResponse, decode, encode};

/// The largest body of a request: four times what Zaqar takes in one post.
const BODY_MAX: usize = 1 << 20;
/// The most bytes of all headers of a request together, and the most headers.
const HEAD_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;
/// How long a client may take for the headers of a request, on the machine's clock.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Serves a client until it hangs up, or until `stopping` says so and the request under way is answered.
pub async fn serve_connection<S>(stream: S, front: Front, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        let front = front.clone();
        async move { Ok::<_, Infallible>(respond(&front, request).await) }
    });
    let connection = builder().serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that breaks off, or does not speak HTTP, has been told so as far as it listens.
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .auto_date_header(false) // It would read the machine's clock.
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME);
    builder
}

type Response = http::Response<Full<Bytes>>;

async fn respond(front: &Front, request: http::Request<Incoming>) -> Response {
    let reply = match read(request).await {
        Err(fault) => fault.into(),
        Ok(request) => match decode(&request) {
            Err(fault) => fault.into(),
            Ok(request) => front.ask(request).await,
        },
    };
    outgoing(encode(reply), &front.request_id())
}

/// The request as a plain value, its body read.
async fn read(request: http::Request<Incoming>) -> Result<HttpRequest, Fault> {
    let (parts, body) = request.into_parts();
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let body = Limited::new(body, BODY_MAX).collect().await.map_err(|error| unreadable(&error))?;
    Ok(HttpRequest {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        headers: parts.headers.iter().map(text).collect(),
        body: body.to_bytes().to_vec(),
    })
}

/// Zaqar answers 400, not 413, to whatever is too large.
fn unreadable(error: &Broken) -> Fault {
    if error.is::<LengthLimitError>() {
        let text = format!("Request body is too large. Max size {BODY_MAX}");
        return Fault::new(FaultKind::InvalidApiRequest, text);
    }
    Fault::new(FaultKind::InvalidRequestBody, "Request body could not be read.")
}

fn outgoing(answer: HttpResponse, request_id: &str) -> Response {
    let mut builder = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(name, value);
    }
    let response = builder.header("x-openstack-request-id", request_id).body(Full::new(Bytes::from(answer.body)));
    // Only a header that can't be written makes this fail.
    response.unwrap_or_else(|_| {
        let answer = encode(Reply::Fault(Fault::bare(FaultKind::Internal)));
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
