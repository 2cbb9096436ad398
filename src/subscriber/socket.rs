//! Takes connections on a port of its own, over TCP or a simulated network.
//! Gives each request to an [`Audience`] and does to the connection what the audience says.
//! Never decides anything: which behaviour, and when the port is closed, is the audience's to say.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use crate::clock::Clock;
use crate::scenario::{Answer, Behaviour};
use crate::time::{Duration, Instant};
use crate::wire::HttpRequest;

/// The most that is read of one request; a notification is far smaller (262,144 bytes at most).
const REQUEST_MAX: usize = 4 << 20;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Names one attempt that is under way.
pub type Ticket = usize;

/// Who watches a subscriber and tells it what to do.
pub trait Audience: Send + Sync + 'static {
    /// Whether the subscriber's port is closed now, and until when if that is known.
    fn closed(&self, subscriber: &str) -> Option<Option<Instant>>;
    /// A request has arrived; answers what to do with it, and under which ticket its end is reported.
    fn arrived(&self, subscriber: &str, request: HttpRequest) -> Option<(Ticket, Reaction)>;
    /// The subscriber is about to send its last byte, or to close.
    fn ended(&self, subscriber: &str, ticket: Ticket);
    /// Rings when the answer of [`Audience::closed`] may have changed.
    fn changed(&self, subscriber: &str) -> &Notify;
}

/// A behaviour with every name in it resolved.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// As the script says.
    Behave(Behaviour),
    /// A redirect to this address.
    Redirect(u16, String),
}

/// Where connections to a subscriber come in: a port of TCP, or of a simulated network.
pub trait Port: Send + 'static {
    /// What accepts connections while the port is open.
    type Listener: Send + Sync + 'static;
    /// A connection.
    type Connection: Connection;

    /// Opens the port.
    fn open(&mut self) -> impl Future<Output = io::Result<Self::Listener>> + Send;
    /// The next connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Connection>> + Send;
    /// Closes the port: connections are refused from now on, and nobody else gets it.
    fn close(&mut self, listener: Self::Listener) -> io::Result<()>;
}

/// One connection to a subscriber.
pub trait Connection: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes the end of the connection a reset, as far as the network has such a thing.
    fn reset(&mut self) -> io::Result<()>;
}

/// A subscriber's open or closed port; dropping it ends everything on it.
#[derive(Debug)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port that nobody can take and nobody can connect to.
#[derive(Debug)]
pub struct Reserved {
    /// Where it is.
    pub address: SocketAddr,
    socket: TcpSocket,
}

/// Reserves a port of its own on `bind`.
///
/// # Errors
/// If the address can't be bound.
pub fn reserve(bind: IpAddr) -> io::Result<Reserved> {
    let socket = bound(SocketAddr::new(bind, 0))?;
    Ok(Reserved { address: socket.local_addr()?, socket })
}

impl Reserved {
    /// Puts `subscriber` on the port. Where it is to be open it is open on return: the first attempt may come at once.
    ///
    /// # Errors
    /// If the system has no room for it.
    pub fn open(self, subscriber: &str, audience: Arc<dyn Audience>, clock: Clock) -> io::Result<Listener> {
        let address = self.address;
        let (port, listener) = match audience.closed(subscriber) {
            Some(_) => (TcpPort { address, socket: Some(self.socket) }, None),
            None => (TcpPort { address, socket: None }, Some(self.socket.listen(BACKLOG)?)),
        };
        let seat = Seat { subscriber: subscriber.to_owned(), audience, clock };
        Ok(Listener { address, task: tokio::spawn(run(port, listener, Arc::new(seat))) })
    }
}

/// Opens and closes the port as the audience says, and serves connections while it is open.
pub async fn attend<P: Port>(port: P, subscriber: String, audience: Arc<dyn Audience>, clock: Clock) {
    run(port, None, Arc::new(Seat { subscriber, audience, clock })).await;
}

async fn run<P: Port>(mut port: P, mut open: Option<P::Listener>, seat: Arc<Seat>) {
    loop {
        let listener = match open.take() {
            Some(listener) => listener,
            None => {
                seat.wait_until_open().await;
                let Ok(listener) = port.open().await else { return };
                listener
            }
        };
        seat.serve_until_closed::<P>(&listener).await;
        if port.close(listener).is_err() {
            return;
        }
    }
}

