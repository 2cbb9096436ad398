//! Takes the server, and beside it the plainest handler in axum that gives the same answers to the same requests.
//! Gives how many requests a second each answers on one core, over a loopback socket, 32 requests in flight.
//! Never counts an answer that is not a whole 2xx, nor a notification that did not arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::response::Response;
use axum::serve::ListenerExt;
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
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
const MESSAGES: &str = "/v2/queues/orders/messages";
const POST: &str = r#"{"messages": [{"ttl": 300, "body": {"event": "BackupStarted", "id": 17}}]}"#;

pub(crate) fn define(c: &mut Criterion) {
    let mut group = c.benchmark_group("serve");
    group.throughput(Throughput::Elements(BURST as u64));
    let ping = Operation { id: "ping", before: Vec::new(), measured: request("GET", "/v2/ping", "") };
    let post = Operation { id: "post", before: Vec::new(), measured: request("POST", MESSAGES, POST) };
    let list = Operation {
        id: "list-10",
        before: vec![request("POST", MESSAGES, POST); 10],
        measured: request("GET", &format!("{MESSAGES}?echo=true"), ""),
    };
    for operation in [ping, post, list] {
        measure(&mut group, &operation);
    }
    notify(&mut group);
    group.finish();
}

/// One kind of request, and what the server is asked before it.
struct Operation {
    id: &'static str,
    before: Vec<Vec<u8>>,
    measured: Vec<u8>,
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, operation: &Operation) {
    let runtime = runtime();
    let mut client = runtime.block_on(async {
        let mut client = Client::connect(&start_server().await).await;
        for request in &operation.before {
            client.first(request).await;
        }
        client
    });
    let answer = runtime.block_on(client.first(&operation.measured));
    let mut bare = runtime.block_on(async { Client::connect(&start_bare(&answer, None).await).await });
    runtime.block_on(bare.first(&operation.measured));
    for (name, client) in [("server", &mut client), ("bare", &mut bare)] {
        group.bench_function(format!("{}/{name}", operation.id), |bench| {
            bench.iter(|| runtime.block_on(client.burst(&operation.measured, BURST)));
        });
    }
}

/// Posts to a queue with one subscriber; a burst is over when everything has arrived there.
fn notify(group: &mut BenchmarkGroup<'_, WallTime>) {
    let runtime = runtime();
    let subscriber = runtime.block_on(Subscriber::start());
    let measured = request("POST", MESSAGES, POST);
    let mut client = runtime.block_on(async {
        let mut client = Client::connect(&start_server().await).await;
        let document = format!(r#"{{"subscriber": "http://{}/", "ttl": 86400}}"#, subscriber.address);
        client.first(&request("POST", "/v2/queues/orders/subscriptions", &document)).await;
        client
    });
    let mut bare = runtime.block_on(async {
        let answer = client.first(&measured).await;
        subscriber.wait(1).await;
        let mut bare = Client::connect(&start_bare(&answer, Some(subscriber.address.clone())).await).await;
        bare.first(&measured).await;
        subscriber.wait(1).await;
        bare
    });
    for (name, client) in [("server", &mut client), ("bare", &mut bare)] {
        group.bench_function(format!("notify/{name}"), |bench| {
            bench.iter(|| {
                runtime.block_on(async {
                    client.burst(&measured, BURST).await;
                    subscriber.wait(BURST).await;
                });
            });
        });
    }
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
                tokio::spawn(tell(subscriber));
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

async fn tell(subscriber: String) {
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

    async fn burst(&mut self, request: &[u8], count: usize) {
        let (mut reader, mut writer) = self.stream.split();
        let requests = request.repeat(count);
        let write = async { writer.write_all(&requests).await.expect("it reads") };
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
