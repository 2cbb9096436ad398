//! Takes the server, and beside it the plainest handler in axum that gives the same answers to the same requests.
//! Gives how many requests a second each answers on one core, over a loopback socket, 32 requests in flight,
//! and which part of the plain one's figure the server reaches; they take turns.
//! Never counts an answer that is not a whole 2xx, nor a notification that did not arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::response::Response;
use axum::serve::ListenerExt;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use zaqarcheck::client::{Dial, Keep, Tcp, exchange};
use zaqarcheck::front::{FrontOptions, serve};
use zaqarcheck::model::Settings;
use zaqarcheck::protocol::Deviations;
use zaqarcheck::wire::HttpRequest;

/// Requests in flight on one connection.
const BURST: usize = 32;
const QUEUE: &str = "/v2/queues/orders";
const MESSAGES: &str = "/v2/queues/orders/messages";
const POST: &str = r#"{"messages": [{"ttl": 300, "body": {"event": "BackupStarted", "id": 17}}]}"#;

pub(crate) fn define(c: &mut Criterion) {
    let mut group = c.benchmark_group("serve");
    group.throughput(Throughput::Elements(BURST as u64));
    let post = || request("POST", MESSAGES, POST);
    let refill = || vec![request("DELETE", QUEUE, ""), request("POST", MESSAGES, &posts(BURST))];
    let plain = |id, measured| Operation { id, before: Vec::new(), each: Vec::new(), measured, notifies: false };
    let list = request("GET", &format!("{MESSAGES}?echo=true"), "");
    let claim = request("POST", "/v2/queues/orders/claims?limit=1", r#"{"ttl": 300, "grace": 300}"#);
    for operation in [
        plain("ping", Measured::Request(request("GET", "/v2/ping", ""))),
        plain("post", Measured::Request(post())),
        Operation { before: vec![post(); 10], ..plain("list-10", Measured::Request(list)) },
        Operation { each: refill(), ..plain("claim", Measured::Request(claim)) },
        Operation { each: refill(), ..plain("delete", Measured::Deletions) },
        Operation { notifies: true, ..plain("notify", Measured::Request(post())) },
    ] {
        measure(&mut group, &operation);
    }
    group.finish();
}

/// One kind of request, and what the server is asked before it.
struct Operation {
    id: &'static str,
    before: Vec<Vec<u8>>,
    /// Asked before each burst, and not measured.
    each: Vec<Vec<u8>>,
    measured: Measured,
    /// Whether the queue has a subscriber: a burst is over when everything has arrived there.
    notifies: bool,
}

enum Measured {
    Request(Vec<u8>),
    /// Deletes one by one what the last request before the burst has posted.
    Deletions,
}

impl Operation {
    /// The requests of a burst.
    async fn burst(&self, server: &mut Client) -> Vec<Vec<u8>> {
        let mut last = None;
        for request in &self.each {
            last = Some(server.first(request).await);
        }
        match &self.measured {
            Measured::Request(request) => vec![request.clone(); BURST],
            Measured::Deletions => {
                let posted: Value = serde_json::from_slice(&last.expect("it is posted first").body).expect("JSON");
                let paths = posted["resources"].as_array().expect("a list").iter();
                paths.map(|path| request("DELETE", path.as_str().expect("a path"), "")).collect()
            }
        }
    }
}

/// The server and the bare handler, asked in turn: whatever else the machine does happens to both.
struct Pair {
    server: Client,
    bare: Client,
    subscriber: Option<Subscriber>,
    /// How long each has taken for all bursts.
    spent: [Duration; 2],
}

impl Pair {
    async fn start(operation: &Operation) -> Self {
        let subscriber = if operation.notifies { Some(Subscriber::start().await) } else { None };
        let mut server = Client::connect(&start_server().await).await;
        let subscribed = subscriber.iter().map(|subscriber| {
            let document = format!(r#"{{"subscriber": "http://{}/", "ttl": 86400}}"#, subscriber.address);
            request("POST", "/v2/queues/orders/subscriptions", &document)
        });
        for request in subscribed.chain(operation.before.iter().cloned()) {
            server.first(&request).await;
        }
        let first = operation.burst(&mut server).await.swap_remove(0);
        let answer = server.first(&first).await;
        let address = subscriber.as_ref().map(|subscriber| subscriber.address.clone());
        let mut bare = Client::connect(&start_bare(&answer, address).await).await;
        bare.first(&first).await;
        let pair = Self { server, bare, subscriber, spent: [Duration::ZERO; 2] };
        pair.arrived(2).await;
        pair
    }

    /// A burst for each of both; how long they took.
    async fn burst(&mut self, operation: &Operation) -> [Duration; 2] {
        let requests = operation.burst(&mut self.server).await;
        let requests = (requests.concat(), requests.len());
        let mut took = [Duration::ZERO; 2];
        for (side, took) in took.iter_mut().enumerate() {
            let started = now();
            let client = if side == 0 { &mut self.server } else { &mut self.bare };
            client.burst(&requests.0, requests.1).await;
            self.arrived(requests.1).await;
            *took = now() - started;
            self.spent[side] += *took;
        }
        took
    }

    async fn arrived(&self, count: usize) {
        if let Some(subscriber) = &self.subscriber {
            subscriber.wait(count).await;
        }
    }
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, operation: &Operation) {
    let runtime = runtime();
    let mut pair = runtime.block_on(Pair::start(operation));
    for (side, name) in ["server", "bare"].into_iter().enumerate() {
        group.bench_function(format!("{}/{name}", operation.id), |bench| {
            bench.iter_custom(|bursts| (0..bursts).map(|_| runtime.block_on(pair.burst(operation))[side]).sum());
        });
    }
    tell(operation.id, pair.spent);
}

#[expect(clippy::print_stdout, reason = "criterion compares a run with the one before, not two of its lines")]
fn tell(id: &str, [server, bare]: [Duration; 2]) {
    if !server.is_zero() {
        println!("serve/{id}: {:.0} % of the bare handler", 100.0 * bare.as_secs_f64() / server.as_secs_f64());
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine")]
fn now() -> Instant {
    Instant::now()
}

/// A post of several messages.
fn posts(count: usize) -> String {
    let message = r#"{"ttl": 300, "body": {"event": "BackupStarted", "id": 17}}"#;
    format!(r#"{{"messages": [{}]}}"#, vec![message; count].join(","))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("there are threads")
}

async fn start_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(serve(listener, FrontOptions::new(Settings::new(Deviations::NONE)), std::future::pending()));
    address
}

/// Reads each request to its end, answers what it was given, and tells a subscriber if there is one.
async fn start_bare(answer: &Answer, subscriber: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let answer = Arc::new(answer.clone());
    let handler = move |_: Bytes| {
        let (answer, subscriber) = (Arc::clone(&answer), subscriber.clone());
        async move {
            if let Some(subscriber) = subscriber {
                tokio::spawn(notify(subscriber));
            }
            answer.response()
        }
    };
    let app = Router::new().fallback(handler);
    // As `serve` has it.
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("it is TCP"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn notify(subscriber: String) {
    let header = ("content-type".to_owned(), "application/json".to_owned());
    let request = HttpRequest { method: "POST".into(), target: "/".into(), headers: vec![header], body: POST.into() };
    let stream = Tcp.dial(&subscriber).await.expect("the subscriber is there");
    exchange(stream, &subscriber, &request, Keep::Head).await.expect("it answers");
}

fn request(method: &str, target: &str, body: &str) -> Vec<u8> {
    let client = "4ef3da41-af53-4c07-96d5-7b89af752778";
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: localhost\r\nclient-id: {client}\r\nx-project-id: p\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    head.into_bytes()
}

/// A connection that has many requests in flight.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("it is TCP");
        Self { stream, buffer: vec![0; 1 << 20] }
    }

    /// Sends one request and keeps the answer.
    async fn first(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.expect("it reads");
        let mut length = 0;
        loop {
            length += self.stream.read(&mut self.buffer[length..]).await.expect("it writes");
            if let Some(answer) = Answer::read(&self.buffer[..length]) {
                return answer;
            }
        }
    }

    /// Sends so many requests and reads their answers.
    async fn burst(&mut self, requests: &[u8], count: usize) {
        let (mut reader, mut writer) = self.stream.split();
        let write = async { writer.write_all(requests).await.expect("it reads") };
        let read = async {
            let (mut length, mut read, mut answers) = (0, 0, 0);
            while answers < count {
                length += reader.read(&mut self.buffer[length..]).await.expect("it writes");
                while let Some(end) = end_of_answer(&self.buffer[read..length]) {
                    (read, answers) = (read + end, answers + 1);
                }
            }
        };
        tokio::join!(write, read);
    }
}

/// A whole answer.
#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
}

impl Answer {
    /// The answer that these bytes begin with.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let (head, start, length) = head(bytes, &mut headers)?;
        let kept = head.headers.iter().filter(|header| header.name != "content-length");
        Some(Self {
            status: head.code.expect("the head is complete"),
            headers: kept.map(|header| (header.name.to_owned(), header.value.to_vec())).collect(),
            body: Bytes::copy_from_slice(bytes.get(start..start + length)?),
        })
    }

    fn response(&self) -> Response {
        let mut builder = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            builder = builder.header(name, &value[..]);
        }
        builder.body(self.body.clone().into()).expect("it came over the wire")
    }
}

/// Where the answer ends that these bytes begin with.
fn end_of_answer(bytes: &[u8]) -> Option<usize> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let (head, start, length) = head(bytes, &mut headers)?;
    assert!(matches!(head.code, Some(200..=299)), "{:?}", head.code);
    (bytes.len() >= start + length).then_some(start + length)
}

