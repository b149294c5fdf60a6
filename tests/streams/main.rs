//! Whole event streams, one snapshot per scenario: what an auditor will find. Time stands still between the
//! steps; names stand for what is random. Every stream shown was read back and its digest chain verified.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test --test streams`, and read the difference.

mod clients;
mod codes;
mod devices;
mod endings;
mod front_channel;
mod keys;
mod people;
mod refresh;
mod render;
mod sign_in;
mod stage;
mod visit;
