//! Takes a line of standard input each time that somebody wants to know.
//! Gives where it listens on the first line, and then how many notifications it has answered so far.
//! Never does more than a subscriber must: what it uses of the machine is missing to the servers that are compared.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// Several, so that one slow sender keeps nobody else waiting. They wait in the system, without a loop of events.
const THREADS: usize = 4;
/// More than any notification that is sent here.
const ROOM: usize = 1 << 16;
const HEADERS_MAX: usize = 64;

static ANSWERED: AtomicU64 = AtomicU64::new(0);

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for _ in 0..THREADS {
        let listener = listener.try_clone()?;
        thread::spawn(move || answer_all(&listener));
    }
    for line in io::stdin().lines() {
        line?;
        println!("{}", ANSWERED.load(Ordering::Relaxed));
    }
    Ok(())
}

fn answer_all(listener: &TcpListener) {
    let mut room = vec![0; ROOM];
    loop {
        // Whoever breaks off was not notified.
        if let Ok((mut stream, _)) = listener.accept()
            && reads_all(&mut stream, &mut room)
            && stream.write_all(ANSWER).is_ok()
        {
            ANSWERED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Whether a whole request came.
fn reads_all(stream: &mut TcpStream, room: &mut [u8]) -> bool {
    let mut length = 0;
    loop {
        match stream.read(&mut room[length..]) {
            Ok(more) if more > 0 => length += more,
            _ => return false,
        }
        if is_whole(&room[..length]) {
            return true;
        }
    }
}

/// Whether these bytes are a request to its end.
fn is_whole(bytes: &[u8]) -> bool {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(head)) = request.parse(bytes) else { return false };
    let length = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0);
    bytes.len() >= head + length
}
