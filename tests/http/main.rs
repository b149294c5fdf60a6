//! A real server per test, asked over HTTP: the protocol as clients and browsers see it, and every attack
//! of `tests/attacks/attacks.jsonl`.

#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

/// That of the program: cases measure memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod backchannel;
mod backchannel_delivery;
mod bad_input;
mod consent;
mod device;
mod device_pages;
mod factors;
mod front_channel;
mod inbox;
mod private_key_jwt;
mod races;
mod sessions;
mod timing;
mod tokens;
