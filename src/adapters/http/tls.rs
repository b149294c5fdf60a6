//! Whom calls over TLS believe: the certificate authorities of the system, and those of the operator.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Why certificates cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificatesError {
    /// Not PEM, or no certificate in it.
    #[error("there is no certificate in it that can be read (PEM): {0}")]
    Unreadable(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Certificate authorities, read from PEM.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Reads a bundle of one or more certificates.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificatesError> {
        let unreadable = |cause: String| CertificatesError::Unreadable(cause);
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|cause| unreadable(cause.to_string()))?;
        if certificates.is_empty() {
            return Err(unreadable("it is empty".to_owned()));
        }
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone()).map_err(|cause| unreadable(cause.to_string()))?;
        }
        Ok(Self(certificates))
    }
}

/// For calls that are never over TLS: believes nobody.
pub(super) fn nobody() -> Result<ClientConfig, CertificatesError> {
    config(RootCertStore::empty())
}

/// Believes the system's authorities and `others`.
pub(super) fn system_and(others: &Authorities) -> Result<ClientConfig, CertificatesError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    let (own, _) = roots.add_parsable_certificates(others.0.iter().cloned());
    if added + own == 0 {
        tracing::warn!(
            errors = ?found.errors,
            "there are no certificate authorities on this system, so no call over https will succeed; \
             install them (ca-certificates), or name some in outbound.ca_file"
        );
    }
    config(roots)
}

fn config(roots: RootCertStore) -> Result<ClientConfig, CertificatesError> {
    // Named, because other crates bring other providers along.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| CertificatesError::Setup(cause.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
