//! Views and projections over logs made for the purpose, and over the golden corpus of the events.

mod catch_up;
mod registry;
mod support;
mod timeline;
mod token_families;
mod views;
