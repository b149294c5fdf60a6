//! What people see, in a real browser: every page and way through them, on a desk and on a phone, with
//! scripts and without.

mod consent;
mod inbox;
mod interruptions;
mod looks;
mod no_script;
mod passkeys;
mod playground;
mod sign_in;
mod stage;
#[path = "../support/mod.rs"]
mod support;
