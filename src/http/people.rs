//! End-users of the built-in directory, as pages and tokens need them.

use moneta_events::{StreamId, SubjectId};
use moneta_projections::{sealed_field::SealedField, subject::SubjectView};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{op::Op, pages::Trouble};

/// What is known of a person.
#[derive(Debug, Default)]
pub struct Person {
    /// The name they sign in with.
    pub username: String,
    /// Their claims (OpenID Connect Core 1.0 §5.1).
    pub claims: Map<String, Value>,
}

/// Opens what is on record of a subject; nothing where it was erased.
pub async fn person(op: &Op, subject: SubjectId) -> Result<Person, Trouble> {
    let view = op.facts.subject(subject).await?;
    let username = field(op, subject.stream(), view.view.username.as_ref()).await;
    Ok(Person {
        username: String::from_utf8(username.to_vec()).unwrap_or_default(),
        claims: claims(op, subject, &view.view).await,
    })
}

/// The claims of a subject.
pub async fn claims(op: &Op, subject: SubjectId, view: &SubjectView) -> Map<String, Value> {
    let claims = field(op, subject.stream(), view.claims.as_ref()).await;
    serde_json::from_slice(&claims).unwrap_or_default()
}

/// The password hash of a subject, PHC text.
pub async fn password(
    op: &Op,
    subject: SubjectId,
    view: &SubjectView,
) -> Option<Zeroizing<String>> {
    let phc = field(op, subject.stream(), view.password.as_ref()).await;
    let phc = String::from_utf8(phc.to_vec()).ok()?;
    (!phc.is_empty()).then(|| Zeroizing::new(phc))
}

/// A personal field; empty where it cannot be opened any more.
pub async fn field(op: &Op, stream: StreamId, field: Option<&SealedField>) -> Zeroizing<Vec<u8>> {
    let Some(SealedField { sealed, event_type, field }) = field else {
        return Zeroizing::default();
    };
    match op.privacy.open(sealed, stream, event_type, field).await {
        Ok(bytes) => bytes,
        Err(cause) => {
            tracing::warn!(%stream, field, %cause, "a personal field cannot be opened");
            Zeroizing::default()
        }
    }
}
