//! Takes a request and the address of the server to judge.
//! Gives the response, over a connection of its own: on TCP, or wherever the dialler dials.
//! Never waits for ever.

use std::io;

use super::Error;
use crate::client::{Dial, Keep, Tcp, exchange};
use crate::time::Duration;
use crate::wire::{HttpRequest, HttpResponse};

/// How long a server may take to answer the client, on the machine's clock.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends one request to `address` (`host:port`).
///
/// # Errors
/// [`Error::Unreachable`] if nobody listens, [`Error::NoAnswer`] if no complete HTTP answer comes.
pub async fn send(address: &str, request: &HttpRequest) -> Result<HttpResponse, Error> {
    send_over(&Tcp, address, request).await
}

/// As [`send`], over another network.
///
/// # Errors
/// As for [`send`].
pub async fn send_over<D: Dial>(dial: &D, address: &str, request: &HttpRequest) -> Result<HttpResponse, Error> {
    let unreachable = |source| Error::Unreachable { address: address.into(), source };
    let no_answer = |reason: String| Error::NoAnswer {
        address: address.into(),
        request: format!("{} {}", request.method, request.target),
        reason,
    };
    let dialled = tokio::time::timeout(PATIENCE, dial.dial(address)).await;
    let stream = dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(unreachable)?;
    match tokio::time::timeout(PATIENCE, exchange(stream, address, request, Keep::Body)).await {
        Ok(answer) => answer.map_err(|error| no_answer(error.to_string())),
        Err(_) => Err(no_answer(format!("nothing came within {} s", PATIENCE.as_secs()))),
    }
}
