//! What the program tells about itself while it runs: lines on standard error.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// Starts it. `filter` is a level, or levels by module such as `warn,moneta::engine=debug`.
pub(super) fn start(filter: &str, format: Format) -> anyhow::Result<()> {
    // A bare level is about us; of the libraries only what goes wrong matters.
    let bare = filter.parse::<Level>().is_ok_and(|level| level > Level::WARN);
    let levels = EnvFilter::builder()
        .parse(if bare { format!("warn,moneta={filter}") } else { filter.to_owned() })
        .with_context(|| format!("--log {filter}: not a level or list of levels by module"))?;
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        Format::Human => lines.with_ansi(io::stderr().is_terminal()).with_target(false).boxed(),
        Format::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
    };
    let lines = lines.with_filter(levels).with_filter(filter_fn(is_discreet));
    tracing_subscriber::registry().with(lines).try_init().context("the log cannot be started")
}

/// Our own lines hold neither secrets nor personal data at any level. What the libraries say in detail
/// would hold both: the heads of requests, for example.
fn is_discreet(of: &Metadata<'_>) -> bool {
    *of.level() <= Level::INFO || of.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"))
}
