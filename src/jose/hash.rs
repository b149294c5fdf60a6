//! Hashes by which an ID Token binds what travels beside it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, SHA512, digest};

use super::Alg;

/// `at_hash`, `c_hash` and `s_hash`: the left half of the hash of `value`, by the hash function of the
/// algorithm that signs the ID Token (OpenID Connect Core 1.0 §3.1.3.6, §3.3.2.11).
///
/// `EdDSA` names no hash function. Ed25519 hashes with SHA-512 inside, and that is what relying parties
/// and the conformance suite use.
pub fn half_hash(alg: Alg, value: &str) -> String {
    let function = match alg {
        Alg::RS256 | Alg::PS256 | Alg::ES256 => &SHA256,
        Alg::EdDSA => &SHA512,
    };
    let hash = digest(function, value.as_bytes());
    let bytes = hash.as_ref();
    URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of OpenID Connect Core 1.0, appendix A.
    #[test]
    fn core_appendix_a() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        for alg in [Alg::RS256, Alg::PS256, Alg::ES256] {
            assert_eq!(half_hash(alg, token), "77QmUPtjPfzWtF2AnpK9RQ");
            assert_eq!(half_hash(alg, code), "LDktKdoQak3Pk0cnXxCltA");
        }
    }

    #[test]
    fn ed25519_keeps_half_of_sha_512() {
        assert_eq!(half_hash(Alg::EdDSA, "").len(), 43);
        assert_eq!(half_hash(Alg::EdDSA, ""), "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c4");
    }
}
