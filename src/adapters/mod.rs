//! The shipped implementations of `ports`. In and out: what the port says.
//! Called by `app`, which chooses among them, and by nobody else; the others know only the port.

pub mod file_key_wrap;
pub mod http;
pub mod password;
pub mod totp;
#[cfg(feature = "passkeys")]
pub mod webauthn;
