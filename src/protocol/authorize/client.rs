//! `client_id`: who is asking (RFC 6749 §2.2).

use moneta_events::Reason;

use super::Refusal;
use crate::protocol::{client::ClientFacts, params::Params};

/// Must be there, once, and name a client that is served.
pub(super) fn check<'a>(
    params: &Params<'_>,
    client: Option<&ClientFacts<'a>>,
) -> Result<ClientFacts<'a>, Refusal> {
    let Some(client_id) = params.get("client_id") else {
        return Err(Refusal::absent(params, "client_id", "the client_id is missing"));
    };
    match client {
        Some(client) if client.metadata.client_id.as_str() != client_id => Err(UNKNOWN),
        Some(client) if client.enabled => Ok(*client),
        Some(_) => {
            Err(Refusal { reason: Reason::ClientDisabled, description: "the client is disabled" })
        }
        None => Err(UNKNOWN),
    }
}

const UNKNOWN: Refusal =
    Refusal { reason: Reason::ClientUnknown, description: "there is no such client" };