struct TcpPort {
    address: SocketAddr,
    socket: Option<TcpSocket>,
}

impl Port for TcpPort {
    type Listener = TcpListener;
    type Connection = TcpStream;

    async fn open(&mut self) -> io::Result<TcpListener> {
        self.socket.take().map_or_else(|| bound(self.address), Ok)?.listen(BACKLOG)
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        let (stream, _) = listener.accept().await?;
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    fn close(&mut self, listener: TcpListener) -> io::Result<()> {
        drop(listener);
        self.socket = Some(bound(self.address)?);
        Ok(())
    }
}

impl Connection for TcpStream {
    fn reset(&mut self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

/// A bound socket that does not listen yet: connections to it are refused, and nobody else can take the port.
fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A subscriber before its audience.
struct Seat {
    subscriber: String,
    audience: Arc<dyn Audience>,
    clock: Clock,
}

impl Seat {
    async fn wait_until_open(&self) {
        loop {
            let changed = self.audience.changed(&self.subscriber).notified();
            match self.audience.closed(&self.subscriber) {
                None => return,
                Some(None) => changed.await,
                Some(Some(until)) => self.clock.sleep_until(until).await,
            }
        }
    }

    async fn serve_until_closed<P: Port>(self: &Arc<Self>, listener: &P::Listener) {
        let mut connections = JoinSet::new();
        loop {
            let changed = self.audience.changed(&self.subscriber).notified();
            if self.audience.closed(&self.subscriber).is_some() {
                return connections.detach_all();
            }
            tokio::select! {
                biased;
                () = changed => {}
                accepted = P::accept(listener) => if let Ok(stream) = accepted {
                    connections.spawn(Arc::clone(self).serve(stream));
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// One connection, one request: every answer closes.
    async fn serve<C: Connection>(self: Arc<Self>, mut stream: C) {
        if let Some(request) = read_request(&mut stream).await
            && let Some((ticket, reaction)) = self.audience.arrived(&self.subscriber, request)
        {
            // A peer that went away has ended the attempt; there is nobody left to tell.
            let _ = self.react(&mut stream, ticket, reaction).await;
        }
    }

    async fn react<C: Connection>(&self, stream: &mut C, ticket: Ticket, reaction: Reaction) -> io::Result<()> {
        let end = || self.audience.ended(&self.subscriber, ticket);
        match reaction {
            Reaction::Redirect(status, to) => {
                end();
                stream.write_all(&head(status, &[("location".into(), to)], Some(0))).await
            }
            Reaction::Behave(behaviour) => match behaviour {
                Behaviour::Status(answer) => self.answer(stream, ticket, &answer).await,
                Behaviour::Hang(duration) => {
                    self.sleep_or_hangup(stream, duration).await;
                    end();
                    Ok(())
                }
                Behaviour::SlowBody(duration) => self.slow_body(stream, ticket, duration).await,
                Behaviour::PartialReply => {
                    stream.write_all(&head(200, &[], Some(100))).await?;
                    end();
                    stream.write_all(b"cut short").await
                }
                Behaviour::Garbage => {
                    end();
                    stream.write_all(b"\x00this is not HTTP\r\n\r\n").await
                }
                Behaviour::Reset => {
                    end();
                    stream.reset()
                }
                Behaviour::ReadThenClose | Behaviour::Refuse(_) | Behaviour::Redirect { .. } => {
                    end();
                    Ok(())
                }
            },
        }
    }

    async fn answer<C: Connection>(&self, stream: &mut C, ticket: Ticket, answer: &Answer) -> io::Result<()> {
        let hung_up = self.sleep_or_hangup(stream, answer.delay).await;
        self.audience.ended(&self.subscriber, ticket);
        if hung_up {
            return Ok(());
        }
        let empty = matches!(answer.status, 100..=199 | 204 | 304);
        let mut bytes = head(answer.status, &answer.headers, (!empty).then_some(answer.body.len()));
        if !empty {
            bytes.extend_from_slice(answer.body.as_bytes());
        }
        stream.write_all(&bytes).await?;
        stream.shutdown().await
    }

    /// Ten bytes, evenly spread.
    async fn slow_body<C: Connection>(&self, stream: &mut C, ticket: Ticket, duration: Duration) -> io::Result<()> {
        const BODY: &[u8] = b"slow body\n";
        let start = self.clock.now();
        let mut sent = stream.write_all(&head(200, &[], Some(BODY.len()))).await;
        for (index, byte) in (1_u32..).zip(BODY) {
            let due = start + duration * index / BODY.len() as u32;
            if sent.is_err() || self.sleep_or_hangup(stream, due.since(self.clock.now())).await {
                break;
            }
            if index as usize == BODY.len() {
                self.audience.ended(&self.subscriber, ticket);
                return stream.write_all(&[*byte]).await;
            }
            sent = stream.write_all(&[*byte]).await;
        }
        self.audience.ended(&self.subscriber, ticket);
        sent
    }

    /// Waits; answers whether the peer hung up meanwhile.
    async fn sleep_or_hangup<C: Connection>(&self, stream: &mut C, duration: Duration) -> bool {
        if duration.is_zero() {
            return false;
        }
        let mut rest = [0; 512];
        let hangup = async { while matches!(stream.read(&mut rest).await, Ok(1..)) {} };
        tokio::select! {
            biased;
            () = hangup => true,
            () = self.clock.sleep(duration) => false,
        }
    }
}

fn head(status: u16, headers: &[(String, String)], length: Option<usize>) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nconnection: close\r\n");
    if let Some(length) = length {
        head += &format!("content-length: {length}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

/// Reads one whole request; `None` if the peer sent none.
async fn read_request<C: Connection>(stream: &mut C) -> Option<HttpRequest> {
    let mut bytes = Vec::new();
    loop {
        if let Some(request) = parse_request(&bytes)? {
            return Some(request);
        }
        if bytes.len() > REQUEST_MAX || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// The request at the start of `bytes`, once all of it is there: `Some(None)` asks for more, `None` gives up.
#[expect(clippy::option_option, reason = "give up, not yet, and here it is are three different things")]
fn parse_request(bytes: &[u8]) -> Option<Option<HttpRequest>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = parsed.parse(bytes).ok()? else { return Some(None) };
    let text = |header: &httparse::Header<'_>| {
        (header.name.to_lowercase(), String::from_utf8_lossy(header.value).into_owned())
    };
    let mut request = HttpRequest {
        method: parsed.method?.into(),
        target: parsed.path?.into(),
        headers: parsed.headers.iter().map(text).collect(),
        ..HttpRequest::default()
    };
    let body = &bytes[start..];
    let chunked = request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let complete = if chunked { unchunk(body)? } else { sized(&request, body)? };
    Some(complete.map(|body| {
        request.body = body.into();
        request
    }))
}

#[expect(clippy::option_option, reason = "as for `parse_request`")]
fn sized(request: &HttpRequest, body: &[u8]) -> Option<Option<Vec<u8>>> {
    let length: usize = request.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    Some(body.get(..length).map(<[u8]>::to_vec))
}

#[expect(clippy::option_option, reason = "as for `parse_request`")]
fn unchunk(mut rest: &[u8]) -> Option<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) = httparse::parse_chunk_size(rest).ok()? else {
            return Some(None);
        };
        let size = usize::try_from(size).ok()?;
        if size == 0 {
            return Some(Some(body));
        }
        let Some(chunk) = rest.get(start..start.checked_add(size)?) else { return Some(None) };
        body.extend_from_slice(chunk);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, body: Option<&str>) {
        let parsed = parse_request(bytes.as_bytes()).expect("well-formed");
        let text = parsed.map(|request| String::from_utf8(request.body.into()).unwrap());
        assert_eq!(text.as_deref(), body, "{bytes:?}");
    }

    #[test]
    fn a_request_is_read_when_all_of_it_is_there() {
        check("POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nab", None);
        check("POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", Some("abc"));
        check("POST / HTTP/1.1\r\nhost", None);
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", Some("abc"));
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", None);
    }
}
