//! The rules of OAuth 2.0 and OpenID Connect, pure: no I/O, no clock, no randomness.
//!
//! In come text from the wire ([`params`]), what the provider allows ([`rules`]) and facts the caller
//! looked up; out come typed requests, answers ready to be written, or an [`error::OAuthError`]. Whatever
//! depends on the state of a transaction is decided by the domain; this is what can be said without it.
//! Called by the HTTP endpoints and the composition root, which builds the rules.

pub mod access_token;
pub mod authorize;
pub mod bearer;
pub mod ciba;
pub mod claims;
pub mod client;
pub mod client_auth;
pub mod derived;
pub mod device;
pub mod discovery;
pub mod endpoints;
pub mod error;
pub mod grantor;
pub mod handle;
pub mod id_token;
pub mod introspection;
pub mod once;
pub mod params;
pub mod passkey;
pub mod proofs;
pub mod request_object;
pub mod revocation;
pub mod rules;
pub mod token;
pub mod userinfo;
