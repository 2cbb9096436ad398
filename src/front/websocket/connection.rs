//! Takes the frames of one client, and notifications for it.
//! Gives the answers, one after the other, and the notifications in between.
//! Never outlives its client: a connection that is silent for a minute is gone, and so are its subscriptions.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

use super::handshake::{Socket, open};
use super::relay::{Notification, Registered, Relay};
use crate::clock::Clock;
use crate::front::Front;
use crate::front::metrics::Open;
use crate::protocol::Request;
use crate::time::Duration;
use crate::wire::websocket::{Frame, Framing, Incoming, notification, read};

/// How often a client is asked whether it is there, on the machine's clock. Who says nothing between one question and
/// the next is not.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long a client may take to read an answer, and to take leave.
const SEND_TIME: Duration = Duration::from_secs(30);
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Serves a client until it hangs up, or until `stopping` says so and the frame under way is answered.
pub(in crate::front) async fn serve_websocket<S>(
    stream: S,
    front: Front,
    relay: Relay,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let socket = tokio::select! {
        biased;
        socket = open(stream) => socket,
        () = told(&mut stopping) => None,
    };
    let Some(socket) = socket else { return };
    let counted = front.clone();
    let _open = Open::counted(&counted.metrics().connections);
    let mut connection =
        Connection { socket, registered: relay.register(), front, framing: Framing::Text, subscriptions: Vec::new() };
    let end = connection.run(&mut stopping).await;
    connection.finish(end).await;
}

