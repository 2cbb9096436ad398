//! Takes a server with websockets, and clients of it.
//! Gives what they see: answers, notifications, each other, and the end of a connection.
//! Never asserts how long something took.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};
use zaqarcheck::clock::Clock;
use zaqarcheck::front::{FrontOptions, serve_both};
use zaqarcheck::model::Settings;
use zaqarcheck::protocol::Deviations;
use zaqarcheck::target::send;
use zaqarcheck::wire::HttpRequest;

use crate::api::{Socket, Wire};

/// A second of the server's clock is a millisecond of the machine's.
const SCALE: u32 = 1000;

#[tokio::test]
async fn both_framings_are_answered_in_kind() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(Wire::Text(asked("p", "queue_create", json!({ "queue_name": "q" })).to_string())).await;
    assert!(matches!(client.receive().await, Ok(Wire::Text(_))));
    let listed = client.ask_binary(&asked("p", "queue_list", json!({}))).await;
    assert_eq!(listed["body"], json!({ "queues": [{ "name": "q" }] }));
    assert_eq!(listed["request"]["api"], "v2");
    // The same model as over HTTP, and none of another tenant's.
    assert_eq!(server.http("GET", "/v2/queues/q", None).await, 200);
    assert_eq!(client.ask("p2", "queue_list", json!({})).await["body"], json!({ "queues": [] }));
    server.stop().await;
}

#[tokio::test]
async fn a_connection_is_notified_of_what_others_post() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let subscribed = client.ask("p", "subscription_create", json!({ "queue_name": "q" })).await;
    assert_eq!(subscribed["headers"]["status"], 201);
    let messages = json!({ "messages": [{ "body": { "n": 1 } }, { "body": 2, "ttl": 60 }] });
    assert_eq!(server.http("POST", "/v2/queues/q/messages", Some(messages.clone())).await, 201);
    let notification = json!({ "Message_Type": "Notification", "queue_name": "q", "ttl": 3600, "body": { "n": 1 } });
    assert_eq!(client.next().await, notification);
    assert_eq!(client.next().await["body"], 2);
    // Another tenant has a queue of this name too.
    let mut stranger = server.connect().await;
    let posted = json!({ "queue_name": "q", "messages": [{ "body": "not for you" }] });
    assert_eq!(stranger.ask("p2", "message_post", posted).await["headers"]["status"], 201);
    // The last subscription says how notifications come.
    let again = asked("p", "subscription_create", json!({ "queue_name": "q2" }));
    assert_eq!(client.ask_binary(&again).await["headers"]["status"], 201);
    assert_eq!(server.http("POST", "/v2/queues/q/messages", Some(messages)).await, 201);
    let Ok(Wire::Binary(packed)) = client.receive().await else { panic!("it is MessagePack") };
    assert_eq!(rmp_serde::from_slice::<Value>(&packed).unwrap(), notification);
    server.stop().await;
}

#[tokio::test]
async fn two_connections_to_one_queue_are_two_subscribers() {
    let server = Server::start().await;
    let (mut one, mut other) = (server.connect().await, server.connect().await);
    for client in [&mut one, &mut other] {
        let subscribed = client.ask("p", "subscription_create", json!({ "queue_name": "q" })).await;
        assert_eq!(subscribed["headers"]["status"], 201);
    }
    let mut subscribers = server.subscribers(&mut one).await;
    assert!(
        subscribers.iter().all(|url| url.starts_with(&format!("http://{}/", server.websockets))),
        "{subscribers:?}"
    );
    assert_eq!(subscribers.len(), 2);
    subscribers.dedup();
    assert_eq!(subscribers.len(), 2);
    let messages = json!({ "messages": [{ "body": 1 }] });
    assert_eq!(server.http("POST", "/v2/queues/q/messages", Some(messages.clone())).await, 201);
    assert_eq!(one.next().await["body"], 1);
    assert_eq!(other.next().await["body"], 1);
    // Who has gone is no subscriber any more, and nobody else's notification waits for it.
    other.close().await;
    while server.subscribers(&mut one).await.len() > 1 {}
    assert_eq!(server.http("POST", "/v2/queues/q/messages", Some(messages)).await, 201);
    assert_eq!(one.next().await["body"], 1);
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_connection_that_is_gone_is_a_connection_error_and_retried() {
    let server = Server::start().await;
    let (mut client, mut gone) = (server.connect().await, server.connect().await);
    gone.ask("p", "subscription_create", json!({ "queue_name": "other" })).await;
    let listed = client.ask("p", "subscription_list", json!({ "queue_name": "other" })).await;
    let url = listed["body"]["subscriptions"][0]["subscriber"].clone();
    gone.close().await;
    // Somebody else's subscription of the same address outlives the connection, with a policy that takes hours.
    let policy = json!({ "retries_with_no_delay": 0, "minimum_delay_retries": 0, "minimum_delay": 1,
        "maximum_delay": 100_000_000, "maximum_delay_retries": 1, "retry_backoff_function": "linear" });
    let document = json!({ "queue_name": "q", "subscriber": url, "options": { "_retry_policy": policy } });
    assert_eq!(client.ask("p", "subscription_create", document).await["headers"]["status"], 201);
    let posted = json!({ "queue_name": "q", "messages": [{ "body": 1 }] });
    assert_eq!(client.ask("p", "message_post", posted).await["headers"]["status"], 201);
    assert_eq!(server.stop().await, 1, "it waits for its retry");
}

#[tokio::test]
async fn a_notification_that_can_t_be_packed_is_retried_as_text() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    let policy = json!({ "retries_with_no_delay": 0, "maximum_delay": 2000 });
    let options = json!({ "post_data": "no JSON", "_retry_policy": policy });
    let subscribe = asked("p", "subscription_create", json!({ "queue_name": "q", "options": options }));
    assert_eq!(client.ask_binary(&subscribe).await["headers"]["status"], 201);
    let posted = json!({ "queue_name": "q", "messages": [{ "body": 1 }] });
    assert_eq!(client.ask("p", "message_post", posted).await["headers"]["status"], 201);
    assert_eq!(client.ask("p", "subscription_create", json!({ "queue_name": "q2" })).await["headers"]["status"], 201);
    assert!(matches!(client.receive().await, Ok(Wire::Text(text)) if text == "no JSON"));
    server.stop().await;
}

