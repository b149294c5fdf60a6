//! Moneta: an actor-based, event-sourced OpenID Provider.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod feed;
pub mod http;
pub mod jose;
pub mod ports;
pub mod process;
pub mod protocol;
pub mod runtime;
pub mod store;
pub mod ui;
