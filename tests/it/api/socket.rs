//! Takes the address of a server.
//! Gives a websocket to it, as a client has one.
//! Never sends by itself: only pongs, when the server asks.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::frames::Wire;

/// A client's end of a connection.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let (socket, _) = client_async(format!("ws://{address}/any/path"), stream).await.expect("it shakes hands");
        Self(socket)
    }

    pub(crate) async fn send(&mut self, frame: Wire) {
        let message = match frame {
            Wire::Text(text) => Message::text(text),
            Wire::Binary(bytes) => Message::binary(bytes),
        };
        self.0.send(message).await.expect("it is open");
    }

    /// The next frame, or how the server took leave: none if without a word.
    pub(crate) async fn receive(&mut self) -> Result<Wire, Option<CloseFrame>> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Wire::Text(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => return Ok(Wire::Binary(bytes.into())),
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    pub(crate) async fn close(mut self) {
        self.0.close(None).await.expect("it is open");
        while self.0.next().await.is_some() {}
    }
}