#[tokio::test]
async fn webhooks_are_notified_as_ever() {
    let subscriber = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&subscriber).await;
    let server = Server::start().await;
    let mut client = server.connect().await;
    let document = json!({ "queue_name": "q", "subscriber": subscriber.uri() });
    assert_eq!(client.ask("p", "subscription_create", document).await["headers"]["status"], 201);
    let posted = json!({ "queue_name": "q", "messages": [{ "body": 1 }] });
    assert_eq!(client.ask("p", "message_post", posted).await["headers"]["status"], 201);
    while subscriber.received_requests().await.unwrap().is_empty() {
        Clock::start(SCALE).sleep(Duration::from_secs(1)).await;
    }
    // Its subscription is not the connection's own.
    client.close().await;
    let mut other = server.connect().await;
    assert_eq!(server.subscribers(&mut other).await, [subscriber.uri()]);
    server.stop().await;
}

#[tokio::test]
async fn who_says_too_much_is_told_so() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(Wire::Text("x".repeat((1 << 20) + 1))).await;
    let end = client.receive().await.unwrap_err();
    assert_eq!(end.map(|frame| u16::from(frame.code)), Some(1009));
    assert_eq!(server.connect().await.ask("p", "queue_list", json!({})).await["headers"]["status"], 200);
    server.stop().await;
}

#[tokio::test]
async fn who_speaks_http_is_answered_in_http() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(&server.websockets).await.unwrap();
    stream.write_all(b"POST /00000000-0000-4000-8000-000000000000 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_takes_leave() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.ask("p", "queue_list", json!({})).await;
    let left = tokio::spawn(async move { client.receive().await.unwrap_err() });
    assert_eq!(server.stop().await, 0);
    assert_eq!(left.await.unwrap().map(|frame| u16::from(frame.code)), Some(1001));
}

fn asked(project: &str, action: &str, body: Value) -> Value {
    let headers = json!({ "Client-ID": "4ef3da41-af53-4c07-96d5-7b89af752778", "X-Project-ID": project });
    json!({ "action": action, "headers": headers, "body": body })
}

impl Socket {
    async fn ask(&mut self, project: &str, action: &str, body: Value) -> Value {
        self.send(Wire::Text(asked(project, action, body).to_string())).await;
        self.next().await
    }

    async fn ask_binary(&mut self, document: &Value) -> Value {
        self.send(Wire::Binary(rmp_serde::to_vec(document).unwrap())).await;
        let Ok(Wire::Binary(answer)) = self.receive().await else { panic!("it is binary") };
        rmp_serde::from_slice(&answer).unwrap()
    }

    /// The next document.
    async fn next(&mut self) -> Value {
        let Ok(Wire::Text(text)) = self.receive().await else { panic!("it is text") };
        serde_json::from_str(&text).unwrap()
    }
}

/// A server of its own for each test, on ports of its own.
struct Server {
    http: String,
    websockets: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<usize>,
}

impl Server {
    async fn start() -> Self {
        let (http, websockets) = (TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await);
        let (http, websockets) = (http.unwrap(), websockets.unwrap());
        let addresses = [&http, &websockets].map(|listener| listener.local_addr().unwrap().to_string());
        // A busy machine is not to be taken for a silent subscriber.
        let request_timeout = Duration::from_secs(100_000);
        let settings = Settings { request_timeout, ..Settings::new(Deviations::NONE) };
        let options = FrontOptions { time_scale: SCALE, ..FrontOptions::new(settings) };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve_both(http, websockets, options, stopped).await.unwrap()
        });
        let [http, websockets] = addresses;
        Self { http, websockets, stop, task }
    }

    async fn connect(&self) -> Socket {
        Socket::connect(&self.websockets).await
    }

    /// How many deliveries were still waiting.
    async fn stop(self) -> usize {
        self.stop.send(()).unwrap();
        self.task.await.unwrap()
    }

    async fn subscribers(&self, client: &mut Socket) -> Vec<String> {
        let listed = client.ask("p", "subscription_list", json!({ "queue_name": "q" })).await;
        let subscriptions = listed["body"]["subscriptions"].as_array().unwrap();
        subscriptions.iter().map(|entry| entry["subscriber"].as_str().unwrap().to_owned()).collect()
    }

    async fn http(&self, method: &str, target: &str, body: Option<Value>) -> u16 {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: method.into(),
            target: target.into(),
            headers: vec![header("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778"), header("x-project-id", "p")],
            body: body.map(|body| body.to_string().into()).unwrap_or_default(),
        };
        send(&self.http, &request).await.unwrap().status
    }
}
