//! Takes a delivery that the model wants made.
//! Gives its outcome.
//! Never tries again, and never says that a subscriber failed when this machine had no socket or port left.

use std::io;

use http::Uri;
use tokio::io::{AsyncRead, AsyncWrite};

use super::tls::Tls;
use crate::client::{Dial, Keep, exchange};
use crate::clock::Clock;
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome};
use crate::time::Duration;
use crate::wire::{HttpRequest, escaped};

/// How long to wait for a socket when all of them are taken, on the machine's clock.
const SOCKET_WAIT: Duration = Duration::from_millis(10);
/// What the system says when all sockets of this process, or of the machine, are taken. Source: errno(3).
const SOCKETS_TAKEN: [i32; 2] = [24, 23];
/// How long every port can be taken: closed connections give theirs back after a minute. Where it lasts longer, this
/// machine has no address to come from, and never will. Source: tcp(7), ip(7).
const PORT_WAIT: Duration = Duration::from_secs(60);

/// Makes a delivery.
pub(super) async fn deliver<D: Dial>(
    dial: D,
    tls: Option<Tls>,
    clock: Clock,
    delivery: Delivery,
) -> (DeliveryId, DeliveryOutcome) {
    let id = delivery.id;
    let limit = delivery.timeout;
    let Some((place, request)) = place(&delivery.url).map(|place| request(place, delivery)) else {
        return (id, DeliveryOutcome::ConnectionError);
    };
    let mut waited = Duration::ZERO;
    let outcome = loop {
        // Apart, or everyone who waits for a socket would have room in memory for all that an attempt needs.
        let attempt = Box::pin(attempt(&dial, tls.as_ref(), &place, &request));
        match within(clock, limit, attempt).await {
            None => break DeliveryOutcome::TimedOut,
            Some(Ok(outcome)) => break outcome,
            Some(Err(Taken::Ports)) if waited >= PORT_WAIT => break DeliveryOutcome::ConnectionError,
            Some(Err(_)) => tokio::time::sleep(SOCKET_WAIT).await,
        }
        waited += SOCKET_WAIT;
    };
    // Not the whole address: there may be a password in it.
    tracing::debug!(id = id.0, subscriber = place.address, ?outcome, "delivery");
    (id, outcome)
}

/// Where a subscriber is.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// `host:port`, to dial.
    address: String,
    /// The `host` header: as written in the address of the subscriber.
    host: String,
    /// Path and query.
    target: String,
    /// Whose certificate is asked for, if one is.
    certified: Option<String>,
}

/// Where an address leads; nothing if it is not one of HTTP.
fn place(url: &str) -> Option<Place> {
    // Zaqar takes what people write.
    let uri = Uri::try_from(escaped(url)).ok()?;
    let (scheme, name) = (uri.scheme_str()?, uri.host()?);
    let (port, certified) = match () {
        () if scheme.eq_ignore_ascii_case("http") => (80, None),
        () if scheme.eq_ignore_ascii_case("https") => (443, Some(name.to_owned())),
        () => return None,
    };
    let host = uri.port_u16().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    // An address may go from its host straight to its query.
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Some(Place { address: format!("{name}:{}", uri.port_u16().unwrap_or(port)), host, target, certified })
}

/// The body's length is for hyper to say, whatever a subscription's headers claim.
fn request(place: Place, delivery: Delivery) -> (Place, HttpRequest) {
    let mut headers = delivery.headers;
    headers.retain(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding"));
    let target = place.target.clone();
    (place, HttpRequest { method: delivery.method.name().into(), target, headers, body: delivery.body })
}

/// `None` if the time was not enough.
async fn within<T>(clock: Clock, limit: Option<Duration>, attempt: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(attempt.await),
        Some(limit) => tokio::time::timeout(clock.wall(limit), attempt).await.ok(),
    }
}

/// What this machine has none left of: the subscriber has no part in that.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Ports,
    Sockets,
}

impl Taken {
    fn of(error: &io::Error) -> Option<Self> {
        match error.raw_os_error() {
            Some(code) if SOCKETS_TAKEN.contains(&code) => Some(Self::Sockets),
            _ => (error.kind() == io::ErrorKind::AddrNotAvailable).then_some(Self::Ports),
        }
    }
}

async fn attempt<D: Dial>(
    dial: &D,
    tls: Option<&Tls>,
    place: &Place,
    request: &HttpRequest,
) -> Result<DeliveryOutcome, Taken> {
    if place.certified.is_some() && tls.is_none() {
        return Ok(DeliveryOutcome::ConnectionError);
    }
    let stream = match dial.dial(&place.address).await {
        Ok(stream) => stream,
        Err(error) => return Taken::of(&error).map_or(Ok(DeliveryOutcome::ConnectionError), Err),
    };
    Ok(match place.certified.as_ref().zip(tls) {
        None => ask(stream, place, request).await,
        // Apart, or every plain attempt would have room for the keys and buffers of TLS.
        Some((name, tls)) => Box::pin(ask_encrypted(name, tls, stream, place, request)).await,
    })
}

