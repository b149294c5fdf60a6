//! What every backend of the log must keep ([`contract`]), and what SQLite promises beyond it.
//!
//! A new backend joins with one `contract!` block. Reservations have a contract of their own ([`guards`]).

mod contract;
#[cfg(target_os = "linux")]
mod disk;
mod fault;
mod files;
mod guards;
mod memory;
mod queue;
mod samples;
mod sqlite;
mod torn;
