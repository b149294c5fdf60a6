//! What the rules know of a client.

use moneta_events::{
    client::{ClientMetadata, ClientSecret},
    transaction::Requested,
};

use super::authorize::response_type::ResponseType;

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

/// Whether only the client that registered it has something of the answer to `request`: the operating system
/// gives an https URI only to its owner, or the answer is a code and the client proves itself at the token
/// endpoint. Anybody may listen at a loopback port or claim a scheme (RFC 8252 §8.6), so there the end-user
/// is always asked.
pub fn is_assured(client: &ClientMetadata, request: &Requested) -> bool {
    let response_type = ResponseType::parse(&request.response_type);
    let is_code = response_type.is_some_and(|asked| !asked.is_front_channel());
    request.redirect_uri.starts_with("https://") || (is_code && !client.is_public())
}
