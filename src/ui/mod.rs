//! Moneta's pages, as typed templates.
//!
//! In: what a handler knows, as borrowed text and [`Link`]s. Out: the HTML of [`render`], the
//! `Content-Security-Policy` of [`Csp`], the files of [`assets`]. Only `http` calls in here.
//!
//! What holds for every page: it works without JavaScript; its markup has no inline style and no event
//! handler; whatever came from outside is escaped by askama, and an address gets into a page only as
//! [`Link`], which knows no `javascript:` or `data:`. Each form posts `csrf`, and says with `action`
//! which of its buttons was used, the main one of the sign-in form excepted.

mod account;
pub mod assets;
mod consent;
mod csp;
mod device;
mod duration;
mod error;
mod form_post;
mod frame;
mod home;
mod inbox;
mod link;
mod playground;
mod qr;
mod sign_in;
mod status;
#[cfg(test)]
mod tests;
mod timeline;
mod transactions;

pub use account::{
    Account, AccountNotice, AccountSignIn, NewPassword, PasskeyLine, PasskeySetup, PasswordProblem,
    TotpSetup,
};
pub use consent::{ClaimLine, Consent, ScopeLine};
pub use csp::Csp;
pub use device::{DeviceDecision, DeviceEntry, DeviceOutcome, DeviceProblem, DeviceResult};
pub use error::ErrorPage;
pub use form_post::FormPost;
pub use frame::{ClientCard, Frame};
pub use home::Home;
pub use inbox::{
    Decided, Inbox, InboxOffline, InboxOutcome, InboxRequest, ProofProblem, RequestCard, manifest,
};
pub use link::Link;
pub use playground::{Button, Flow, Panel, Playground, PlaygroundResult};
pub use qr::Qr;
pub use sign_in::{
    Login, LoginProblem, PasskeyButton, Reauthentication, SecondFactor, SelectAccount,
};
pub use status::Status;
pub use timeline::{Chain, Timeline, TimelineEntry};
pub use transactions::{Transaction, Transactions};

/// The language the pages are written in (BCP 47).
pub const LANGUAGE: &str = "en";

/// The HTML of a page.
pub fn render(page: &impl askama::Template) -> String {
    page.render().expect("a page is written to memory and its fields' Display cannot fail")
}
