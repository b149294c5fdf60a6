//! What the rules know of a client.

use moneta_events::client::{ClientMetadata, ClientSecret};

/// A client as it stands in its stream. Borrowed: looking at it costs nothing.
#[derive(Debug, Clone, Copy)]
pub struct ClientFacts<'a> {
    /// Its registration.
    pub metadata: &'a ClientMetadata,
    /// Its secrets, those that expired among them.
    pub secrets: &'a [ClientSecret],
    /// Whether it is served at all.
    pub enabled: bool,
    /// Revision of its stream that all this is from.
    pub revision: u64,
}

/// Whether an answer at `redirect_uri` can only reach the client that registered it: the client proves
/// itself at the token endpoint, or the operating system gives an https URI only to its owner. Anybody
/// may listen at a loopback port or claim a scheme (RFC 8252 §8.6), so there the end-user is always asked.
pub fn is_assured(client: &ClientMetadata, redirect_uri: &str) -> bool {
    !client.is_public() || redirect_uri.starts_with("https://")
}
