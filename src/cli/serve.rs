//! `moneta serve`: runs the provider.

mod banner;
mod recent;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    data::{NotWritable, Writer},
    exit::Exit,
    global::Global,
    log, operator,
};
use crate::{
    app::{self, Running},
    config::Settings,
    process::memory,
};
use banner::Banner;

/// Run the provider
///
/// Opens the data directory (and makes it, with its keys, where there is none), checks the newest part of
/// the log, and serves until it is told to stop by SIGTERM or Ctrl-C: it then answers what is under way,
/// puts the stop on record and goes. The first line on standard output says where it serves.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  moneta serve --demo                                   example users and clients, and the playground
  moneta serve --config moneta.toml
  moneta serve --config moneta.toml --listen 0.0.0.0:8080 --data /var/lib/moneta --log-format json
  moneta serve --demo --data /tmp/try --listen 127.0.0.1:0      any free port; the issuer follows it

The log goes to standard error. It holds neither secrets nor personal data; those are in the events,
sealed. --log takes a level (error, warn, info, debug) or levels by module: warn,moneta::engine=debug.")]
pub(super) struct Arguments {
    /// Address and port, instead of the configured ones; port 0 for any that is free
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// What to log
    #[arg(long, value_name = "FILTER", default_value = "info", env = "MONETA_LOG")]
    log: String,
    /// How a log line looks
    #[arg(long, value_name = "FORMAT", default_value = "human", env = "MONETA_LOG_FORMAT")]
    log_format: log::Format,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<Exit> {
    log::start(&arguments.log, arguments.log_format)?;
    memory::in_small_pages();
    let mut flags = Vec::new();
    let mut listener = None;
    if let Some(mut listen) = arguments.listen {
        // The issuer may follow from the port, so it must be known before anything else.
        if listen.port() == 0 {
            let bound =
                TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
            listen = bound.local_addr()?;
            listener = Some(bound);
        }
        flags.push(("server.listen".to_owned(), listen.to_string()));
    }
    let settings = global.load(flags)?.settings;
    actix_web::rt::System::new().block_on(async {
        let demo = global.demo.then(|| settings.users.clone());
        serve(settings, listener, Banner { demo, format: arguments.log_format }).await
    })?;
    Ok(Exit::Done)
}

async fn serve(
    settings: Settings,
    listener: Option<TcpListener>,
    banner: Banner,
) -> anyhow::Result<()> {
    // From here on a signal is an ordered stop, also while it starts.
    let mut stop = Stop::prepare()?;
    let writer = Writer::open(&settings).await.map_err(|error| match error {
        NotWritable::InUse(error) => error.into(),
        NotWritable::Other(error) => error,
    })?;
    let checked = recent::verify(&*writer.log).await?;
    let mut parts = writer.parts(&settings);
    parts.listener = listener;
    let running = app::start(parts).await?;
    let socket = if settings.server.admin_socket {
        Some(operator::listen(settings.clone(), running.op.clone())?)
    } else {
        None
    };
    tracing::info!(issuer = %settings.issuer, listen = %running.address, data = %settings.data.display(), "serving");
    banner.show(&settings, running.address, checked);
    stop.wait().await;
    tracing::info!("stopping");
    if let Some(socket) = socket {
        socket.close().await;
    }
    tokio::select! {
        () = close(running, Arc::clone(&writer.log)) => tracing::info!("stopped"),
        () = stop.wait() => tracing::warn!("stopped at once, by a second signal"),
    }
    Ok(())
}

async fn close(running: Running, log: Arc<crate::store::sqlite::SqliteLog>) {
    running.stop().await;
    log.close().await;
}

/// The signals that ask to stop.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn prepare() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
