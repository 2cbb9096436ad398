//! Takes the built program twice: once as a server, once as its judge.
//! Gives the exit codes of both.
//! Never leaves a process behind.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// Schedules, whose policy wins, what a subscriber can do, what is refused; without the one that takes ten minutes.
const SCENARIOS: [&str; 6] =
    ["backoff/arithmetic*", "backoff/power*", "defaults/*", "delivery/*", "override/*", "validation/*"];

#[test]
fn the_served_model_conforms() {
    let server = Server::start(&[]);
    let output = server.judge(&SCENARIOS);
    // 4: the machine was too busy to tell, which is no finding.
    assert!(matches!(output.status.code(), Some(0 | 4)), "{}", String::from_utf8_lossy(&output.stdout));
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert_eq!(said, "zaqarcheck: stopped; deliveries still waiting: 0\n");
}

#[test]
fn a_deviation_of_the_served_model_is_found() {
    let server = Server::start(&["--deviation", "one-retry-extra"]);
    let output = server.judge(&["defaults/*"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.lines().any(|line| line.starts_with("FAIL")), "{text}");
}

#[test]
fn the_log_has_a_line_for_each_request_and_no_secret() {
    let server = Server::start(&["--log", "debug"]);
    let address = server.url.strip_prefix("http://").unwrap();
    let body = r#"{"subscriber": "http://user:secret@127.0.0.1:1/?token=secret"}"#;
    let message = r#"{"messages": [{"body": "secret"}]}"#;
    for (target, body) in [("subscriptions?token=secret", body), ("messages", message)] {
        let mut client = TcpStream::connect(address).unwrap();
        let head =
            "host: x\r\nclient-id: 4ef3da41-af53-4c07-96d5-7b89af752778\r\nx-project-id: p\"q\r\nx-auth-token: secret";
        let length = body.len();
        write!(client, "POST /v2/queues/q/{target} HTTP/1.1\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}")
            .unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert!(std::io::read_to_string(client).unwrap().starts_with("HTTP/1.1 201 "));
    }
    let (status, said) = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(!said.contains("secret"), "{said}");
    let line = r#" INFO request method=POST path="/v2/queues/q/messages" project="p\"q" status=201 took="#;
    assert!(said.lines().any(|seen| seen.contains(line) && seen.contains(r#" request_id="req-"#)), "{said}");
}

#[test]
fn an_address_in_use_is_an_error() {
    let server = Server::start(&[]);
    let address = server.url.strip_prefix("http://").unwrap();
    let output = program().args(["serve", "--bind", address]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(&format!("zaqarcheck: cannot listen on {address}: ")), "{said}");
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_zaqarcheck"))
}

/// A running server; it ends with the test, however that ends.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::start_by(program(), options)
    }

    /// The server that trusts whoever has a certificate in this file.
    pub(crate) fn start_trusting(certificates: &Path) -> Self {
        let mut command = program();
        command.env("SSL_CERT_FILE", certificates).env_remove("SSL_CERT_DIR");
        Self::start_by(command, &[])
    }

    fn start_by(mut command: Command, options: &[&str]) -> Self {
        command.args(["serve", "--bind", "127.0.0.1:0", "--time-scale", "20"]).args(options);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut server = Self { child, url: String::new() };
        let mut line = String::new();
        BufReader::new(server.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.strip_prefix("zaqarcheck: serving ").unwrap_or_else(|| panic!("{line:?}"));
        server.url = rest.split(' ').next().unwrap().to_owned();
        server
    }

    fn judge(&self, scenarios: &[&str]) -> Output {
        let mut command = program();
        command.args(["run", "--target", &self.url, "--time-scale", "20", "--jobs", "32"]).args(scenarios);
        command.output().unwrap()
    }

    fn terminate(mut self) -> (ExitStatus, String) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        (status, std::io::read_to_string(self.child.stderr.take().unwrap()).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
