//! Passkeys (Web Authentication Level 3): what pages tell browsers, and what comes back.

use moneta_events::{
    Actor, Digest, Reason, SubjectId,
    factor::{Factor, PasskeyRegistered, PasskeyUsed, Purpose},
};
use moneta_projections::subject::SubjectView;
use uuid::Uuid;

use super::{Refusal, Scene};
use crate::{
    domain::factors::Command,
    http::{op::Op, pages::Trouble, people, session::LiveSession},
    ports::authenticator::{Assertion, KnownPasskey, Verified},
    protocol::{
        passkey::{Ceremony, CreationOptions, Descriptor, RequestOptions, UserVerification},
        proofs::PasskeyProof,
    },
};

/// Characters of what an owner calls a passkey.
const LABEL: usize = 60;

/// A proof by a passkey, spent.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// Whose passkey it is.
    pub subject: SubjectId,
    /// Which one.
    pub credential: Digest,
    /// Names the assertion as evidence.
    pub assertion: Digest,
    /// What is known of it.
    pub passkey: PasskeyProof,
}

/// JSON options for `navigator.credentials.get`: any passkey of this site, or one of `whose`. None where
/// there are no passkeys.
pub async fn request(
    op: &Op,
    ceremony: &Ceremony,
    whose: Option<SubjectId>,
) -> Result<Option<String>, Trouble> {
    let Some(passkeys) = &op.passkeys else { return Ok(None) };
    let allowed = match whose {
        Some(subject) => descriptors(op, subject, &op.facts.subject(subject).await?.view).await,
        None => Vec::new(),
    };
    if whose.is_some() && allowed.is_empty() {
        return Ok(None);
    }
    let verification = match ceremony {
        Ceremony::SignIn { .. } => UserVerification::Required,
        _ => UserVerification::Preferred,
    };
    let challenge = op.challenges.give(ceremony, op.now(), op.entropy().bytes());
    let options = RequestOptions::new(challenge, passkeys.rp_id(), allowed, verification);
    Ok(serde_json::to_string(&options).ok())
}

/// Takes the proof of a passkey: of `whose`, or of whomever its authenticator names. It is spent with the
/// answer.
pub async fn prove(
    op: &Op,
    scene: Scene<'_>,
    ceremony: &Ceremony,
    whose: Option<SubjectId>,
    response: &str,
) -> Result<Result<Proof, Refusal>, Trouble> {
    let (place, now) = (scene.caller.place, scene.caller.now);
    if let Err(retry_after) = op.throttles.proof(place, now) {
        return Ok(Err(Refusal::throttled(retry_after)));
    }
    let reason = match checked(op, scene, ceremony, whose, response).await? {
        Ok(proof) => {
            op.throttles.proof_was_right(place);
            return Ok(Ok(proof));
        }
        Err(reason) => reason,
    };
    // Whom a stranger names at the door is no reason to write into their stream.
    Ok(Err(match whose {
        Some(subject) => scene.refused(op, subject, Factor::Passkey, reason.into()).await?,
        None => reason.into(),
    }))
}

async fn checked(
    op: &Op,
    scene: Scene<'_>,
    ceremony: &Ceremony,
    whose: Option<SubjectId>,
    response: &str,
) -> Result<Result<Proof, Reason>, Trouble> {
    let Some(passkeys) = &op.passkeys else { return Ok(Err(Reason::FactorMismatch)) };
    let assertion = match passkeys.read(response) {
        Ok(assertion) => assertion,
        Err(reason) => return Ok(Err(reason)),
    };
    let Some(subject) = named(&assertion, whose) else { return Ok(Err(Reason::PasskeyUnknown)) };
    let view = op.facts.subject(subject).await?;
    let credential = Digest::of(&[&assertion.credential_id]);
    let Some(passkey) = view.view.passkey(credential) else {
        return Ok(Err(Reason::PasskeyUnknown));
    };
    if !view.view.enabled {
        return Ok(Err(Reason::UserDisabled));
    }
    let known = KnownPasskey {
        public_key: &passkey.public_key,
        backup_eligible: passkey.backup_eligible,
        must_verify_user: scene.purpose == Purpose::SignIn,
    };
    let now = scene.caller.now;
    let challenges = |bytes: &[u8]| op.challenges.open(ceremony, bytes, now);
    let verified = match passkeys.verify(&assertion, known, &challenges) {
        Ok(verified) => verified,
        Err(reason) => return Ok(Err(reason)),
    };
    let Verified { challenge, assertion, sign_count, user_verified, backed_up } = verified;
    let purpose = scene.purpose;
    let used = PasskeyUsed {
        credential,
        purpose,
        challenge,
        assertion,
        sign_count,
        user_verified,
        backed_up,
    };
    let spent = scene.order(op, subject, Actor::user(subject), Command::UsePasskey(used)).await?;
    let passkey = PasskeyProof { backup_eligible: passkey.backup_eligible, user_verified };
    Ok(spent.map(|()| Proof { subject, credential, assertion, passkey }))
}

