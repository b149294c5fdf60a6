//! One transaction as it happened: what an operator or auditor looks at.

use askama::Template;
use moneta_events::{ActorKind, Reason, Timestamp, Verdict};

use super::{Frame, Status, duration};

/// The events of one transaction in order, drawn as a sequence: the provider in the middle, what came
/// through the browser on its left, what came straight from the client on its right.
#[derive(Debug, Template)]
#[template(path = "timeline.html")]
pub struct Timeline<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The transaction's id.
    pub transaction: &'a str,
    /// How it stands.
    pub status: Status,
    /// The client's name.
    pub client: &'a str,
    /// The end-user, by pseudonym.
    pub subject: Option<&'a str>,
    /// Further facts and identifiers, as label and value.
    pub facts: Vec<(&'a str, String)>,
    /// Whether the record is intact.
    pub chain: Chain,
    /// What happened, in order.
    pub entries: Vec<TimelineEntry>,
    /// The list it was chosen from; a path of this server.
    pub back: Option<&'a str>,
}

/// What the check of the stream's hash chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every event carries the digest of the one before it.
    Verified {
        /// Digest of the last event.
        head: String,
    },
    /// One does not.
    Broken {
        /// Its revision.
        revision: u64,
    },
}

/// One event of the sequence.
#[derive(Debug, Clone)]
pub struct TimelineEntry {
    /// When it happened.
    pub at: Timestamp,
    /// Microseconds since the event before it.
    pub since_previous: Option<i64>,
    /// Who acted.
    pub actor: ActorKind,
    /// Its type.
    pub event_type: String,
    /// What happened, in a plain sentence.
    pub sentence: String,
    /// How the step ended.
    pub outcome: Verdict,
    /// Why, where it did not end well.
    pub reason: Option<Reason>,
    /// The event as it is stored, for reading.
    pub raw_json: String,
}

/// A column of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Person,
    Browser,
    Provider,
    Client,
}

const LANE_WIDTH: i32 = 68;
const LANE_Y: i32 = 14;

impl Lane {
    /// Its middle, from the left edge of the drawing.
    const fn x(self) -> i32 {
        LANE_WIDTH / 2 + LANE_WIDTH * self as i32
    }
}

impl TimelineEntry {
    /// From where to where the step went. One end is always the provider: it records nothing else.
    fn path(&self) -> (Lane, Lane) {
        let actor = match self.actor {
            ActorKind::User => Lane::Person,
            ActorKind::Browser => Lane::Browser,
            ActorKind::Client => Lane::Client,
            ActorKind::Operator | ActorKind::System => Lane::Provider,
        };
        match self.event_type.as_str() {
            "transaction.code_issued"
            | "transaction.front_channel_issued"
            | "transaction.answered"
            | "transaction.refused" => (Lane::Provider, Lane::Browser),
            "token.issued" | "token.rotated" => (Lane::Provider, Lane::Client),
            _ => (actor, Lane::Provider),
        }
    }

    /// The path in words.
    fn route(&self) -> String {
        let name = |lane| match lane {
            Lane::Person => "Person",
            Lane::Browser => "Browser",
            Lane::Provider if self.actor == ActorKind::Operator => "Operator",
            Lane::Provider => "Provider",
            Lane::Client => "Client",
        };
        match self.path() {
            (from, to) if from == to => name(from).to_owned(),
            (from, to) => format!("{} to {}", name(from).to_owned(), name(to).to_lowercase()),
        }
    }

    /// The line's ends, in the coordinates of the drawing; `None` where the provider acts alone.
    fn line(&self) -> Option<(i32, i32)> {
        let (from, to) = self.path();
        let toward = (to.x() - from.x()).signum();
        (from != to).then(|| (from.x(), to.x() - 9 * toward))
    }

    /// The corners of the arrow's head.
    fn head(&self) -> String {
        let (from, to) = self.path();
        let (tip, back) = (to.x(), to.x() - 10 * (to.x() - from.x()).signum());
        format!("{tip},{LANE_Y} {back},{} {back},{}", LANE_Y - 5, LANE_Y + 5)
    }

    /// Whether a step of the person crosses the browser, which then gets a mark.
    fn crosses_browser(&self) -> bool {
        self.path().0 == Lane::Person
    }

    fn date(&self) -> String {
        self.at.to_string()[..10].to_owned()
    }

    fn time(&self) -> String {
        self.at.to_string()[11..23].to_owned()
    }

    fn gap(&self) -> Option<String> {
        self.since_previous.map(duration::span)
    }

    /// The class that spaces it: long waits are seen.
    fn spacing(&self) -> &'static str {
        match self.since_previous.unwrap_or(0) {
            ..1_000_000 => "near",
            1_000_000..60_000_000 => "later",
            _ => "much-later",
        }
    }

    fn tone(&self) -> &'static str {
        match self.outcome {
            Verdict::Success => "good",
            Verdict::Refused => "bad",
            Verdict::Denied => "no",
        }
    }
}

impl Timeline<'_> {
    fn took(&self) -> String {
        match (self.entries.first(), self.entries.last()) {
            (Some(first), Some(last)) => duration::span(last.at.micros_since(first.at)),
            _ => duration::span(0),
        }
    }

    /// The entries, each with its day where that is another than the one before.
    fn days(&self) -> impl Iterator<Item = (Option<String>, &TimelineEntry)> {
        let mut day = String::new();
        self.entries.iter().map(move |entry| {
            let date = entry.date();
            let new = (date != day).then(|| date.clone());
            day = date;
            (new, entry)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(actor: ActorKind, event_type: &str) -> TimelineEntry {
        TimelineEntry {
            at: Timestamp::from_micros(1_795_386_999_123_456),
            since_previous: Some(3_940_000),
            actor,
            event_type: event_type.to_owned(),
            sentence: String::new(),
            outcome: Verdict::Success,
            reason: None,
            raw_json: String::new(),
        }
    }

    #[test]
    fn arrows_follow_the_message() {
        for (actor, event_type, route, line) in [
            (ActorKind::Browser, "transaction.requested", "Browser to provider", Some((102, 161))),
            (ActorKind::User, "transaction.consented", "Person to provider", Some((34, 161))),
            (ActorKind::User, "transaction.code_issued", "Provider to browser", Some((170, 111))),
            (
                ActorKind::Client,
                "transaction.code_exchanged",
                "Client to provider",
                Some((238, 179)),
            ),
            (ActorKind::Client, "token.issued", "Provider to client", Some((170, 229))),
            (ActorKind::System, "transaction.expired", "Provider", None),
            (ActorKind::Operator, "token.revoked", "Operator", None),
        ] {
            let entry = entry(actor, event_type);
            assert_eq!((entry.route().as_str(), entry.line()), (route, line), "{event_type}");
        }
    }

    #[test]
    fn times_are_cut_from_the_recorded_text() {
        let entry = entry(ActorKind::System, "transaction.expired");
        assert_eq!(
            (entry.date(), entry.time()),
            ("2026-11-22".to_owned(), "22:36:39.123".to_owned())
        );
        assert_eq!(entry.spacing(), "later");
    }
}
