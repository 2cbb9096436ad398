//! Takes a stream of bytes from a client.
//! Gives an answer for every request on it, one after the other.
//! Never reads without limit: not headers, not bodies, not time.
//!
//! What is not HTTP is answered by hyper itself, 400 or 431 without a body. It offers no place to add the id that every
//! other answer carries.

use std::convert::Infallible;
use std::pin::pin;

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Collected, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_io_timeout::TimeoutWriter;

use super::Front;
use super::metrics::{self, Open};
use crate::client::Broken;
use crate::clock::Clock;
use crate::protocol::{Fault, FaultKind};
use crate::time::Duration;
use crate::wire::{HttpRequest, HttpResponse, decode, encode, text_headers};

/// The largest body of a request: four times what Zaqar takes in one post.
pub(super) const BODY_MAX: usize = 1 << 20;
/// The most bytes of all headers of a request together. There may be 100 of them, as hyper has it.
const HEAD_MAX: usize = 64 << 10;
/// How long a client may take for the headers of a request, on the machine's clock. It counts from the answer before, so
/// a connection that nobody uses is closed after as long.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long a client may take for the body of a request, on the machine's clock.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a client may take to read any part of an answer, on the machine's clock.
const WRITE_TIME: Duration = Duration::from_secs(30);

/// Serves a client until it hangs up, or until `stopping` says so and the request under way is answered.
pub async fn serve_connection<S>(stream: S, front: Front, mut stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let front = &front;
    let _open = Open::counted(&front.metrics().connections);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(WRITE_TIME));
    let service = service_fn(|request| async move { Ok::<_, Infallible>(respond(front, request).await) });
    let connection = builder().serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        // A client that breaks off, or does not speak HTTP, has been told so as far as it listens.
        _ = connection.as_mut() => return,
        // Without a sender, nobody will ever say so.
        Ok(_) = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .auto_date_header(false) // It would read the machine's clock.
        .half_close(true) // Who has said everything still wants to hear the answer.
        .max_header_size(HEAD_MAX)
        .max_buf_size(HEAD_MAX)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME);
    builder
}

type Response = http::Response<Full<Bytes>>;

async fn respond(front: &Front, request: http::Request<Incoming>) -> Response {
    let started = Clock::start(1);
    let id = front.request_id();
    let line = Line::of(&request);
    let (operation, answer) = if request.uri().path() == metrics::PATH {
        ("metrics", page(front, request.method()))
    } else {
        answer(front, request).await
    };
    let took = started.now().since_start();
    front.metrics().on_request(operation, answer.status, took);
    line.log(answer.status, took, &id);
    outgoing(answer, &id)
}

/// The answer, and the name of what was asked.
async fn answer(front: &Front, request: http::Request<Incoming>) -> (&'static str, HttpResponse) {
    let request = match read(request).await {
        Ok(request) => request,
        Err(fault) => return ("none", encode(fault.into(), &HttpRequest::default())),
    };
    match decode(&request, front.settings(), front.now()) {
        Err(answer) => ("none", answer),
        Ok(asked) => ((&asked.operation).into(), encode(front.ask(asked).await, &request)),
    }
}

fn page(front: &Front, method: &http::Method) -> HttpResponse {
    if !matches!(*method, http::Method::GET | http::Method::HEAD) {
        return encode(Fault::bare(FaultKind::MethodNotAllowed).into(), &HttpRequest::default());
    }
    let headers = vec![("content-type".into(), metrics::MEDIA_TYPE.into())];
    HttpResponse { status: 200, headers, body: front.metrics_page().into() }
}

/// What the log says of a request: never its body, never a header but the tenant's.
struct Line(Option<(http::Method, Uri, Option<http::HeaderValue>)>);

impl Line {
    fn of(request: &http::Request<Incoming>) -> Self {
        let wanted = tracing::enabled!(tracing::Level::INFO);
        let project = || request.headers().get("x-project-id").cloned();
        Self(wanted.then(|| (request.method().clone(), request.uri().clone(), project())))
    }

    fn log(self, status: u16, took: Duration, request_id: &str) {
        if let Self(Some((method, uri, project))) = self {
            // Quoted, and what can't be printed escaped: a client can't write lines of its own.
            let project = project.map(|project| String::from_utf8_lossy(project.as_bytes()).into_owned());
            let (path, project) = (uri.path(), project.unwrap_or_default());
            tracing::info!(%method, path, project, status, ?took, request_id, "request");
        }
    }
}

/// The request as a plain value, its body read.
async fn read(request: http::Request<Incoming>) -> Result<HttpRequest, Fault> {
    let (parts, body) = request.into_parts();
    let body = read_body(body).await?;
    Ok(HttpRequest {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        headers: text_headers(&parts.headers),
        body,
    })
}

async fn read_body(body: Incoming) -> Result<Bytes, Fault> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let whole = tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_MAX).collect()).await;
    let late = |_| Fault::new(FaultKind::InvalidRequestBody, "Request body did not arrive in time.");
    whole.map_err(late)?.map(Collected::to_bytes).map_err(|error| unreadable(&error))
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
    let response = builder.header("x-openstack-request-id", request_id).body(Full::new(answer.body));
    // Only a header that can't be written makes this fail.
    response.unwrap_or_else(|_| {
        let answer = encode(Fault::bare(FaultKind::Internal).into(), &HttpRequest::default());
        let mut response = Response::new(Full::new(answer.body));
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
