//! What the specifications demand, as tables: one file for each subject, one row for each MUST.

#![allow(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table is as long and its rows are as wide as the section it is named after"
)]

#[path = "../support/authenticator.rs"]
#[allow(dead_code, unreachable_pub, reason = "other test binaries use the rest of it")]
mod authenticator;

mod approval;
mod authorization_errors;
mod authorization_request;
mod authorization_response;
mod bearer_tokens;
mod claims;
mod client_assertions;
mod client_authentication;
mod code_exchange;
mod consent;
mod device_authorization;
mod discovery;
mod fixtures;
mod front_channel;
mod introspection_and_revocation;
mod next_step;
mod parameters;
#[cfg(feature = "passkeys")]
mod passkeys;
mod pkce;
mod redirect_uri;
mod request_objects;
mod signed;
mod token_request;
mod tokens;