/// Ready when the server stops.
async fn told(stopping: &mut watch::Receiver<bool>) {
    // Who is gone without a word has stopped too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Why a connection ends.
enum End {
    /// There is nobody left to say anything to.
    Gone,
    /// The client is told why.
    Close(CloseCode, &'static str),
    /// The stream is closed without a word.
    HangUp,
}

struct Connection {
    socket: Socket,
    registered: Registered,
    front: Front,
    /// How notifications are sent.
    framing: Framing,
    /// What ends the subscriptions that the connection has made to itself.
    subscriptions: Vec<Request>,
}

impl Connection {
    async fn run(&mut self, stopping: &mut watch::Receiver<bool>) -> End {
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pings.reset(); // The first tick of an interval comes at once.
        let mut heard = true;
        loop {
            let step = tokio::select! {
                biased;
                () = told(stopping) => Err(End::Close(CloseCode::Away, "The server stops.")),
                _ = pings.tick() => {
                    if !heard {
                        return End::Gone;
                    }
                    heard = false;
                    self.send(Message::Ping(Bytes::new())).await
                }
                Some(notification) = self.registered.notifications.recv() => self.notify(notification).await,
                received = self.socket.next() => {
                    heard = true;
                    self.on_message(received).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn on_message(&mut self, received: Option<Result<Message, Error>>) -> Result<(), End> {
        let frame = match received {
            Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.into()),
            // Pings are answered and a close is confirmed on the way to the next message.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => return Ok(()),
            Some(Err(Error::Capacity(_))) => return Err(End::Close(CloseCode::Size, "The message is too large.")),
            Some(Err(Error::Utf8(_))) => return Err(End::Close(CloseCode::Invalid, "The text is not UTF-8.")),
            Some(Err(Error::Protocol(_))) => return Err(End::Close(CloseCode::Protocol, "This is no websocket.")),
            Some(Err(_)) | None => return Err(End::Gone),
        };
        let started = Clock::start(1);
        let (operation, answer) = match read(&frame, &self.registered.url, self.front.settings()) {
            Incoming::HangUp => return Err(End::HangUp),
            Incoming::Answer(answer) => ("none", *answer),
            Incoming::Ask(asked) => {
                let operation = (&asked.request.operation).into();
                (operation, asked.pending.answer(self.front.ask(asked.request).await))
            }
        };
        if let Some(subscribed) = answer.subscribed {
            self.framing = subscribed.framing;
            self.subscriptions.push(subscribed.end);
        }
        let took = started.now().since_start();
        self.front.metrics().on_request(operation, answer.status, took);
        tracing::info!(operation, status = answer.status, ?took, "frame");
        self.send(message(answer.frame)).await
    }

    async fn notify(&mut self, Notification { body, sent }: Notification) -> Result<(), End> {
        let Some(frame) = notification(&body, self.framing) else { return Ok(()) };
        self.send(message(frame)).await?;
        // A delivery that has timed out does not want to know.
        let _ = sent.send(());
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn finish(self, end: End) {
        let Self { mut socket, registered, front, subscriptions, .. } = self;
        // Nothing can be sent here any more, so nothing is accepted for here either.
        drop(registered);
        for subscription in subscriptions {
            front.ask(subscription).await;
        }
        if let End::Close(code, reason) = end {
            let frame = CloseFrame { code, reason: reason.into() };
            let leave = async {
                socket.close(Some(frame)).await?;
                // Until the client has taken leave too.
                while socket.next().await.transpose()?.is_some() {}
                Ok::<_, Error>(())
            };
            // Who does not take leave in time is left.
            let _ = timeout(CLOSE_TIME, leave).await;
        }
    }
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Text(text) => Message::text(text),
        Frame::Binary(bytes) => Message::binary(bytes),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::io::{DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio_tungstenite::{WebSocketStream, client_async};

    use super::*;
    use crate::client::Tcp;
    use crate::front::{FrontOptions, start};
    use crate::model::Settings;
    use crate::protocol::Deviations;

    /// A server whose time passes when everybody waits.
    struct Server {
        front: Front,
        relay: Relay,
        stopping: watch::Sender<bool>,
        clock: Clock,
    }

    type Client = WebSocketStream<DuplexStream>;

    impl Server {
        fn start() -> Self {
            let (front, _) = start(FrontOptions::new(Settings::new(Deviations::NONE)), Tcp);
            let relay = Relay::new("127.0.0.1:9".into(), 0, Deviations::NONE);
            Self { front, relay, stopping: watch::channel(false).0, clock: Clock::start(1) }
        }

        /// A client on whose stream so many bytes may be under way, and the task that serves it.
        async fn connect(&self, size: usize) -> (Client, JoinHandle<()>) {
            let (ours, theirs) = duplex(size);
            let serve = serve_websocket(theirs, self.front.clone(), self.relay.clone(), self.stopping.subscribe());
            let task = tokio::spawn(serve);
            (client_async("ws://server.test/", ours).await.expect("it is let in").0, task)
        }

        /// How many seconds have passed.
        fn seconds(&self) -> u64 {
            self.clock.now().since_start().as_secs()
        }

        fn has(&self, line: &str) -> bool {
            self.front.metrics_page().lines().any(|seen| seen == line)
        }
    }

    fn asked(action: &str, body: &Value) -> Message {
        let headers = json!({ "Client-ID": "4ef3da41-af53-4c07-96d5-7b89af752778", "X-Project-ID": "p" });
        Message::text(json!({ "action": action, "headers": headers, "body": body }).to_string())
    }

    /// The next answer; pings are answered on the way.
    async fn status(client: &mut Client) -> Option<i64> {
        loop {
            match client.next().await?.ok()? {
                Message::Text(text) => {
                    let answer: Value = serde_json::from_str(&text).expect("it is JSON");
                    return answer["headers"]["status"].as_i64();
                }
                _ => continue,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_answer_a_ping_is_gone_and_its_subscriptions_with_it() {
        let server = Server::start();
        let (mut client, task) = server.connect(1 << 16).await;
        client.send(asked("subscription_create", &json!({ "queue_name": "q" }))).await.unwrap();
        assert_eq!(status(&mut client).await, Some(201));
        assert!(server.has("zaqarcheck_subscriptions 1") && server.has("zaqarcheck_connections 1"));
        task.await.unwrap();
        assert_eq!(server.seconds(), 2 * PING_EVERY.as_secs());
        assert!(server.has("zaqarcheck_subscriptions 0") && server.has("zaqarcheck_connections 0"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_pings_may_be_idle_for_as_long_as_it_likes() {
        let server = Server::start();
        let (mut client, task) = server.connect(1 << 16).await;
        let idle = async { while let Some(Ok(Message::Ping(_) | Message::Pong(_))) = client.next().await {} };
        assert!(timeout(Duration::from_secs(3600), idle).await.is_err(), "it is left alone");
        client.send(asked("queue_list", &json!({}))).await.unwrap();
        assert_eq!(status(&mut client).await, Some(200));
        assert!(!task.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_left_and_keeps_nobody_waiting() {
        let server = Server::start();
        let (mut slow, task) = server.connect(1 << 10).await;
        let sending = tokio::spawn(async move { while slow.send(asked("queue_list", &json!({}))).await.is_ok() {} });
        let (mut other, _other) = server.connect(1 << 16).await;
        other.send(asked("queue_list", &json!({}))).await.unwrap();
        assert_eq!(status(&mut other).await, Some(200));
        assert_eq!(server.seconds(), 0, "nobody waited");
        task.await.unwrap();
        assert_eq!(server.seconds(), SEND_TIME.as_secs());
        sending.await.unwrap();
    }
}