async fn ask_encrypted<S>(name: &str, tls: &Tls, stream: S, place: &Place, request: &HttpRequest) -> DeliveryOutcome
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match tls.encrypt(name, stream).await {
        Ok(stream) => ask(stream, place, request).await,
        Err(error) => {
            tracing::debug!(subscriber = place.address, %error, "no TLS");
            DeliveryOutcome::ConnectionError
        }
    }
}

async fn ask<S>(stream: S, place: &Place, request: &HttpRequest) -> DeliveryOutcome
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    match exchange(stream, &place.host, request, Keep::Head).await {
        Ok(answer) => {
            DeliveryOutcome::Answered { status: answer.status, location: answer.header("location").map(str::to_owned) }
        }
        Err(_) => DeliveryOutcome::ConnectionError,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::protocol::{Means, Method};

    /// A way that fails so many times with an error of the system; then a subscriber answers.
    #[derive(Clone)]
    struct Failing(i32, Arc<AtomicU32>);

    impl Dial for Failing {
        type Stream = DuplexStream;

        async fn dial(&self, _: &str) -> io::Result<DuplexStream> {
            let left = self.1.load(Ordering::Relaxed);
            self.1.store(left.saturating_sub(1), Ordering::Relaxed);
            if left > 0 {
                return Err(io::Error::from_raw_os_error(self.0));
            }
            let (ours, mut theirs) = duplex(4096);
            tokio::spawn(async move {
                assert!(theirs.read(&mut [0; 4096]).await.unwrap() > 0, "a request comes");
                theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            });
            Ok(ours)
        }
    }

    fn delivery() -> Delivery {
        Delivery {
            id: DeliveryId(1),
            means: Means::Http,
            method: Method::Post,
            url: "http://hook.test/".into(),
            headers: Vec::new(),
            body: "{}".into(),
            timeout: Some(Duration::from_secs(10)),
        }
    }

    async fn check_failing(error: i32, times: u32, expected: DeliveryOutcome) {
        let dial = Failing(error, Arc::new(AtomicU32::new(times)));
        let (_, outcome) = deliver(dial, None, Clock::start(1), delivery()).await;
        assert_eq!(outcome, expected, "error {error}, {times} times");
    }

    #[tokio::test(start_paused = true)]
    async fn what_this_machine_has_none_left_of_is_waited_for() {
        let answered = || DeliveryOutcome::Answered { status: 200, location: None };
        let failed = || DeliveryOutcome::ConnectionError;
        let (files, all_files, ports, refused) = (24, 23, 99, 111);
        check_failing(files, 100_000, answered()).await;
        check_failing(all_files, 100, answered()).await;
        check_failing(ports, 6000, answered()).await;
        // There is no address to come from: it would be waited for without end.
        check_failing(ports, 10_000, failed()).await;
        check_failing(refused, 1, failed()).await;
    }

    #[test]
    fn who_waits_for_a_socket_takes_little_memory() {
        let waiting = deliver(Failing(0, Arc::default()), None, Clock::start(1), delivery());
        assert!(size_of_val(&waiting) <= 1024, "{} bytes", size_of_val(&waiting));
    }

    fn check(url: &str, expected: Option<(&str, &str, &str)>) {
        let certified =
            |host: &str| url.starts_with("https").then(|| host.split(':').next().unwrap_or(host).to_owned());
        let expected = expected.map(|(address, host, target)| Place {
            address: address.into(),
            host: host.into(),
            target: target.into(),
            certified: certified(host),
        });
        assert_eq!(place(url), expected, "{url}");
    }

    #[test]
    fn an_address_leads_to_a_socket() {
        check("http://example.test", Some(("example.test:80", "example.test", "/")));
        check("HTTP://u:p@127.0.0.1:81/a b?q=\u{e9}#f", Some(("127.0.0.1:81", "127.0.0.1:81", "/a%20b?q=%C3%A9")));
        check("http://[::1]:81?q", Some(("[::1]:81", "[::1]:81", "/?q")));
        check("https://example.test/", Some(("example.test:443", "example.test", "/")));
        check("https://example.test:8443", Some(("example.test:8443", "example.test:8443", "/")));
        check("ftp://example.test/", None);
        check("http://", None);
        check("http:/x", None);
    }
}
