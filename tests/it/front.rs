//! Takes the model behind real sockets.
//! Gives what its clients and its subscribers see of it.
//! Never asserts how long something took.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wiremock::matchers::{body_json, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zaqarcheck::clock::Clock;
use zaqarcheck::front::{FrontOptions, serve};
use zaqarcheck::model::Settings;
use zaqarcheck::protocol::Deviations;
use zaqarcheck::target::send;
use zaqarcheck::wire::{HttpRequest, HttpResponse};

/// A second of the server's clock is a millisecond of the machine's.
const SCALE: u32 = 1000;

#[tokio::test]
async fn a_failed_delivery_is_retried_until_it_is_answered() {
    let subscriber = MockServer::start().await;
    let notification = json!({
        "Message_Type": "Notification", "queue_name": "orders", "ttl": 3600, "body": {"n": 1},
    });
    let attempt = || {
        Mock::given(method("POST"))
            .and(body_json(&notification))
            .and(header("x-key", "k"))
            .and(header("content-type", "application/json"))
    };
    attempt().respond_with(ResponseTemplate::new(500)).up_to_n_times(2).expect(2).mount(&subscriber).await;
    attempt().respond_with(ResponseTemplate::new(200)).expect(1).mount(&subscriber).await;

    // The usual timeout is 10 ms of the machine's time here, which a busy one may well take to answer.
    let patient = Settings { request_timeout: Duration::from_secs(1_000_000), ..Settings::new(Deviations::NONE) };
    let server = Server::start(FrontOptions { time_scale: SCALE, ..FrontOptions::new(patient) }).await;
    server.prepare(&subscriber.uri(), json!({ "post_headers": { "x-key": "k" } })).await;
    assert_eq!(server.post().await.status, 201);
    wait_for(&subscriber, 3).await;
    let counted = server.metrics_with("zaqarcheck_deliveries_total{outcome=\"2xx\"} 1\n").await;
    assert!(counted.contains("zaqarcheck_deliveries_total{outcome=\"5xx\"} 2\n"), "{counted}");
    // Longer than any delay of the policy, on the server's clock: a fourth attempt would have come.
    Clock::start(SCALE).sleep(Duration::from_secs(60)).await;

    let requests = subscriber.received_requests().await.unwrap();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.headers == requests[0].headers));
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    subscriber.verify().await;
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_silent_subscriber_delays_nobody() {
    let silent = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_delay(Duration::from_secs(3600));
    Mock::given(method("POST")).respond_with(answer).mount(&silent).await;
    let lively = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&lively).await;

    let server = Server::start(options()).await;
    server.prepare(&silent.uri(), json!({})).await;
    server.subscribe(&lively.uri(), json!({})).await;
    for _ in 0..20 {
        assert_eq!(server.post().await.status, 201);
    }
    wait_for(&lively, 20).await;
    assert!(server.stop().await >= 20, "the silent one's are still waiting");
}

