//! The way out, as configured.

use std::sync::Arc;

use anyhow::Context as _;

use crate::{
    adapters::http::{Authorities, Destination, OutgoingHttp},
    config,
    engine::outbound::Outbound,
};

/// Builds it.
pub(super) fn outbound(settings: &config::Outbound) -> anyhow::Result<Arc<Outbound>> {
    let authorities = match &settings.ca_file {
        Some(file) => {
            let pem = std::fs::read(file)
                .with_context(|| format!("outbound.ca_file: cannot read {}", file.display()))?;
            Authorities::from_pem(&pem)
                .with_context(|| format!("outbound.ca_file: {}", file.display()))?
        }
        None => Authorities::default(),
    };
    let allowed = settings
        .allow
        .iter()
        .map(|config::Destination { host, port }| Destination { host: host.clone(), port: *port });
    let http = OutgoingHttp::to_the_internet(allowed.collect(), &authorities)?;
    Ok(Arc::new(Outbound::new(Arc::new(http), settings.calls_per_client)))
}
