//! The command line as people use it: the real program, in a directory of its own, beside a running server
//! and without one.

mod browser;
mod clients;
mod config;
mod footprint;
mod keys;
mod serving;
mod support;
mod transactions;
mod users;
mod verification;
