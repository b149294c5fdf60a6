//! The authorization endpoint's rules, one file for each rule.
//!
//! In come the parameters, what the caller looked up, and what the provider allows; out comes an
//! [`AuthorizationRequest`] or an [`AuthorizeError`] that says where the refusal may be sent. [`pipeline`]
//! lists the checks in order. [`next_step`] says which page comes next, [`respond`] builds the answer.
//! Called by the authorization endpoint and by the pages of a running transaction.

pub(in crate::protocol) mod acr_values;
mod client;
pub mod id_token_hint;
pub mod locales;
mod max_age;
pub mod next_step;
pub mod opaque;
pub mod pipeline;
mod pkce;
pub mod prompt;
pub mod redirect_uri;
mod request;
mod request_object;
pub mod resource;
pub mod respond;
pub mod response_mode;
pub mod response_type;
pub mod scope;

use pipeline::Asked;
pub use pipeline::{Facts, check};
use request::Refusal;
pub use request::{AuthorizationRequest, AuthorizeError, ResponseTarget};
