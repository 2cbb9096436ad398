//! Takes an address to listen on, and what the server is to be like.
//! Gives a Zaqar server that runs until it is told to stop.
//! Never ends with requests half answered.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::builder::RangedI64ValueParser;
use clap::{Args, ValueEnum};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::LevelFilter;

use super::Error;
use super::deviation::RulesArgs;
use super::options::OptionArgs;
use crate::clock::time_of_day;
use crate::front::{FrontOptions, Tls, serve, serve_both};
use crate::model::Settings;
use crate::runner::Exit;
use crate::time::Duration;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:8888")]
    bind: SocketAddr,
    /// Where to listen for websockets, if anywhere; Zaqar's own port for them is 9000.
    #[arg(long, value_name = "IP:PORT")]
    websocket: Option<SocketAddr>,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    options: OptionArgs,
    /// How many times faster than the machine's the server's clock runs.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    time_scale: u32,
    /// How long a subscriber may take to answer, in seconds of the server's clock.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = bound())]
    request_timeout: u32,
    /// The most deliveries under way or waiting for a retry; a post that would start more is answered 503.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = bound())]
    max_deliveries: u32,
    /// The most messages stored; a post that would store more is answered 503.
    #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = bound())]
    max_messages: u32,
    /// The most bytes that the bodies of stored messages have together; a post that would go beyond is answered 503.
    #[arg(long, value_name = "N", default_value_t = 1 << 31, value_parser = clap::value_parser!(u64).range(1..))]
    max_bytes: u64,
    /// The most sockets open to subscribers; deliveries wait for one.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = bound())]
    max_sockets: u32,
    /// The most sockets open to one subscriber.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = bound())]
    max_sockets_per_subscriber: u32,
    /// The most clients connected at a time; further ones wait to be accepted.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = bound())]
    max_connections: u32,
    /// What is written to standard error: at `info` a line for each request, at `debug` one for each delivery too.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Off)]
    log: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogLevel {
    Off,
    Info,
    Debug,
}

impl LogLevel {
    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
        }
    }
}

fn bound() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

pub(super) fn run(options: &ServeOptions) -> Result<Exit, Error> {
    let settings = Settings {
        epoch: time_of_day(),
        options: options.options.options()?,
        request_timeout: Duration::from_secs(options.request_timeout.into()),
        ..Settings::new(options.rules.deviations())
    };
    let front = FrontOptions {
        time_scale: options.time_scale,
        deliveries_max: options.max_deliveries as usize,
        messages_max: options.max_messages as usize,
        bytes_max: usize::try_from(options.max_bytes).unwrap_or(usize::MAX),
        sockets_max: options.max_sockets as usize,
        subscriber_sockets_max: options.max_sockets_per_subscriber as usize,
        connections_max: options.max_connections as usize,
        tls: tls(),
        ..FrontOptions::new(settings)
    };
    if options.log != LogLevel::Off {
        tracing_subscriber::fmt()
            .with_max_level(options.log.filter())
            .with_writer(io::stderr)
            .with_target(false)
            .init();
    }
    raise_socket_limit();
    let runtime = tokio::runtime::Runtime::new()?;
    let waiting = runtime.block_on(async {
        let (listener, address) = listen(options.bind).await?;
        let websockets = match options.websocket {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        // Before the line is out: who reads it may send a signal at once.
        let stop = stop_signal()?;
        let profile = options.rules.name();
        writeln!(io::stdout(), "zaqarcheck: serving http://{address} (profile {profile})")?;
        if let Some((_, address)) = &websockets {
            writeln!(io::stdout(), "zaqarcheck: serving ws://{address}")?;
        }
        io::stdout().flush()?;
        Ok::<_, Error>(match websockets {
            Some((websockets, _)) => serve_both(listener, websockets, front, stop).await?,
            None => serve(listener, front, stop).await,
        })
    })?;
    tell(&format!("stopped; deliveries still waiting: {waiting}"));
    Ok(Exit::Conforms)
}

/// The way to subscribers at `https://`, if the platform says whom to trust.
fn tls() -> Option<Tls> {
    let error = match Tls::of_the_platform() {
        Ok(tls) => return Some(tls),
        Err(error) => error,
    };
    tell(&format!("subscribers at https:// can't be reached, no trusted certificate was found: {error}"));
    None
}

/// A listening socket, and where it is.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let cannot_bind = |source| Error::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(cannot_bind)?;
    let address = listener.local_addr().map_err(cannot_bind)?;
    Ok((listener, address))
}

/// Ready when the system asks this process to end.
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            biased;
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
