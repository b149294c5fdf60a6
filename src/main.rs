//! Moneta.

fn main() {}
