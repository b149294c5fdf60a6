//! Moneta: an actor-based, event-sourced OpenID Provider.

pub mod runtime;
pub mod store;
