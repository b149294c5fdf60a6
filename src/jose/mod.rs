//! JSON Web Signatures, Keys and Tokens (RFC 7515, RFC 7517, RFC 7519, RFC 8725) over ring and aws-lc-rs.
//!
//! In: bytes, keys and the time as an argument. Out: signed tokens, verified claims, the JWKS document.
//! Called by `protocol`, `http` and whoever keeps the key ring. No I/O, no clock.
//!
//! Rules that hold throughout:
//! - There is one [`verifier`], and what it accepts is fixed by a [`Purpose`]. Nothing here takes an
//!   algorithm, a key or the location of a key from a token.
//! - A key is bound to one algorithm from the moment it is made (RFC 8725 §3.1).
//! - A claim of the wrong JSON type is a failure, never an absent claim; a member given twice is a failure.
//! - `none`, HMAC with public keys, RSA1_5, PBES2 and compression do not exist in this code.
//!
//! ring signs ES256, aws-lc-rs signs RSA and EdDSA in half of ring's time and verifies everything with
//! keys parsed once. Where aws-lc-rs draws randomness (RSA key generation, PSS salts) it uses its own
//! generator and offers no way to give it another.

pub mod alg;
mod claims;
pub mod client_keys;
#[cfg(test)]
mod fixtures;
pub mod hash;
mod json;
pub mod jwk;
pub mod jws;
pub mod keyset;
pub mod purpose;
pub mod signing_key;
pub mod verification_key;
pub mod verifier;

pub use alg::{Alg, KeyType, Typ};
pub use claims::VerifiedClaims;
pub use client_keys::ClientKeys;
pub use hash::half_hash;
pub use jwk::Jwk;
pub use keyset::KeySet;
pub use purpose::Purpose;
pub use signing_key::SigningKey;
pub use verification_key::VerificationKey;
pub use verifier::{Flaw, KeySource, Rejection, claimed_header, claimed_subject, verify};