#[tokio::test]
async fn two_hundred_silent_subscribers_delay_nobody() {
    // The system accepts connections for this listener, and nobody ever reads them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap();
    let lively = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&lively).await;

    // One more than the silent ones get: without a bound for each they would take it too.
    let sockets = FrontOptions { sockets_max: 201, subscriber_sockets_max: 1, ..options() };
    let server = Server::start(sockets).await;
    for number in 0..200 {
        server.subscribe(&format!("http://{silent}/{number}"), json!({})).await;
    }
    server.subscribe(&lively.uri(), json!({})).await;
    for _ in 0..3 {
        assert_eq!(server.post().await.status, 201);
    }
    wait_for(&lively, 3).await;
    assert_eq!(server.stop().await, 600);
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_stops() {
    let server = Server::start(options()).await;
    let mut client = TcpStream::connect(&server.address).await.unwrap();
    let head = "PUT /v2/queues/q HTTP/1.1\r\nclient-id: 4ef3da41-af53-4c07-96d5-7b89af752778\r\nx-project-id: p\r\n";
    // The server asks for the body once it has read the head: the request is under way then.
    client.write_all(format!("{head}expect: 100-continue\r\ncontent-length: 2\r\n\r\n").as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    client.read_exact(&mut interim).await.unwrap();
    assert_eq!(interim, *b"HTTP/1.1 100 Continue\r\n\r\n");
    server.stop.send(()).unwrap();
    while TcpStream::connect(&server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    client.write_all(b"{}").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(server.task.await.unwrap(), 0);
}

#[tokio::test]
async fn further_clients_wait_until_one_leaves() {
    let server = Server::start(FrontOptions { connections_max: 1, ..options() }).await;
    let ping = b"GET /metrics HTTP/1.1\r\n\r\n";
    let mut first = TcpStream::connect(&server.address).await.unwrap();
    first.write_all(ping).await.unwrap();
    let mut page = vec![0; 1 << 16];
    assert!(first.read(&mut page).await.unwrap() > 0);
    let mut second = TcpStream::connect(&server.address).await.unwrap();
    second.write_all(ping).await.unwrap();
    assert_eq!(second.try_read(&mut page).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    drop(first);
    let length = second.read(&mut page).await.unwrap();
    let page = String::from_utf8_lossy(&page[..length]);
    // Both were answered by now, and never were two connected.
    assert!(page.contains("zaqarcheck_connections 1\n"), "{page}");
    drop(second);
    server.stop().await;
}

#[tokio::test]
async fn what_there_is_no_room_for_is_not_accepted() {
    let silent = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_delay(Duration::from_secs(3600));
    Mock::given(method("POST")).respond_with(answer).mount(&silent).await;

    let server = Server::start(FrontOptions { deliveries_max: 2, ..options() }).await;
    server.prepare(&silent.uri(), json!({})).await;
    let statuses = [server.post().await.status, server.post().await.status, server.post().await.status];
    assert_eq!(statuses, [201, 201, 503]);
    let others = server.ask("GET", "/v2/queues/orders/messages?echo=true", None).await;
    assert_eq!(others.json().unwrap()["messages"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.stop().await, 2);
}

#[tokio::test]
async fn every_answer_is_named_and_none_is_dated() {
    let server = Server::start(options()).await;
    let large = json!({ "messages": [{ "body": "x".repeat(1 << 20) }] });
    let answers = [
        server.ask("GET", "/v2/ping", None).await,
        server.ask("HEAD", "/v2/ping", None).await,
        server.ask("GET", "/nowhere", None).await,
        server.ask("HEAD", "/nowhere", None).await,
        server.ask("POST", "/v2/queues/orders/messages", Some(large)).await,
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status), [204, 204, 404, 404, 400]);
    assert_eq!(answers.each_ref().map(|answer| answer.body.is_empty()), [true, true, false, true, false]);
    let mut ids: Vec<&str> =
        answers.iter().filter_map(|answer| answer.header("x-openstack-request-id")?.strip_prefix("req-")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
    assert!(answers.iter().all(|answer| answer.header("date").is_none()));
    server.stop().await;
}

fn options() -> FrontOptions {
    FrontOptions::new(Settings::new(Deviations::NONE))
}

/// Waits until this many requests have come, however long it takes; the test runner has a limit of its own.
async fn wait_for(subscriber: &MockServer, count: usize) {
    while subscriber.received_requests().await.unwrap().len() < count {
        Clock::start(SCALE).sleep(Duration::from_secs(1)).await;
    }
}

/// A server of its own for each test, on a port of its own.
struct Server {
    address: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<usize>,
}

impl Server {
    async fn start(options: FrontOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, options, async {
            let _ = stopped.await;
        }));
        Self { address, stop, task }
    }

    /// How many deliveries were still waiting.
    async fn stop(self) -> usize {
        self.stop.send(()).unwrap();
        self.task.await.unwrap()
    }

    /// A queue whose retries are one at once, one after 5 s, one after 10 s, and a subscription to it.
    async fn prepare(&self, subscriber: &str, options: Value) {
        let policy = json!({
            "retries_with_no_delay": 1, "minimum_delay_retries": 1, "minimum_delay": 5,
            "maximum_delay_retries": 1, "maximum_delay": 15,
        });
        let put = self.ask("PUT", "/v2/queues/orders", Some(json!({ "_retry_policy": policy }))).await;
        assert_eq!(put.status, 201);
        self.subscribe(subscriber, options).await;
    }

    async fn subscribe(&self, subscriber: &str, options: Value) {
        let document = json!({ "subscriber": subscriber, "options": options });
        let made = self.ask("POST", "/v2/queues/orders/subscriptions", Some(document)).await;
        assert_eq!(made.status, 201);
    }

    /// The page of figures, once this is on it.
    async fn metrics_with(&self, line: &str) -> String {
        loop {
            let page = String::from_utf8(self.ask("GET", "/metrics", None).await.body.into()).unwrap();
            if page.contains(line) {
                return page;
            }
        }
    }

    async fn post(&self) -> HttpResponse {
        let messages = json!({ "messages": [{ "body": { "n": 1 } }] });
        self.ask("POST", "/v2/queues/orders/messages", Some(messages)).await
    }

    async fn ask(&self, method: &str, target: &str, body: Option<Value>) -> HttpResponse {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = HttpRequest {
            method: method.into(),
            target: target.into(),
            headers: vec![
                header("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778"),
                header("x-project-id", "p"),
                header("content-type", "application/json"),
            ],
            body: body.map(|body| body.to_string().into()).unwrap_or_default(),
        };
        send(&self.address, &request).await.unwrap()
    }
}
