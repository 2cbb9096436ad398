//! Takes clients that are slow, silent, wrong or many, as bytes on a stream.
//! Gives what the server does to them, and that it goes on serving the others.
//! Never waits for a time limit: where one is tested, the clock is tokio's own and jumps.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use zaqarcheck::client::Dial;
use zaqarcheck::clock::Clock;
use zaqarcheck::front::{Front, FrontOptions, serve_connection, start};
use zaqarcheck::model::Settings;
use zaqarcheck::protocol::Deviations;
use zaqarcheck::wire::HttpResponse;

/// Every time limit of a connection, in seconds.
const LIMIT_S: u64 = 30;

#[tokio::test(start_paused = true)]
async fn a_slow_head_ends_the_connection() {
    let clock = Clock::start(1);
    let mut client = Edge::new(options()).connect(64);
    client.send("GET /v2/ping HTTP/1.1\r\nhost:").await;
    assert_eq!(client.rest().await, "");
    assert_eq!(clock.now().since_start().as_secs(), LIMIT_S);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_refused() {
    let clock = Clock::start(1);
    let mut client = Edge::new(options()).connect(4096);
    client.send(&request("PUT", "/v2/queues/q", "{").replace("length: 1", "length: 2")).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("did not arrive in time") && answer.contains("x-openstack-request-id: req-"), "{answer}");
    assert_eq!(clock.now().since_start().as_secs(), LIMIT_S);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_uses_ends() {
    let clock = Clock::start(1);
    let mut client = Edge::new(options()).connect(4096);
    client.send(&request("GET", "/v2/ping", "")).await;
    assert!(client.rest().await.starts_with("HTTP/1.1 204 "));
    assert_eq!(clock.now().since_start().as_secs(), LIMIT_S);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_holds_its_connection_only_so_long() {
    let clock = Clock::start(1);
    let mut client = Edge::new(options()).connect(16);
    client.send(&request("GET", "/v2/queues/q", "")).await;
    client.task.await.unwrap();
    assert_eq!(clock.now().since_start().as_secs(), LIMIT_S);
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_and_harms_nobody() {
    let edge = Edge::new(options());
    let head = "GET /v2/ping HTTP/1.1\r\nhost: x\r\n";
    let who = "client-id: 4ef3da41-af53-4c07-96d5-7b89af752778\r\nx-project-id: p\r\n";
    let check = async |sent: String, expected: &str| {
        let mut client = edge.connect(1 << 20);
        client.send(&sent).await;
        let answer = client.end().await;
        assert!(answer.starts_with(expected), "{:?}: {answer:?}", &sent[..sent.len().min(80)]);
        edge.ping().await;
    };
    check("\0\u{1}\u{2}\r\n\r\n".into(), "HTTP/1.1 400 ").await;
    check("GET\r\n\r\n".into(), "HTTP/1.1 400 ").await;
    check("GET /v2/ping HTTP/9.9\r\n\r\n".into(), "HTTP/1.1 400 ").await;
    check("GET /v2/\0 HTTP/1.1\r\n\r\n".into(), "HTTP/1.1 400 ").await;
    check(format!("{head}no colon\r\n\r\n"), "HTTP/1.1 400 ").await;
    check(format!("{head}{}\r\n", "a: b\r\n".repeat(101)), "HTTP/1.1 431 ").await;
    // The head as a whole is what has a size.
    let rest = (64 << 10) - head.len() - who.len() - "a: \r\n\r\n".len();
    check(format!("{head}{who}a: {}\r\n\r\n", "b".repeat(rest)), "HTTP/1.1 204 ").await;
    check(format!("{head}{who}a: {}\r\n\r\n", "b".repeat(rest + 1)), "HTTP/1.1 431 ").await;
    check(format!("GET /{} HTTP/1.1\r\n\r\n", "b".repeat(70_000)), "HTTP/1.1 4").await;
    let put = format!("PUT /v2/queues/q HTTP/1.1\r\n{who}");
    check(format!("{put}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}"), "HTTP/1.1 400 ").await;
    check(format!("{put}content-length: -1\r\n\r\n"), "HTTP/1.1 400 ").await;
    check(format!("{put}transfer-encoding: chunked\r\n\r\nzz\r\n"), "HTTP/1.1 400 ").await;
    check(format!("{put}transfer-encoding: gzip\r\n\r\n"), "HTTP/1.1 400 ").await;
    check(format!("{put}content-length: 99\r\n\r\n{{"), "").await;
    check(format!("{put}content-length: 4\r\n\r\n\u{e9}\u{e9}"), "HTTP/1.1 400 ").await;
    let large = format!("[{}]", " ".repeat(1 << 20));
    check(request("PUT", "/v2/queues/q", &large), "HTTP/1.1 400 ").await;
    check(request("PUT", "/v2/queues/q", &"[".repeat(100_000)), "HTTP/1.1 400 ").await;
}

#[tokio::test]
async fn a_name_never_leads_anywhere_else() {
    let edge = Edge::new(options());
    let check = async |path: &str, expected: u16| {
        let answer = edge.ask("PUT", path, "{}").await;
        assert_eq!(answer.status, expected, "{path}");
    };
    // Dots are letters of a name like others: nothing here is a path to anywhere.
    check("/v2/queues/..", 201).await;
    check("/v2/queues/%2e%2E", 204).await;
    check("/v2/queues/../ping", 404).await;
    check("/v2/../v2/queues/a", 404).await;
    check("/v2//queues/a", 404).await;
    check("//v2/queues/a", 404).await;
    check("/v2/queues/a%2fb", 404).await;
    check("/v2/queues/..%2f..%2fetc%2fpasswd", 404).await;
    check("/v2/queues/a%00", 400).await;
    check("/v2/queues/%ff", 400).await;
    check("/v2/queues/%2", 400).await;
    check("/v2/queues/%0d%0ax-header:%20y", 400).await;
    check("/v2/queues/", 400).await;
    check("/metrics/", 404).await;
    let listed = edge.ask("GET", "/v2/queues", "").await.json().unwrap();
    assert_eq!(listed["queues"], json!([{ "name": "..", "href": "/v2/queues/.." }]));
}

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order() {
    let edge = Edge::new(options());
    let mut client = edge.connect(1 << 16);
    let sent =
        [request("PUT", "/v2/queues/a", "{}"), request("GET", "/v2/nowhere", ""), request("GET", "/v2/ping", "")];
    client.send(&sent.concat()).await;
    let answers = client.end().await;
    let lines = |start: &str| -> Vec<String> {
        // A body has no end of line of its own.
        answers.split(start).skip(1).filter_map(|rest| rest.lines().next()).map(str::to_owned).collect()
    };
    assert_eq!(lines("HTTP/1.1 "), ["201 Created", "404 Not Found", "204 No Content"]);
    let mut ids = lines("x-openstack-request-id: req-");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{answers}");
}

#[tokio::test]
async fn a_post_goes_to_all_subscribers_or_to_none() {
    let edge = Edge::new(FrontOptions { deliveries_max: 3, ..options() });
    edge.subscribe(2).await;
    assert_eq!(edge.post(1).await.status, 201);
    let refused = edge.post(1).await;
    assert_eq!(refused.status, 503);
    assert!(text(&refused).contains("Too many notifications are waiting"), "{}", text(&refused));
    edge.subscribe(4).await;
    let refused = edge.post(1).await;
    assert_eq!(refused.status, 503);
    assert!(text(&refused).contains("has 4 subscriptions") && text(&refused).contains("at most 3"));
    assert_eq!(edge.stored().await, 1);
}

#[tokio::test]
async fn what_can_not_be_stored_is_refused_and_room_is_found_again() {
    let edge = Edge::new(FrontOptions { messages_max: 3, ..options() });
    let statuses = [edge.post(2).await.status, edge.post(2).await.status, edge.post(1).await.status];
    assert_eq!(statuses, [201, 503, 201]);
    assert!(text(&edge.post(1).await).contains("stores at most 3 messages"));
    assert_eq!(edge.stored().await, 3);
    assert_eq!(edge.ask("DELETE", "/v2/queues/orders", "").await.status, 204);
    assert_eq!(edge.post(3).await.status, 201);
}

#[tokio::test]
async fn bodies_that_can_not_be_stored_are_refused_whole_and_room_is_found_again() {
    let edge = Edge::new(FrontOptions { bytes_max: 10, ..options() });
    let post = async |bodies: [&str; 2]| {
        let messages = json!({ "messages": bodies.map(|body| json!({ "body": body })) });
        edge.ask("POST", "/v2/queues/orders/messages", &messages.to_string()).await
    };
    assert_eq!([post(["123", "4567"]).await.status, post(["12", "3"]).await.status], [503, 201]);
    assert_eq!(edge.stored().await, 2);
    assert!(text(&post(["", "12"]).await).contains("stores at most 10 bytes of messages"));
    assert!(text(&edge.ask("GET", "/metrics", "").await).contains("\nzaqarcheck_message_bytes 7\n"));
    assert_eq!(edge.ask("DELETE", "/v2/queues/orders", "").await.status, 204);
    assert_eq!(post(["123", "456"]).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn messages_that_have_expired_make_room_for_who_does_nothing_but_post() {
    let edge = Edge::new(FrontOptions { bytes_max: 4, ..options() });
    let post = async |queue: &str| {
        let messages = json!({ "messages": [{ "body": "12", "ttl": 60 }] });
        edge.ask("POST", &format!("/v2/queues/{queue}/messages"), &messages.to_string()).await.status
    };
    assert_eq!([post("a").await, post("b").await], [201, 503]);
    Clock::start(1).sleep(Duration::from_secs(60)).await;
    assert_eq!([post("b").await, post("b").await], [503, 201]);
}

#[tokio::test]
async fn the_page_of_figures_counts_what_happened() {
    let edge = Edge::new(options());
    edge.subscribe(1).await;
    edge.post(2).await;
    edge.ask("GET", "/v2/nowhere", "").await;
    let page = edge.ask("GET", "/metrics", "").await;
    assert_eq!(page.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let page = text(&page);
    for line in [
        r#"zaqarcheck_requests_total{operation="create_subscription",status="201"} 1"#,
        r#"zaqarcheck_requests_total{operation="post_messages",status="201"} 1"#,
        r#"zaqarcheck_requests_total{operation="none",status="404"} 1"#,
        "zaqarcheck_request_duration_seconds_count 3",
        "zaqarcheck_deliveries_pending 1",
        "zaqarcheck_connections 1",
        "zaqarcheck_queues 1",
        "zaqarcheck_messages 2",
        "zaqarcheck_message_bytes 2",
        "zaqarcheck_subscriptions 1",
    ] {
        assert!(page.lines().any(|seen| seen == line), "{line}\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
    assert_eq!(edge.ask("POST", "/metrics", "").await.status, 405);
}

fn options() -> FrontOptions {
    FrontOptions::new(Settings::new(Deviations::NONE))
}

fn text(answer: &HttpResponse) -> String {
    String::from_utf8(answer.body.clone().into()).unwrap()
}

fn request(method: &str, target: &str, body: &str) -> String {
    let client = "4ef3da41-af53-4c07-96d5-7b89af752778";
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nclient-id: {client}\r\nx-project-id: p\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A network on which every subscriber hangs.
#[derive(Clone, Debug)]
struct Silence;

impl Dial for Silence {
    type Stream = DuplexStream;

    async fn dial(&self, _address: &str) -> io::Result<DuplexStream> {
        std::future::pending().await
    }
}

/// A server without a socket.
struct Edge {
    front: Front,
    stopping: watch::Sender<bool>,
}

impl Edge {
    fn new(options: FrontOptions) -> Self {
        Self { front: start(options, Silence).0, stopping: watch::channel(false).0 }
    }

    /// A connection on which so many bytes may be under way.
    fn connect(&self, size: usize) -> Client {
        let (stream, theirs) = tokio::io::duplex(size);
        let task = tokio::spawn(serve_connection(theirs, self.front.clone(), self.stopping.subscribe()));
        Client { stream, task }
    }

    async fn ask(&self, method: &str, target: &str, body: &str) -> HttpResponse {
        let mut client = self.connect(1 << 20);
        client.send(&request(method, target, body)).await;
        let answer = client.end().await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        let (line, headers) = head.split_once("\r\n").unwrap();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        HttpResponse {
            status: line.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: headers.lines().filter_map(header).collect(),
            body: body.to_owned().into(),
        }
    }

    async fn ping(&self) {
        assert_eq!(self.ask("GET", "/v2/ping", "").await.status, 204);
    }

    /// Lets the queue have so many subscribers.
    async fn subscribe(&self, count: usize) {
        for number in 0..count {
            let document = json!({ "subscriber": format!("http://silent.test/{number}") }).to_string();
            let status = self.ask("POST", "/v2/queues/orders/subscriptions", &document).await.status;
            assert!(matches!(status, 201 | 409), "{status}");
        }
    }

    async fn post(&self, count: usize) -> HttpResponse {
        let document = json!({ "messages": vec![json!({ "body": 1 }); count] }).to_string();
        self.ask("POST", "/v2/queues/orders/messages", &document).await
    }

    async fn stored(&self) -> usize {
        let listed = self.ask("GET", "/v2/queues/orders/messages?echo=true", "").await.json().unwrap();
        listed["messages"].as_array().map_or(0, |messages: &Vec<Value>| messages.len())
    }
}

struct Client {
    stream: DuplexStream,
    task: JoinHandle<()>,
}

impl Client {
    async fn send(&mut self, text: &str) {
        // A server that has had enough hangs up.
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// What comes until the server hangs up.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// What comes after the client has said its last word.
    async fn end(&mut self) -> String {
        self.stream.shutdown().await.unwrap();
        self.rest().await
    }
}
