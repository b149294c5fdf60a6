//! The list of transactions.

use askama::Template;
use moneta_events::{Reason, Timestamp};

use super::{Frame, Status, duration};

/// Transactions, newest first, with a filter: a GET form of `client`, `subject` and `status`.
#[derive(Debug, Template)]
#[template(path = "transactions.html")]
pub struct Transactions<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Where the list belongs; a name and a path of this server.
    pub back: Option<(&'a str, &'a str)>,
    /// Where the filter leads; a path of this server.
    pub action: &'a str,
    /// The filter's client.
    pub client: &'a str,
    /// The filter's subject.
    pub subject: &'a str,
    /// The filter's status.
    pub status: Option<Status>,
    /// What was found.
    pub rows: Vec<Transaction>,
    /// Where there is more; a path of this server.
    pub next: Option<&'a str>,
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// Its timeline; a path of this server.
    pub href: String,
    /// When it began.
    pub started: Timestamp,
    /// The client's name.
    pub client: String,
    /// The end-user, by pseudonym.
    pub subject: Option<String>,
    /// How it stands.
    pub status: Status,
    /// Why it did not end well.
    pub reason: Option<Reason>,
    /// Microseconds from its first event to its last.
    pub took: i64,
    /// How many events it has.
    pub events: u64,
}

impl Transactions<'_> {
    /// The choices of the filter, and which one is taken.
    fn choices(&self) -> impl Iterator<Item = (Status, bool)> {
        Status::ALL.into_iter().map(|status| (status, self.status == Some(status)))
    }
}

impl Transaction {
    fn started(&self) -> String {
        let text = self.started.to_string();
        format!("{} {}", &text[..10], &text[11..19])
    }

    fn took(&self) -> String {
        duration::span(self.took)
    }
}
