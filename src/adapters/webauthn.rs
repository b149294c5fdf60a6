//! Passkeys (Web Authentication Level 3): reading and verifying what authenticators send.
//!
//! Attestation is not asked for, so it says nothing about the authenticator; a self attestation is verified
//! all the same. What passes is bound to this origin alone, to a challenge of ours, and to a person's touch.
//! Credential IDs need not be unique among end-users (§7.1): a passkey is only ever looked for among those
//! of the end-user whom its own authenticator, or a right password, names.

mod assertion;
mod authenticator_data;
mod cbor;
mod client_data;
mod cose;
mod registration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Reason;
use ring::digest::{SHA256, digest};
use url::{Host, Url};

use crate::ports::authenticator::{
    Assertion, Challenges, KnownPasskey, NewPasskey, Passkeys, Verified,
};

/// Bytes of an answer: credential IDs of 1023 bytes and RSA keys fit in.
const LONGEST: usize = 16 * 1024;

/// A relying party: this provider, at its one origin.
pub struct WebAuthn {
    rp_id: String,
    /// SHA-256 of the RP ID.
    rp_id_hash: [u8; 32],
    /// As browsers write it.
    origin: String,
}

impl WebAuthn {
    /// For an issuer; `None` where its host is no domain name, which browsers want for passkeys.
    pub fn new(issuer: &str) -> Option<Self> {
        let url = Url::parse(issuer).ok()?;
        let Some(Host::Domain(domain)) = url.host() else { return None };
        if url.scheme() != "https" && domain != "localhost" {
            return None;
        }
        let mut rp_id_hash = [0; 32];
        rp_id_hash.copy_from_slice(digest(&SHA256, domain.as_bytes()).as_ref());
        let origin = url.origin().ascii_serialization();
        Some(Self { rp_id: domain.to_owned(), rp_id_hash, origin })
    }
}

impl Passkeys for WebAuthn {
    fn rp_id(&self) -> &str {
        &self.rp_id
    }

    fn register(&self, response: &str, challenges: Challenges<'_>) -> Result<NewPasskey, Reason> {
        registration::register(self, response, challenges)
    }

    fn read(&self, response: &str) -> Result<Assertion, Reason> {
        assertion::read(response)
    }

    fn verify(
        &self,
        assertion: &Assertion,
        passkey: KnownPasskey<'_>,
        challenges: Challenges<'_>,
    ) -> Result<Verified, Reason> {
        assertion::verify(self, assertion, passkey, challenges)
    }
}

/// Bytes as browsers write them in JSON. There is one spelling of each.
fn bytes(text: &str) -> Result<Vec<u8>, Reason> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::PasskeyMalformed)
}

/// What a signature is over: authenticator data and the digest of the client data.
fn signed(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    let mut signed = authenticator_data.to_vec();
    signed.extend_from_slice(digest(&SHA256, client_data).as_ref());
    signed
}
