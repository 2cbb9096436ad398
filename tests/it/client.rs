//! Takes requests and a well-behaved HTTP server.
//! Gives what arrived and what came back.
//! Never plays a scenario.

use std::time::Duration;

use wiremock::matchers::{body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zaqarcheck::target::{Error, send};
use zaqarcheck::wire::HttpRequest;

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let server = MockServer::start().await;
    let address = server.address().to_string();
    Mock::given(method("PATCH"))
        .and(path("/v2/queues/orders"))
        .and(query_param("limit", "3"))
        .and(header("client-id", "c"))
        .and(header("x-project-id", "p"))
        .and(header("host", address.as_str()))
        .and(body_string("[1]"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let request = HttpRequest {
        method: "PATCH".into(),
        target: "/v2/queues/orders?limit=3".into(),
        headers: vec![("client-id".into(), "c".into()), ("x-project-id".into(), "p".into())],
        body: "[1]".into(),
    };
    assert_eq!(send(&address, &request).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_answer_comes_back_as_it_was_sent() {
    check(ResponseTemplate::new(201).set_body_string("made").insert_header("location", "/v2/x"), 201, "made").await;
    check(ResponseTemplate::new(404).set_body_string("{}"), 404, "{}").await;
    check(ResponseTemplate::new(503), 503, "").await;
    check(ResponseTemplate::new(204), 204, "").await;
    check(ResponseTemplate::new(200).set_body_string("late").set_delay(Duration::from_millis(50)), 200, "late").await;
}

/// Sends one request, which is answered with `answer`.
async fn check(answer: ResponseTemplate, status: u16, body: &str) {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).expect(1).mount(&server).await;
    let response = send(&server.address().to_string(), &get()).await.unwrap();
    assert_eq!((response.status, String::from_utf8_lossy(&response.body).as_ref()), (status, body));
    assert_eq!(response.header("location"), matches!(status, 201 | 307).then_some("/v2/x"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    check(ResponseTemplate::new(307).insert_header("location", "/v2/x"), 307, "").await;
}

#[tokio::test]
async fn nobody_there_is_told_from_no_answer() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = unused.local_addr().unwrap().to_string();
    drop(unused);
    assert!(matches!(send(&address, &get()).await, Err(Error::Unreachable { .. })));

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let hang_up = async { drop(silent.accept().await) };
    let request = get();
    let (answer, ()) = tokio::join!(send(&address, &request), hang_up);
    assert!(matches!(answer, Err(Error::NoAnswer { .. })));
}

fn get() -> HttpRequest {
    HttpRequest { method: "GET".into(), target: "/".into(), ..HttpRequest::default() }
}
