//! The rules of backchannel authentication requests (OpenID Connect Client-Initiated Backchannel
//! Authentication Core 1.0 §7.1), one file for each rule.
//!
//! In come the parameters of an authenticated client, from a form or from the request object it signed; out
//! comes a [`BackchannelRequest`] or the error of §13. [`pipeline`] lists the checks in order. Whom a hint
//! names is looked up afterwards: [`Hint`] says how. Called by the backchannel authentication endpoint.

mod acr_values;
mod binding_message;
mod client;
mod hint;
mod notification;
mod notification_token;
pub mod pipeline;
mod request;
mod requested_expiry;
mod response;
mod scope;
mod user_code;

pub use client::must_sign;
pub use hint::{Hint, INVALID_ID_TOKEN_HINT, Named, UNKNOWN_USER, login_hint_token};
pub use notification::Notification;
use pipeline::Asked;
pub use pipeline::{Facts, check};
pub use request::BackchannelRequest;
pub use response::Acknowledgement;
pub use user_code::{UserCode, check as check_user_code};
