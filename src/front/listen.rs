//! Takes a listening socket.
//! Gives a Zaqar server on it until it is told to stop.
//! Never drops a request that is being answered.

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{FrontOptions, serve_connection, start};
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
    let (front, engine) = start(options, Tcp);
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let accept_all = async {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        let _ = stream.set_nodelay(true);
                        connections.spawn(serve_connection(stream, front.clone(), stopped.clone()));
                    }
                    Err(_) => tokio::time::sleep(SOCKET_WAIT).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    };
    tokio::select! {
        () = stop => {}
        () = accept_all => {}
    }
    drop(listener);
    // Without receivers there is nobody to tell.
    let _ = stopping.send(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE, finished).await;
    connections.shutdown().await;
    drop(front);
    engine.await.expect("the model neither panics nor is cancelled")
}
