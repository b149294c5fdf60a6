//! What certification by the OpenID Foundation demands: a test of the name of each module of its
//! conformance suite, which asserts the module's pass condition over HTTP. What the suite only warns of
//! fails here.
//!
//! `plan` lists the modules of each profile; `modules` says what each demands; `suite` plays the suite's
//! part, with the checks that run in every module.

#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod ciba;
mod id_token;
mod keys;
mod metadata;
mod modules;
mod plan;
mod suite;
mod variant;
