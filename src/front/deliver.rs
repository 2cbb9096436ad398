//! Takes a delivery that the model wants made.
//! Gives its outcome.
//! Never tries again, and never says that a subscriber failed when this machine had no socket left.

use std::io;

use http::Uri;

use crate::client::{Dial, Keep, exchange};
use crate::clock::Clock;
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome};
use crate::time::Duration;
use crate::wire::{HttpRequest, escaped};

/// How long to wait for a socket when all of them are taken, on the machine's clock.
const SOCKET_WAIT: Duration = Duration::from_millis(10);
/// What the system says when all sockets of this process, or of the machine, are taken. Source: errno(3).
const SOCKETS_TAKEN: [i32; 2] = [24, 23];

/// Makes a delivery.
pub(super) async fn deliver<D: Dial>(dial: D, clock: Clock, delivery: Delivery) -> (DeliveryId, DeliveryOutcome) {
    let id = delivery.id;
    let limit = delivery.timeout;
    let Some((place, request)) = place(&delivery.url).map(|place| request(place, delivery)) else {
        return (id, DeliveryOutcome::ConnectionError);
    };
    let outcome = loop {
        match within(clock, limit, attempt(&dial, &place, &request)).await {
            None => break DeliveryOutcome::TimedOut,
            Some(Ok(outcome)) => break outcome,
            Some(Err(NoSocket)) => tokio::time::sleep(SOCKET_WAIT).await,
        }
    };
    // Not the whole address: there may be a password in it.
    tracing::debug!(id = id.0, subscriber = place.address, ?outcome, "delivery");
    (id, outcome)
}

/// Whether the address asks for TLS.
pub(super) fn is_encrypted(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
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
}

/// Where an address leads; nothing if it is not one of HTTP without TLS.
fn place(url: &str) -> Option<Place> {
    // Zaqar takes what people write.
    let uri: Uri = escaped(url).parse().ok()?;
    let (scheme, name) = (uri.scheme_str()?, uri.host()?);
    let host = uri.port_u16().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    // An address may go from its host straight to its query.
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let place = Place { address: format!("{name}:{}", uri.port_u16().unwrap_or(80)), host, target };
    scheme.eq_ignore_ascii_case("http").then_some(place)
}

/// The body's length is for hyper to say, whatever a subscription's headers claim.
fn request(place: Place, delivery: Delivery) -> (Place, HttpRequest) {
    let mut headers = delivery.headers;
    headers.retain(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding"));
    let target = place.target.clone();
    (place, HttpRequest { method: delivery.method.name().into(), target, headers, body: delivery.body.into() })
}

/// `None` if the time was not enough.
async fn within<T>(clock: Clock, limit: Option<Duration>, attempt: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(attempt.await),
        Some(limit) => tokio::time::timeout(clock.wall(limit), attempt).await.ok(),
    }
}

/// All sockets are taken: the subscriber has no part in that.
struct NoSocket;

async fn attempt<D: Dial>(dial: &D, place: &Place, request: &HttpRequest) -> Result<DeliveryOutcome, NoSocket> {
    let stream = match dial.dial(&place.address).await {
        Ok(stream) => stream,
        Err(error) if is_for_want_of_sockets(&error) => return Err(NoSocket),
        Err(_) => return Ok(DeliveryOutcome::ConnectionError),
    };
    Ok(match exchange(stream, &place.host, request, Keep::Head).await {
        Ok(answer) => {
            DeliveryOutcome::Answered { status: answer.status, location: answer.header("location").map(str::to_owned) }
        }
        Err(_) => DeliveryOutcome::ConnectionError,
    })
}

fn is_for_want_of_sockets(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| SOCKETS_TAKEN.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Option<(&str, &str, &str)>) {
        let expected = expected.map(|(address, host, target)| Place {
            address: address.into(),
            host: host.into(),
            target: target.into(),
        });
        assert_eq!(place(url), expected, "{url}");
    }

    #[test]
    fn an_address_leads_to_a_socket() {
        check("http://example.test", Some(("example.test:80", "example.test", "/")));
        check("HTTP://u:p@127.0.0.1:81/a b?q=\u{e9}#f", Some(("127.0.0.1:81", "127.0.0.1:81", "/a%20b?q=%C3%A9")));
        check("http://[::1]:81?q", Some(("[::1]:81", "[::1]:81", "/?q")));
        check("https://example.test/", None);
        check("http://", None);
        check("http:/x", None);
    }
}
