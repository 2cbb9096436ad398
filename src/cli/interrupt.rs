//! Takes signals.
//! Gives the moment at which somebody asks to stop.
//! Never ends the program itself: whoever waits for it decides what is still to be done.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C or a polite request to end.
pub(super) async fn stopped() {
    let asked = async {
        match signal(SignalKind::terminate()) {
            Ok(mut asked) => asked.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {}
        _ = asked => {}
    }
}
