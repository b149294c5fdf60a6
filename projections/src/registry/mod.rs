//! Who is registered, for people who run the provider: [`clients`] and [`subjects`]; and the origins that
//! scripts of clients may call from ([`web_origins`]). Whether one client or end-user may do something is
//! asked of its view, not here.

mod clients;
mod subjects;

use serde::Serialize;

pub use clients::{Client, Clients, clients, web_origins};
pub use subjects::{Subject, Subjects, subjects};

use crate::words::words;

words! {
    /// Whether somebody registered may take part.
    State {
        /// Yes.
        Enabled = "enabled",
        /// Not now.
        Disabled = "disabled",
        /// Never again.
        Deleted = "deleted",
    }
}
