//! Takes deliveries to the address of a websocket connection.
//! Gives each to its connection, and says whether it got there.
//! Never opens a port for that: nobody from outside can pass for the notifier, as they can with the reference.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::client::{Broken, Dial};
use crate::front::connection::builder;
use crate::protocol::{Deviation, Deviations};
use crate::rng::Stream;

/// How many notifications may wait for one connection. Who sends more waits with them, until its delivery times out.
const WAITING_MAX: usize = 16;
/// Bytes under way between a delivery and its connection.
const BUFFER: usize = 64 << 10;

/// The connections that can be notified.
#[derive(Clone, Debug)]
pub(in crate::front) struct Relay(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `host:port` of subscribers that are connections.
    address: String,
    deviations: Deviations,
    connections: Mutex<Connections>,
}

#[derive(Debug)]
struct Connections {
    ids: Stream,
    open: BTreeMap<Uuid, mpsc::Sender<Notification>>,
}

/// The body of a delivery on its way to a connection.
#[derive(Debug)]
pub(super) struct Notification {
    pub(super) body: Bytes,
    /// Told when it is there; dropped if it will never be.
    pub(super) sent: oneshot::Sender<()>,
}

impl Relay {
    /// A relay for the connections of a socket at `address`.
    pub(in crate::front) fn new(address: String, seed: u64, deviations: Deviations) -> Self {
        let connections = Connections { ids: Stream::new(seed, "websocket"), open: BTreeMap::new() };
        Self(Arc::new(Shared { address, deviations, connections: Mutex::new(connections) }))
    }

    /// The deviations of the server.
    pub(super) fn deviations(&self) -> Deviations {
        self.0.deviations
    }

    /// Adds a connection.
    pub(super) fn register(&self) -> Registered {
        let (sender, notifications) = mpsc::channel(WAITING_MAX);
        let mut connections = self.connections();
        let id = connections.ids.uuid();
        connections.open.insert(id, sender);
        drop(connections);
        Registered { url: format!("http://{}/{id}", self.0.address), id, notifications, relay: self.clone() }
    }

    /// The way to subscribers that leads to connections where they are some, and elsewhere goes through `dial`.
    pub(in crate::front) fn dial<D: Dial>(&self, dial: D) -> RelayDial<D> {
        RelayDial { relay: self.clone(), dial }
    }

    async fn receive(self, request: http::Request<Incoming>) -> Result<http::Response<Full<Bytes>>, Broken> {
        let target = request.uri().path().trim_start_matches('/').to_owned();
        // As the listener of the reference. Observed: zaqar 23.0.1.
        if request.method() != http::Method::POST {
            return status(http::StatusCode::METHOD_NOT_ALLOWED);
        }
        if target.is_empty() {
            return status(http::StatusCode::BAD_REQUEST);
        }
        let body = request.into_body().collect().await?.to_bytes();
        let connection = Uuid::try_parse(&target).ok().and_then(|id| self.connections().open.get(&id).cloned());
        let sent = match connection {
            None => false,
            Some(connection) => {
                let (sent, arrived) = oneshot::channel();
                connection.send(Notification { body, sent }).await.is_ok() && arrived.await.is_ok()
            }
        };
        if sent || self.deviations().has(Deviation::WebsocketNotificationLost) {
            return status(http::StatusCode::OK);
        }
        Err("the connection is gone".into())
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.0.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn status(status: http::StatusCode) -> Result<http::Response<Full<Bytes>>, Broken> {
    Ok(http::Response::builder().status(status).body(Full::default())?)
}

/// A connection that can be notified, until this is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    /// The subscriber that it is.
    pub(super) url: String,
    pub(super) notifications: mpsc::Receiver<Notification>,
    id: Uuid,
    relay: Relay,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.relay.connections().open.remove(&self.id);
    }
}

/// See [`Relay::dial`].
#[derive(Clone, Debug)]
pub(in crate::front) struct RelayDial<D> {
    relay: Relay,
    dial: D,
}

/// Bytes in both directions, to whomever.
pub(in crate::front) trait Both: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

impl<D: Dial> Dial for RelayDial<D> {
    type Stream = Box<dyn Both>;

    async fn dial(&self, address: &str) -> io::Result<Self::Stream> {
        if address != self.relay.0.address {
            return Ok(Box::new(self.dial.dial(address).await?));
        }
        let (ours, theirs) = duplex(BUFFER);
        tokio::spawn(serve(theirs, self.relay.clone()));
        Ok(Box::new(ours))
    }
}

/// Takes one delivery, and no longer than its sender waits for the answer.
async fn serve(stream: DuplexStream, relay: Relay) {
    let service = service_fn(|request| relay.clone().receive(request));
    // An error is what the sender sees as a broken connection; one that has given up ends what was under way.
    let _ = builder().serve_connection(TokioIo::new(stream), service).await;
}
