//! The playground: what the flows look like from a client's side, and what they leave on record.

use askama::Template;

use super::Frame;

/// One card per flow that can be tried.
#[derive(Debug, Template)]
#[template(path = "playground.html")]
pub struct Playground<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// A username and password to sign in with.
    pub credentials: Option<(&'a str, &'a str)>,
    /// The flows.
    pub flows: Vec<Flow<'a>>,
    /// What they left on record; a path of this server.
    pub transactions: &'a str,
}

/// A flow to try.
#[derive(Debug, Clone)]
pub struct Flow<'a> {
    /// Its name.
    pub title: &'a str,
    /// Who uses it, in a sentence or two.
    pub summary: &'a str,
    /// What is worth knowing, as label and value: client, authentication, challenge.
    pub facts: Vec<(&'a str, &'a str)>,
    /// Starts it.
    pub start: Button<'a>,
}

/// A form of one button, or a link that looks like one.
#[derive(Debug, Clone)]
pub struct Button<'a> {
    /// What it says.
    pub label: &'a str,
    /// Where it leads; a path of this server.
    pub action: &'a str,
    /// Whether it changes something and so is a form.
    pub post: bool,
    /// What the form sends, its token among it.
    pub fields: Vec<(&'a str, &'a str)>,
}

/// What a client has after a flow.
#[derive(Debug, Template)]
#[template(path = "playground_result.html")]
pub struct PlaygroundResult<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// What was tried.
    pub flow: &'a str,
    /// How it ended, as the page's heading.
    pub heading: &'a str,
    /// Whether it ended well.
    pub success: bool,
    /// What it means, in a sentence or two.
    pub summary: &'a str,
    /// What can be done with it: the first is the main one.
    pub buttons: Vec<Button<'a>>,
    /// What came, in the order it came.
    pub panels: Vec<Panel<'a>>,
}

/// One thing that came: the token response, the ID Token's claims, the answer of an endpoint.
#[derive(Debug, Clone)]
pub struct Panel<'a> {
    /// What it is.
    pub title: &'a str,
    /// Where it came from, such as `POST /token`.
    pub source: &'a str,
    /// Whether it did not come to the client at all: what the provider put on record.
    pub on_record: bool,
    /// What to look at.
    pub note: &'a str,
    /// Its members as name and value, secrets shortened.
    pub rows: Vec<(&'a str, String)>,
    /// Its text as it is, such as pretty printed JSON; may be empty.
    pub body: String,
}
