//! What the test binaries share. In: options. Out: a running provider, a browser without JavaScript, a
//! relying party, a raw wire, and what the server logged.
//!
//! Each test binary takes it in with `#[path = "../support/mod.rs"] mod support;` and uses the part it
//! needs.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses another part of it")]

pub mod answer;
pub mod authenticator;
pub mod backchannel;
pub mod browser;
pub mod ciba;
pub mod crowd;
pub mod demo;
pub mod device;
pub mod html;
pub mod http;
pub mod jar;
pub mod logs;
pub mod operator;
pub mod provider;
pub mod quiet;
pub mod receiver;
pub mod rp;
pub mod signer;
pub mod slow_store;
pub mod wire;

/// Runs one test beside others. See [`quiet`] for those that need the machine for themselves.
pub fn test(run: impl Future<Output = ()>) {
    let _shared = quiet::shared();
    runtime().block_on(run);
}

/// A runtime for one test.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime needs threads and nothing else")
}
