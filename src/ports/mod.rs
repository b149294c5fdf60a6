//! What the provider needs from outside, as traits. In: plain values. Out: plain values, which become data
//! of commands, so that a replay never asks a port again.
//! Called by `engine`, `process` and `http`; implemented in `adapters` and `store`, chosen in `app`.

pub mod authenticator;
pub mod client_notifier;
pub mod http_client;
pub mod key_wrap;
pub mod passwords;
pub mod vault;
