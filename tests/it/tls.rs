//! Takes the built program as a server, and subscribers at https:// whose certificates it trusts or does not.
//! Gives what becomes of their notifications.
//! Never asks the machine's own certificates.

use std::fs;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;
use zaqarcheck::target::send;
use zaqarcheck::wire::{HttpRequest, HttpResponse};

use crate::serve::Server;

#[tokio::test]
async fn a_subscriber_with_a_trusted_certificate_is_notified() {
    let mut hook = Hook::open("127.0.0.1").await;
    let server = Notifying::start(&hook.certificate).await;
    server.post_to(&hook.url).await;
    let request = hook.next().await.expect("the handshake succeeds");
    assert!(request.starts_with("POST /?key=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nhost: {}\r\n", hook.address)), "{request}");
    assert!(request.contains(r#""Message_Type":"Notification""#), "{request}");
    assert!(server.figures_with("outcome=\"2xx\"} 1\n").await);
}

#[tokio::test]
async fn a_subscriber_whom_nobody_trusts_is_retried_in_vain() {
    let (mut hook, other) = (Hook::open("127.0.0.1").await, Hook::open("127.0.0.1").await);
    check_refused(&mut hook, &other.certificate).await;
}

#[tokio::test]
async fn a_trusted_certificate_of_another_name_is_of_no_use() {
    let mut hook = Hook::open("other.test").await;
    let certificate = hook.certificate.clone();
    check_refused(&mut hook, &certificate).await;
}

/// Two attempts at the least, and no request in any of them.
async fn check_refused(hook: &mut Hook, trusted: &str) {
    let server = Notifying::start(trusted).await;
    server.post_to(&hook.url).await;
    assert_eq!([hook.next().await, hook.next().await], [None, None]);
    assert!(server.figures_with("outcome=\"connection_error\"} 2\n").await);
    assert!(!server.figures().await.contains("outcome=\"2xx\""));
}

/// The built program, and the file of whom it trusts.
struct Notifying {
    server: Server,
    _place: TempDir,
}

impl Notifying {
    async fn start(trusted: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("trusted.pem");
        fs::write(&file, trusted).unwrap();
        Self { server: Server::start_trusting(&file), _place: place }
    }

    /// A message for one subscriber, with one retry.
    async fn post_to(&self, subscriber: &str) {
        let policy = json!({ "retries_with_no_delay": 1, "minimum_delay_retries": 0, "maximum_delay_retries": 0,
                             "retry_backoff_function": "linear", "minimum_delay": 3600, "maximum_delay": 7200 });
        let options = json!({ "_retry_policy": policy });
        let subscription = json!({ "subscriber": subscriber, "options": options });
        assert_eq!(self.ask("POST", "/v2/queues/q/subscriptions", Some(subscription)).await.status, 201);
        let messages = json!({ "messages": [{ "body": 1 }] });
        assert_eq!(self.ask("POST", "/v2/queues/q/messages", Some(messages)).await.status, 201);
    }

    async fn figures(&self) -> String {
        String::from_utf8(self.ask("GET", "/metrics", None).await.body.into()).unwrap()
    }

    /// Asks until the page of figures has this.
    async fn figures_with(&self, text: &str) -> bool {
        while !self.figures().await.contains(text) {}
        true
    }

    async fn ask(&self, method: &str, target: &str, body: Option<Value>) -> HttpResponse {
        let headers = [("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778"), ("x-project-id", "p")];
        let request = HttpRequest {
            method: method.into(),
            target: target.into(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            body: body.map(|body| body.to_string().into()).unwrap_or_default(),
        };
        send(self.server.url.strip_prefix("http://").unwrap(), &request).await.unwrap()
    }
}

/// A subscriber over TLS with a certificate signed by itself.
struct Hook {
    address: String,
    url: String,
    certificate: String,
    /// What each connection brought; nothing where there was no handshake.
    came: mpsc::UnboundedReceiver<Option<String>>,
}

impl Hook {
    /// One on loopback that says it has this name.
    async fn open(name: &str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
        let certificate = cert.pem();
        let acceptor = acceptor(&cert, &signing_key);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, came) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let request = match acceptor.accept(stream).await {
                    Ok(stream) => Some(answer(stream).await),
                    Err(_) => None,
                };
                // A test that is over does not listen.
                let _ = sender.send(request);
            }
        });
        Self { url: format!("https://{address}/?key=1"), address, certificate, came }
    }

    async fn next(&mut self) -> Option<String> {
        self.came.recv().await.expect("the subscriber is open")
    }
}

fn acceptor(certificate: &rcgen::Certificate, key: &KeyPair) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    Arc::new(config).into()
}

/// Reads a notification, answers it, and gives it.
async fn answer(mut stream: TlsStream<TcpStream>) -> String {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    while read.last() != Some(&b'}') {
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "the request ends with its body");
        read.extend_from_slice(&piece[..length]);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    String::from_utf8(read).unwrap()
}
