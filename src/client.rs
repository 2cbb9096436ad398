//! Takes a request and a stream of bytes to whom it is for.
//! Gives the answer: the whole one, or an error.
//! Never retries, never reuses a connection, never follows a redirect: what was sent is what was asked.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};

use crate::wire::{HttpRequest, HttpResponse, text_headers};

/// Opens streams to addresses: over TCP, or in a simulated network.
pub trait Dial: Clone + Send + Sync + 'static {
    /// A stream of bytes in both directions.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens a stream to `address` (`host:port`).
    fn dial(&self, address: &str) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Dials over TCP.
#[derive(Clone, Copy, Debug)]
pub struct Tcp;

impl Dial for Tcp {
    type Stream = TcpStream;

    async fn dial(&self, address: &str) -> io::Result<TcpStream> {
        let mut failed = None;
        for address in lookup_host(address).await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Small messages must not wait for their acknowledgement; a stream that can't be told so works all
                    // the same.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                // A machine without IPv6 has no way to some addresses of a name: what another one said tells more.
                Err(error) if failed.is_some() && error.kind() == io::ErrorKind::AddrNotAvailable => {}
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address")))
    }
}

/// What to do with the body of an answer. All of it is read either way: an answer that is cut short is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Keeps it.
    Body,
    /// Reads and forgets it: a subscriber may send any amount.
    Head,
}

/// What can go wrong between a request and its answer; only its text is of interest.
pub type Broken = Box<dyn Error + Send + Sync>;

/// Sends one request over `stream`, which is closed afterwards; `host` is the `host` header, unless the request has one.
///
/// # Errors
/// If no complete HTTP answer comes.
pub async fn exchange<S>(stream: S, host: &str, request: &HttpRequest, keep: Keep) -> Result<HttpResponse, Broken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    let mut answer = pin!(answer(sender, outgoing(host, request)?, keep));
    // Both in this task: who gives up waiting closes the connection by dropping it.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

type Outgoing = http::Request<Full<Bytes>>;

async fn answer(
    mut sender: SendRequest<Full<Bytes>>,
    mut request: Outgoing,
    keep: Keep,
) -> Result<HttpResponse, Broken> {
    let interim = note_interim(&mut request);
    let response = match sender.send_request(request).await {
        Ok(response) => response,
        // 102 and 103 announce an answer, but a server that says no more after one has answered with it. So does the
        // HTTP client of Zaqar see it. 100 is never an answer.
        Err(error) => match interim.load(Ordering::Relaxed) {
            0 | 100 => return Err(error.into()),
            status => return Ok(HttpResponse { status, ..HttpResponse::default() }),
        },
    };
    let (parts, body) = response.into_parts();
    Ok(HttpResponse {
        status: parts.status.as_u16(),
        headers: text_headers(&parts.headers),
        body: read(body, keep).await?.into(),
    })
}

/// The last interim status that came, 0 if none did.
fn note_interim(request: &mut Outgoing) -> Arc<AtomicU16> {
    let interim = Arc::new(AtomicU16::new(0));
    let noted = Arc::clone(&interim);
    hyper::ext::on_informational(request, move |head| noted.store(head.status().as_u16(), Ordering::Relaxed));
    interim
}

async fn read(mut body: Incoming, keep: Keep) -> Result<Vec<u8>, hyper::Error> {
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        if let (Keep::Body, Some(bytes)) = (keep, frame?.data_ref()) {
            kept.extend_from_slice(bytes);
        }
    }
    Ok(kept)
}

fn outgoing(host: &str, request: &HttpRequest) -> Result<Outgoing, http::Error> {
    let mut builder = http::Request::builder().method(request.method.as_str()).uri(&request.target);
    if request.header("host").is_none() {
        builder = builder.header("host", host);
    }
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(request.body.clone()))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What a client sees of a server that reads a request, writes these bytes and closes.
    fn check(answer: &str, expected: Option<(u16, &str)>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let seen = runtime.block_on(async {
            let (ours, mut theirs) = tokio::io::duplex(4096);
            let request = HttpRequest { method: "POST".into(), target: "/".into(), ..HttpRequest::default() };
            let server = async move {
                assert!(theirs.read(&mut [0; 4096]).await.unwrap() > 0, "a request comes");
                theirs.write_all(answer.as_bytes()).await.unwrap();
            };
            tokio::join!(exchange(ours, "peer", &request, Keep::Body), server).0.ok()
        });
        let seen = seen.map(|response| (response.status, String::from_utf8(response.body.into()).unwrap()));
        assert_eq!(seen, expected.map(|(status, body)| (status, body.to_owned())), "{answer:?}");
    }

    #[test]
    fn only_a_whole_answer_is_one() {
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Some((200, "ok")));
        check("HTTP/1.1 200 OK\r\n\r\nuntil it closes", Some((200, "until it closes")));
        check("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ncut", None);
        check("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ncut\r\n", None);
        check("HTTP/1.1 200", None);
        check("\0this is not HTTP\r\n\r\n", None);
        check("", None);
    }

    #[test]
    fn every_status_can_end_an_exchange() {
        for status in [101, 102, 103, 199, 204, 304, 599, 600, 999] {
            check(&format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n\r\n"), Some((status, "")));
        }
        check("HTTP/1.1 100 Continue\r\n\r\n", None);
        check("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Some((200, "")));
    }
}