/// Whose passkey it claims to be. What the authenticator kept must agree with what is known.
fn named(assertion: &Assertion, whose: Option<SubjectId>) -> Option<SubjectId> {
    let handle = match &assertion.user_handle {
        Some(handle) => Some(SubjectId(Uuid::from_slice(handle).ok()?)),
        None => None,
    };
    match (whose, handle) {
        (Some(known), Some(named)) if known != named => None,
        (known, named) => known.or(named),
    }
}

/// JSON options for `navigator.credentials.create`. None where there are no passkeys.
pub async fn creation(op: &Op, held: &LiveSession) -> Result<Option<String>, Trouble> {
    let Some(passkeys) = &op.passkeys else { return Ok(None) };
    let subject = held.get().subject;
    let person = people::person(op, subject).await?;
    let known = descriptors(op, subject, &op.facts.subject(subject).await?.view).await;
    let ceremony = Ceremony::Registration { session: held.stream };
    let challenge = op.challenges.give(&ceremony, op.now(), op.entropy().bytes());
    let party = (passkeys.rp_id(), op.terms.brand.as_str());
    let options = CreationOptions::new(challenge, party, (subject, &person.username), known);
    Ok(serde_json::to_string(&options).ok())
}

/// Registers the passkey that was made for the end-user of a session, under the name they give it.
pub async fn register(
    op: &Op,
    scene: Scene<'_>,
    held: &LiveSession,
    response: &str,
    label: &str,
) -> Result<Result<Digest, Refusal>, Trouble> {
    let Some(passkeys) = &op.passkeys else { return Ok(Err(Reason::FactorMismatch.into())) };
    let (subject, now) = (held.get().subject, scene.caller.now);
    let ceremony = Ceremony::Registration { session: held.stream };
    let challenges = |bytes: &[u8]| op.challenges.open(&ceremony, bytes, now);
    let new = match passkeys.register(response, &challenges) {
        Ok(new) => new,
        Err(reason) => {
            return Ok(Err(scene.refused(op, subject, Factor::Passkey, reason.into()).await?));
        }
    };
    let key = op.privacy.data_key(subject.stream()).await?;
    let seal = |field, text: &[u8]| {
        key.seal(subject.stream(), "subject.passkey_registered", field, text, op.entropy())
    };
    let label: String = label.trim().chars().filter(|c| !c.is_control()).take(LABEL).collect();
    let label = if label.is_empty() { "Passkey" } else { &label };
    let credential = Digest::of(&[&new.credential_id]);
    let registered = PasskeyRegistered {
        credential,
        credential_id: seal("credential_id", &new.credential_id),
        public_key: new.public_key,
        challenge: new.challenge,
        sign_count: new.sign_count,
        aaguid: new.aaguid.map(|aaguid| aaguid.to_string()),
        user_verified: new.user_verified,
        backup_eligible: new.backup_eligible,
        backed_up: new.backed_up,
        transports: new.transports,
        label: seal("label", label.as_bytes()),
    };
    let command = Command::RegisterPasskey(Box::new(registered));
    match scene.order(op, subject, Actor::user(subject), command).await? {
        Ok(()) => Ok(Ok(credential)),
        Err(reason) => Ok(Err(scene.refused(op, subject, Factor::Passkey, reason.into()).await?)),
    }
}

/// The passkeys of somebody, as options name them.
async fn descriptors(op: &Op, subject: SubjectId, view: &SubjectView) -> Vec<Descriptor> {
    let mut descriptors = Vec::with_capacity(view.passkeys.len());
    for passkey in &view.passkeys {
        let id = people::field(op, subject.stream(), Some(&passkey.credential_id)).await;
        if !id.is_empty() {
            descriptors.push(Descriptor::new(&id, &passkey.transports));
        }
    }
    descriptors
}
