//! The device authorization request (RFC 8628 §3.1), its answer (§3.2), and the codes that people type
//! (§6.1).
//!
//! In come a form and the client that authenticated; out comes a typed [`DeviceAuthorizationRequest`] or an
//! error of RFC 6749 §5.2. Who decides about it, and who gets its tokens, is for the domain.

mod request;
mod response;
mod user_code;

pub use request::{DeviceAuthorizationRequest, check};
pub use response::DeviceAuthorizationResponse;
pub use user_code::UserCode;
