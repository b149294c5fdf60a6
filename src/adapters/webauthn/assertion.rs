//! Authenticating with a passkey (Web Authentication Level 3 §7.2).

use moneta_events::{Digest, Reason};
use serde::Deserialize;

use super::{
    LONGEST, WebAuthn, authenticator_data, bytes, cbor, client_data, cose::PublicKey, signed,
};
use crate::ports::authenticator::{Assertion, Challenges, KnownPasskey, Verified};

/// `AuthenticationResponseJSON` (§5.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    id: String,
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

pub(super) fn read(response: &str) -> Result<Assertion, Reason> {
    if response.len() > LONGEST {
        return Err(Reason::PasskeyMalformed);
    }
    let said: Authentication = serde_json::from_str(response).map_err(cbor::bad)?;
    if said.id != said.raw_id || said.kind != "public-key" {
        return Err(Reason::PasskeyMalformed);
    }
    let user_handle = said.response.user_handle.filter(|text| !text.is_empty());
    Ok(Assertion {
        credential_id: bytes(&said.raw_id)?,
        user_handle: user_handle.as_deref().map(bytes).transpose()?,
        authenticator_data: bytes(&said.response.authenticator_data)?,
        client_data: bytes(&said.response.client_data_json)?,
        signature: bytes(&said.response.signature)?,
    })
}

pub(super) fn verify(
    party: &WebAuthn,
    assertion: &Assertion,
    passkey: KnownPasskey<'_>,
    challenges: Challenges<'_>,
) -> Result<Verified, Reason> {
    let Assertion { authenticator_data, client_data, signature, .. } = assertion;
    let challenge = client_data::check(party, client_data, "webauthn.get", challenges)?;
    let data = authenticator_data::check(party, authenticator_data)?;
    if data.attested.is_some() || data.backup_eligible != passkey.backup_eligible {
        return Err(Reason::PasskeyMalformed);
    }
    if passkey.must_verify_user && !data.user_verified {
        return Err(Reason::PasskeyUserNotVerified);
    }
    let key = PublicKey::read(&passkey.public_key.0)?;
    key.verify(&signed(authenticator_data, client_data), signature)?;
    Ok(Verified {
        challenge,
        assertion: Digest::of(&[authenticator_data, client_data, signature]),
        sign_count: data.sign_count,
        user_verified: data.user_verified,
        backed_up: data.backed_up,
    })
}
