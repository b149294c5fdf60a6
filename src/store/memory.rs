//! A log in memory.
