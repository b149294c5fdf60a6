//! What the authenticator says (Web Authentication Level 3 §6.1).

use minicbor::Decoder;
use moneta_events::{Reason, factor::CoseKey};
use uuid::Uuid;

use super::{WebAuthn, cbor, cose::PublicKey};

const FLAGS: usize = 32;
const ATTESTED: usize = 37;
/// Bytes of the longest credential ID (§7.1).
const CREDENTIAL_ID: usize = 1023;

/// Read, bound to this relying party, and held by somebody who touched the authenticator.
pub(super) struct AuthenticatorData {
    pub(super) sign_count: u32,
    pub(super) user_verified: bool,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
    pub(super) attested: Option<Attested>,
}

/// What is new in a registration (§6.5.1).
pub(super) struct Attested {
    pub(super) aaguid: Option<Uuid>,
    pub(super) credential_id: Vec<u8>,
    pub(super) public_key: CoseKey,
}

/// Reads and checks authenticator data (§7.1, §7.2).
pub(super) fn check(party: &WebAuthn, data: &[u8]) -> Result<AuthenticatorData, Reason> {
    let head = data.get(..ATTESTED).ok_or(Reason::PasskeyMalformed)?;
    if head[..FLAGS] != party.rp_id_hash {
        return Err(Reason::PasskeyOriginMismatch);
    }
    let flag = |bit: u8| head[FLAGS] & (1 << bit) != 0;
    let (user_present, user_verified) = (flag(0), flag(2));
    let (backup_eligible, backed_up) = (flag(3), flag(4));
    if !user_present || (backed_up && !backup_eligible) {
        return Err(Reason::PasskeyMalformed);
    }
    let sign_count = head[FLAGS + 1..].try_into().map(u32::from_be_bytes).map_err(cbor::bad)?;
    let mut rest = &data[ATTESTED..];
    let attested = if flag(6) { Some(attested(&mut rest)?) } else { None };
    if flag(7) {
        let mut decoder = Decoder::new(rest);
        let is_map = decoder.datatype().map_err(cbor::bad)? == minicbor::data::Type::Map;
        cbor::skip(&mut decoder)?;
        rest = &rest[decoder.position()..];
        if !is_map {
            return Err(Reason::PasskeyMalformed);
        }
    }
    if !rest.is_empty() {
        return Err(Reason::PasskeyMalformed);
    }
    Ok(AuthenticatorData { sign_count, user_verified, backup_eligible, backed_up, attested })
}

fn attested(rest: &mut &[u8]) -> Result<Attested, Reason> {
    let mut take = |count: usize| {
        let (taken, after) = rest.split_at_checked(count).ok_or(Reason::PasskeyMalformed)?;
        *rest = after;
        Ok::<_, Reason>(taken)
    };
    let aaguid = Uuid::from_slice(take(16)?).map_err(cbor::bad)?;
    let length = take(2)?.try_into().map(u16::from_be_bytes).map_err(cbor::bad)?;
    let length = usize::from(length);
    if length == 0 || length > CREDENTIAL_ID {
        return Err(Reason::PasskeyMalformed);
    }
    let credential_id = take(length)?.to_vec();
    let mut decoder = Decoder::new(rest);
    PublicKey::decode(&mut decoder)?;
    let (key, after) = rest.split_at(decoder.position());
    let public_key = CoseKey(key.into());
    *rest = after;
    Ok(Attested { aaguid: (!aaguid.is_nil()).then_some(aaguid), credential_id, public_key })
}
