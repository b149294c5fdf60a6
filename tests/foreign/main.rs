//! Relying parties nobody here wrote, over real HTTP: openid-client on Node, Authlib on Python, the
//! openidconnect crate, each verifying what it gets by its own rules. `tests/foreign/install` installs the
//! first two, which `tests/run` calls.

#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

#[path = "../support/mod.rs"]
mod support;

mod ciba;
mod code;
mod front_channel;
mod jose;
mod openidconnect;
mod script;
