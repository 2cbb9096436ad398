//! Takes a command line that starts a server.
//! Gives the server once it answers, and its end in every case: dropping it ends the command and all its children.
//! Never leaves a process behind, and never takes one that died for one that is slow.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Access, Error, client};
use crate::clock::Clock;
use crate::time::Duration;
use crate::wire::HttpRequest;

/// How long a server may take from its start to its first answer.
const START: Duration = Duration::from_secs(60);
/// How long a server may take to end when asked to.
const STOP: Duration = Duration::from_secs(5);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);

/// Where Debian and others put the library that makes a clock run fast.
const FAKETIME: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
];

/// What to launch.
#[derive(Clone, Debug)]
pub struct LaunchOptions {
    /// The command and its arguments; `{port}` in an argument stands for a free port.
    pub command: Vec<String>,
    /// Where the server will listen; a free port of the loopback address unless said otherwise.
    pub address: Option<String>,
    /// How many times faster its clock is to run.
    pub accelerate: u32,
}

/// A server that was launched here.
#[derive(Debug)]
pub struct Launched {
    /// Where it listens, `host:port`.
    pub address: String,
    /// The command line, for reports.
    pub command: String,
    child: Child,
}

/// Starts the command and waits until its server answers a ping.
///
/// # Errors
/// [`Error::Launch`] with what to do about it.
pub async fn launch(options: LaunchOptions) -> Result<Launched, Error> {
    let shown = options.command.join(" ");
    let failed = |reason: String| Error::Launch { command: shown.clone(), reason };
    let port = free_port().map_err(|error| failed(format!("no free port: {error}")))?;
    let address = match options.address {
        Some(address) => address,
        None if shown.contains("{port}") => format!("127.0.0.1:{port}"),
        None => {
            let hint = "the command has no {port}, so nobody knows where its server will listen; add it or --target";
            return Err(failed(hint.into()));
        }
    };
    let mut words = options.command.iter().map(|word| word.replace("{port}", &port.to_string()));
    let mut command = Command::new(words.next().ok_or_else(|| failed("the command is empty".into()))?);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
    if options.accelerate > 1 {
        accelerate(&mut command, options.accelerate).map_err(failed)?;
    }
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let mut launched = Launched { address, command: shown.clone(), child };
    launched.wait_until_it_answers().await?;
    Ok(launched)
}

impl Launched {
    /// Whether the server's process has ended by itself, and how.
    pub fn exited(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }

    async fn wait_until_it_answers(&mut self) -> Result<(), Error> {
        let clock = Clock::start(1);
        loop {
            if let Some(status) = self.exited() {
                return Err(self.failed(format!("it ended with {status} before its server answered")));
            }
            if let Ok(200..500) = ping(&self.address, &Access::default()).await {
                return Ok(());
            }
            if clock.now().since_start() > START {
                let address = &self.address;
                let reason = format!("nothing at {address} answered a ping within {} s", START.as_secs());
                return Err(self.failed(reason));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn failed(&self, reason: String) -> Error {
        Error::Launch { command: self.command.clone(), reason }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            // A group that is gone already is what we want.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Launched {
    /// Asks the whole group to end, and ends what is left of it.
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let looks = STOP.as_millis() / LOOK.as_millis();
        for _ in 0..looks {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                break;
            }
            std::thread::sleep(LOOK);
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Asks whether a server is there and lets us in.
///
/// # Errors
/// If there is no answer, or [`Error::Unauthorized`].
pub async fn admitted(address: &str, access: &Access) -> Result<(), Error> {
    match ping(address, access).await? {
        401 => {
            let sent = access.headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Error::Unauthorized { address: address.into(), sent })
        }
        _ => Ok(()),
    }
}

/// Asks whether a server is there; gives the status of its answer.
async fn ping(address: &str, access: &Access) -> Result<u16, Error> {
    let project = access.project.as_deref().unwrap_or("zaqarcheck-ping");
    let headers = [("client-id", "00000000-0000-4000-8000-000000000000"), ("x-project-id", project)];
    let mut request = HttpRequest {
        method: "GET".into(),
        target: "/v2/ping".into(),
        headers: headers.map(|(name, value)| (name.into(), value.into())).to_vec(),
        ..HttpRequest::default()
    };
    access.admit(&mut request);
    client::send(address, &request).await.map(|response| response.status)
}

/// A port that nobody listens on now. Somebody could take it before the server does; the server then ends, and that is
/// reported.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Preloads libfaketime: every clock of the command, the monotonic one included, runs `factor` times fast.
fn accelerate(command: &mut Command, factor: u32) -> Result<(), String> {
    command
        .env("LD_PRELOAD", faketime_library()?)
        .env("FAKETIME", format!("+0 x{factor}"))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "0");
    Ok(())
}

/// The library that `ZAQARCHECK_FAKETIME` names, or the first of the usual places that has it.
fn faketime_library() -> Result<PathBuf, String> {
    let named = std::env::var_os("ZAQARCHECK_FAKETIME").map(PathBuf::from);
    let places = named.map_or_else(|| FAKETIME.iter().map(PathBuf::from).collect(), |path| vec![path]);
    places.iter().find(|path| path.exists()).cloned().ok_or_else(|| {
        let shown: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
        format!(
            "--accelerate needs libfaketime (Debian: apt-get install faketime); looked for {}; \
             set ZAQARCHECK_FAKETIME to the path of libfaketimeMT.so.1 if it is elsewhere",
            shown.join(", ")
        )
    })
}
