//! Command sequences, two-node interleavings and lost answers, played against the real rules, engine and
//! views, and against a reference model; and the actors under load.

#![allow(clippy::too_many_lines, reason = "a list of rules is as long as the rules are many")]

mod act;
mod actors;
mod board;
mod cast;
mod deed;
mod interleavings;
mod invariants;
mod log;
mod machine;
mod reference;
mod schedule;
mod sight;
mod world;
