//! One line of `attacks.jsonl`, read strictly: a member this program does not know fails the run.

use serde::Deserialize;
use serde_json::{Map, Value};

const FILE: &str = include_str!("../../attacks/attacks.jsonl");

/// One attack and what a sound provider does about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    pub class: String,
    pub title: String,
    pub level: Level,
    pub kind: Kind,
    pub grant: String,
    pub endpoint: String,
    pub precondition: String,
    pub request: Request,
    pub expect: Expect,
    pub source: String,
    pub note: Option<String>,
}

/// How binding the source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    Must,
    Should,
    Policy,
}

/// How the request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Single,
    Sequence,
    Race,
    Load,
    Timing,
    Greybox,
}

impl Kind {
    /// Whether it measures, and so needs the machine for itself.
    pub const fn measures(self) -> bool {
        matches!(self, Self::Load | Self::Timing)
    }
}

/// What is sent, with templates in double braces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub params: Map<String, Value>,
    pub headers: Map<String, Value>,
    #[serde(default)]
    pub steps: Vec<String>,
    pub race: Option<Race>,
}

/// Many at once.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Race {
    pub n: usize,
    #[serde(default)]
    pub connections: Option<usize>,
    #[serde(default)]
    #[allow(dead_code, reason = "every race here starts together")]
    pub barrier: bool,
    #[serde(default)]
    pub same_connection: bool,
    #[serde(default)]
    pub repeat: Option<usize>,
}

/// What the answers must be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    #[serde(default)]
    pub status: Vec<u16>,
    #[serde(default)]
    pub error: Vec<String>,
    #[serde(default)]
    pub redirect: Redirect,
    #[serde(default)]
    pub must: Vec<String>,
    #[serde(default)]
    pub must_not: Vec<String>,
}

/// Where a browser may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redirect {
    /// Nothing is said about it.
    #[default]
    Unsaid,
    /// To no client.
    None,
    /// To the registered URI with an error and `iss`.
    ClientError,
    /// To the registered URI with a code and `iss`.
    ClientCode,
    /// Nowhere but to the issuer's own pages.
    OpPage,
    /// The endpoint never redirects.
    #[serde(rename = "n/a")]
    NotApplicable,
}

impl Case {
    /// The letters before the dash of its identifier.
    pub fn prefix(&self) -> &str {
        self.id.split('-').next().unwrap_or(&self.id)
    }

    /// A parameter of the request, where it is text.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.request.params.get(name)?.as_str()
    }
}

/// All cases of the file, in its order.
pub fn all() -> Vec<Case> {
    FILE.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}")))
        .collect()
}
