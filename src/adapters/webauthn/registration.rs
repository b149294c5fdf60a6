//! Registering a passkey (Web Authentication Level 3 §7.1).

use minicbor::Decoder;
use moneta_events::Reason;
use serde::Deserialize;

use super::{
    LONGEST, WebAuthn, authenticator_data, bytes, cbor, client_data, cose::PublicKey, signed,
};
use crate::ports::authenticator::{Challenges, NewPasskey};

/// The transports there are (§5.8.4); others are left out.
const TRANSPORTS: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];

/// `RegistrationResponseJSON` (§5.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
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
    attestation_object: String,
    #[serde(default)]
    transports: Vec<String>,
}

pub(super) fn register(
    party: &WebAuthn,
    response: &str,
    challenges: Challenges<'_>,
) -> Result<NewPasskey, Reason> {
    if response.len() > LONGEST {
        return Err(Reason::PasskeyMalformed);
    }
    let said: Registration = serde_json::from_str(response).map_err(cbor::bad)?;
    if said.id != said.raw_id || said.kind != "public-key" {
        return Err(Reason::PasskeyMalformed);
    }
    let client_data = bytes(&said.response.client_data_json)?;
    let challenge = client_data::check(party, &client_data, "webauthn.create", challenges)?;
    let object = bytes(&said.response.attestation_object)?;
    let object = AttestationObject::decode(&object)?;
    let data = authenticator_data::check(party, object.authenticator_data)?;
    let attested = data.attested.ok_or(Reason::PasskeyMalformed)?;
    if attested.credential_id != bytes(&said.raw_id)? {
        return Err(Reason::PasskeyMalformed);
    }
    if let Statement::Itself { algorithm, signature } = object.statement {
        let key = PublicKey::read(&attested.public_key.0)?;
        if key.algorithm() != algorithm {
            return Err(Reason::PasskeyMalformed);
        }
        key.verify(&signed(object.authenticator_data, &client_data), signature)?;
    }
    let mut transports: Vec<String> = TRANSPORTS
        .into_iter()
        .filter(|known| said.response.transports.iter().any(|own| own == known))
        .map(ToOwned::to_owned)
        .collect();
    transports.sort_unstable();
    Ok(NewPasskey {
        credential_id: attested.credential_id,
        public_key: attested.public_key,
        challenge,
        sign_count: data.sign_count,
        aaguid: attested.aaguid,
        user_verified: data.user_verified,
        backup_eligible: data.backup_eligible,
        backed_up: data.backed_up,
        transports,
    })
}

/// An attestation object (§6.5).
struct AttestationObject<'a> {
    authenticator_data: &'a [u8],
    statement: Statement<'a>,
}

/// The two statements there can be where none is asked for (§5.1.3).
enum Statement<'a> {
    /// `none` (§8.7).
    Nothing,
    /// `packed`, by the new key itself (§8.2).
    Itself { algorithm: i64, signature: &'a [u8] },
}

impl<'a> AttestationObject<'a> {
    fn decode(object: &'a [u8]) -> Result<Self, Reason> {
        let mut decoder = Decoder::new(object);
        let (mut format, mut statement, mut data) = (None, None, None);
        for _ in 0..cbor::map(&mut decoder)? {
            match decoder.str().map_err(cbor::bad)? {
                "fmt" if format.is_none() => format = Some(decoder.str().map_err(cbor::bad)?),
                "attStmt" if statement.is_none() => {
                    let start = decoder.position();
                    cbor::skip(&mut decoder)?;
                    statement = Some(&object[start..decoder.position()]);
                }
                "authData" if data.is_none() => data = Some(decoder.bytes().map_err(cbor::bad)?),
                _ => return Err(Reason::PasskeyMalformed),
            }
        }
        let (Some(format), Some(statement), Some(authenticator_data)) = (format, statement, data)
        else {
            return Err(Reason::PasskeyMalformed);
        };
        if decoder.position() != object.len() {
            return Err(Reason::PasskeyMalformed);
        }
        Ok(Self { authenticator_data, statement: Statement::decode(format, statement)? })
    }
}

impl<'a> Statement<'a> {
    fn decode(format: &str, statement: &'a [u8]) -> Result<Self, Reason> {
        let mut decoder = Decoder::new(statement);
        let entries = cbor::map(&mut decoder)?;
        match format {
            "none" if entries == 0 => Ok(Self::Nothing),
            "packed" if entries == 2 => {
                let (mut algorithm, mut signature) = (None, None);
                for _ in 0..entries {
                    match decoder.str().map_err(cbor::bad)? {
                        "alg" => algorithm = Some(decoder.i64().map_err(cbor::bad)?),
                        "sig" => signature = Some(decoder.bytes().map_err(cbor::bad)?),
                        _ => return Err(Reason::PasskeyMalformed),
                    }
                }
                let (Some(algorithm), Some(signature)) = (algorithm, signature) else {
                    return Err(Reason::PasskeyMalformed);
                };
                Ok(Self::Itself { algorithm, signature })
            }
            _ => Err(Reason::PasskeyMalformed),
        }
    }
}