/// The head of an answer, where its body starts, and how long that is.
fn head<'h, 'b>(
    bytes: &'b [u8],
    headers: &'h mut [httparse::Header<'b>],
) -> Option<(httparse::Response<'h, 'b>, usize, usize)> {
    let mut head = httparse::Response::new(headers);
    let httparse::Status::Complete(start) = head.parse(bytes).expect("it is HTTP") else { return None };
    let said = head.headers.iter().find(|header| header.name == "content-length");
    let length = said.map_or(0, |header| std::str::from_utf8(header.value).expect("digits").parse().expect("a number"));
    Some((head, start, length))
}

/// Answers 200 to whatever comes, and counts it.
struct Subscriber {
    address: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    more: Notify,
}

impl Subscriber {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let seen = Arc::new(Seen::default());
        let counted = Arc::clone(&seen);
        let app = Router::new().fallback(move |_: Bytes| {
            let seen = Arc::clone(&counted);
            async move {
                seen.count.fetch_add(1, Ordering::Relaxed);
                seen.more.notify_one();
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, seen }
    }

    /// Waits for this many notifications.
    async fn wait(&self, count: usize) {
        while self.seen.count.load(Ordering::Relaxed) < count {
            self.seen.more.notified().await;
        }
        self.seen.count.fetch_sub(count, Ordering::Relaxed);
    }
}
