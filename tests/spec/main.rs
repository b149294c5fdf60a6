//! What the specifications demand, as tables: one file for each subject, one row for each MUST.

#![allow(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "a table is as long and its rows are as wide as the section it is named after"
)]

mod authorization_errors;
mod authorization_request;
mod authorization_response;
mod bearer_tokens;
mod claims;
mod client_authentication;
mod code_exchange;
mod consent;
mod discovery;
mod fixtures;
mod introspection_and_revocation;
mod next_step;
mod parameters;
mod pkce;
mod redirect_uri;
mod token_request;
mod tokens;
