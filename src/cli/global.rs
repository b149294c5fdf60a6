//! What every command can be told: where the configuration and the data are.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Loaded, Sources};

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct Global {
    /// The configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "MONETA_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// The data directory, instead of the configured one
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Lay the built-in demo under the configuration: example users, clients and the playground
    #[arg(long, global = true)]
    pub(super) demo: bool,
}

impl Global {
    /// Reads the configuration; `flags` are paths and values that win over everything.
    pub(super) fn load(&self, mut flags: Vec<(String, String)>) -> anyhow::Result<Loaded> {
        if let Some(data) = &self.data {
            let path = data.display().to_string();
            // What begins with a bracket would be read as a list or table.
            let path = if path.starts_with(['[', '{']) { format!("./{path}") } else { path };
            flags.push(("data".to_owned(), path));
        }
        let env = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let sources = Sources { demo: self.demo, file: self.config.clone(), env, flags };
        Ok(config::load(sources)?)
    }

    /// The data directory. Where it was given by itself no configuration is read: a copy of the data can
    /// be looked at on any machine.
    pub(super) fn data(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => Ok(self.load(Vec::new())?.settings.data),
        }
    }
}
