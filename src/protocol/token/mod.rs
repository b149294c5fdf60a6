//! The token endpoint's rules, one file for each grant.
//!
//! In come a form and the client that authenticated; out comes a typed [`TokenRequest`] or the error of
//! RFC 6749 §5.2. Whether a code or refresh token is good for this client is decided by the domain, on
//! fresh state. Called by the token endpoint only.

pub mod approval;
pub mod authorization_code;
pub mod ciba;
pub mod client_credentials;
pub mod device_code;
pub mod refresh_token;
mod request;
mod response;

pub use request::{TokenRequest, read};
pub use response::TokenResponse;
