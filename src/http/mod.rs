//! The doors. In: HTTP requests. Out: answers, each of which was durable before where it grants, refuses
//! or revokes anything. Handlers parse, ask `protocol` what the rules say, give orders to `engine`, and
//! render; they hold no rule of their own and never see the store.

pub mod account;
pub mod answer;
pub mod assets;
pub mod authorize;
pub mod backchannel;
pub mod body;
pub mod browser;
pub mod caller;
pub mod client;
pub mod cors;
pub mod device;
pub mod discovery;
pub mod error;
pub mod factors;
pub mod forms;
pub mod health;
pub mod inbox;
pub mod interaction;
pub mod introspection;
mod issue;
pub mod middleware;
pub mod op;
pub mod pages;
pub mod people;
pub mod playground;
mod record;
pub mod revocation;
pub mod routes;
pub mod session;
pub mod throttles;
pub mod token;
pub mod tokens;
pub mod userinfo;
