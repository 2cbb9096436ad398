//! Takes an address to listen on, and what the server is to be like.
//! Gives a Zaqar server that runs until it is told to stop.
//! Never ends with requests half answered.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Error;
use super::deviation::{deviations, parse_deviation, profile_name};
use crate::front::{FrontOptions, serve};
use crate::model::Settings;
use crate::protocol::{Deviation, Profile};
use crate::runner::Exit;
use crate::time::Duration;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8888")]
    bind: SocketAddr,
    /// What the server follows: the documents, or a release of Zaqar with all its deviations.
    #[arg(long, value_enum, default_value_t = Profile::Documented)]
    profile: Profile,
    /// A deviation that the server has besides those of its profile; may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = parse_deviation)]
    deviation: Vec<Deviation>,
    /// How many times faster than the machine's the server's clock runs.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    time_scale: u32,
    /// How long a subscriber may take to answer, in seconds of the server's clock.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    request_timeout: u32,
    /// The most deliveries under way or waiting for a retry; beyond it, posts are answered 503.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_deliveries: u32,
}

pub(super) fn run(options: &ServeOptions) -> Result<Exit, Error> {
    let settings = Settings {
        request_timeout: Duration::from_secs(options.request_timeout.into()),
        ..Settings::new(deviations(options.profile, &options.deviation))
    };
    let front = FrontOptions {
        time_scale: options.time_scale,
        deliveries_max: options.max_deliveries as usize,
        note: tell,
        ..FrontOptions::new(settings)
    };
    raise_socket_limit();
    let runtime = tokio::runtime::Runtime::new()?;
    let waiting = runtime.block_on(async {
        let cannot_bind = |source| Error::Bind { address: options.bind, source };
        let listener = TcpListener::bind(options.bind).await.map_err(cannot_bind)?;
        let address = listener.local_addr().map_err(cannot_bind)?;
        // Before the line is out: who reads it may send a signal at once.
        let stop = stop_signal()?;
        let profile = profile_name(options.profile, &options.deviation);
        writeln!(io::stdout(), "zaqarcheck: serving http://{address} (profile {profile})")?;
        io::stdout().flush()?;
        Ok::<_, Error>(serve(listener, front, stop).await)
    })?;
    tell(&format!("stopped; deliveries still waiting: {waiting}"));
    Ok(Exit::Conforms)
}

/// Ready when the system asks this process to end.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// As many sockets as the system allows: every delivery under way needs one. Fewer are slower, not wrong.
fn raise_socket_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

fn tell(line: &str) {
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(io::stderr(), "zaqarcheck: {line}");
}
