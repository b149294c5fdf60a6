//! The only places that ask the machine for time and randomness.

pub mod clock;
pub mod entropy;
