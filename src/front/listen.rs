//! Takes a listening socket.
//! Gives a Zaqar server on it until it is told to stop.
//! Never drops a request that is being answered.

use std::io;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::websocket::{Relay, serve_websocket};
use super::{Front, FrontOptions, serve_connection, start};
use crate::client::Tcp;
use crate::time::Duration;

/// How long requests under way may take to finish when the server stops, on the machine's clock.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait before accepting again when all sockets are taken.
const SOCKET_WAIT: Duration = Duration::from_millis(10);

/// Serves until `stop` is ready: then nobody is accepted any more, requests under way are answered, and the number of
/// deliveries that were still waiting is returned.
///
/// # Panics
/// If the model panics.
pub async fn serve(listener: TcpListener, options: FrontOptions, stop: impl Future<Output = ()>) -> usize {
    let places = places(&options);
    run(listener, None, places, start(options, Tcp), stop).await
}

/// As [`serve`], with websockets on a socket of their own.
///
/// # Errors
/// If that socket does not know its address.
///
/// # Panics
/// If the model panics.
pub async fn serve_both(
    listener: TcpListener,
    websockets: TcpListener,
    options: FrontOptions,
    stop: impl Future<Output = ()>,
) -> io::Result<usize> {
    let address = websockets.local_addr()?.to_string();
    let relay = Relay::new(address, options.settings.seed, options.settings.deviations);
    let (places, dial) = (places(&options), relay.dial(Tcp));
    Ok(run(listener, Some((websockets, relay)), places, start(options, dial), stop).await)
}

/// How many clients there may be at a time, of whatever kind.
fn places(options: &FrontOptions) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(options.connections_max.min(Semaphore::MAX_PERMITS)))
}

async fn run(
    listener: TcpListener,
    websockets: Option<(TcpListener, Relay)>,
    places: Arc<Semaphore>,
    (front, engine): (Front, JoinHandle<usize>),
    stop: impl Future<Output = ()>,
) -> usize {
    let (stopping, stopped) = watch::channel(false);
    let (mut connections, mut sockets) = (JoinSet::new(), JoinSet::new());
    let serve_http = |stream| serve_connection(stream, front.clone(), stopped.clone());
    let accept_websockets = async {
        match &websockets {
            None => std::future::pending().await,
            Some((listener, relay)) => {
                let serve = |stream| serve_websocket(stream, front.clone(), relay.clone(), stopped.clone());
                accept_all(listener, &places, serve, &mut sockets).await;
            }
        }
    };
    tokio::select! {
        biased;
        () = stop => {}
        () = accept_all(&listener, &places, serve_http, &mut connections) => {}
        () = accept_websockets => {}
    }
    drop((listener, websockets));
    // Without receivers there is nobody to tell.
    let _ = stopping.send(true);
    let finished = async {
        while connections.join_next().await.is_some() {}
        while sockets.join_next().await.is_some() {}
    };
    let _ = tokio::time::timeout(GRACE, finished).await;
    connections.shutdown().await;
    sockets.shutdown().await;
    drop(front);
    engine.await.expect("the model neither panics nor is cancelled")
}

/// Accepts clients as long as there are places for them.
async fn accept_all<F>(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    serve: impl Fn(TcpStream) -> F,
    connections: &mut JoinSet<()>,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let place = Arc::clone(places).acquire_owned().await.expect("it is never closed");
        let connection = serve(accept(listener).await);
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Small answers must not wait; a stream that can't be told so works all the same.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(_) => tokio::time::sleep(SOCKET_WAIT).await,
        }
    }
}
