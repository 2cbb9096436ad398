//! Takes a request and an address.
//! Gives the response, over a connection of its own.
//! Never retries, never reuses a connection, never follows a redirect: what was sent is what was asked.

use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Error;
use crate::time::Duration;
use crate::wire::{HttpRequest, HttpResponse};

/// How long a server may take to answer the client, on the machine's clock.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one request to `address` (`host:port`).
///
/// # Errors
/// [`Error::Unreachable`] if nobody listens, [`Error::NoAnswer`] if no complete HTTP answer comes.
pub async fn send(address: &str, request: &HttpRequest) -> Result<HttpResponse, Error> {
    let unreachable = |source| Error::Unreachable { address: address.into(), source };
    let no_answer = |reason: String| Error::NoAnswer {
        address: address.into(),
        request: format!("{} {}", request.method, request.target),
        reason,
    };
    let connected = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
    let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(unreachable)?;
    let _ = stream.set_nodelay(true);
    match tokio::time::timeout(PATIENCE, exchange(stream, address, request)).await {
        Ok(answer) => answer.map_err(|error| no_answer(error.to_string())),
        Err(_) => Err(no_answer(format!("nothing came within {} s", PATIENCE.as_secs()))),
    }
}

type Anything = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(stream: TcpStream, address: &str, request: &HttpRequest) -> Result<HttpResponse, Anything> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(outgoing(address, request)?).await?;
        let (parts, body) = response.into_parts();
        let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(HttpResponse {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().map(text).collect(),
            body: body.collect().await?.to_bytes().to_vec(),
        })
    };
    let answer = answer.await;
    driver.abort();
    answer
}

fn outgoing(address: &str, request: &HttpRequest) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let mut builder = http::Request::builder().method(request.method.as_str()).uri(&request.target);
    if request.header("host").is_none() {
        builder = builder.header("host", address);
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(Bytes::from(request.body.clone())))
}
