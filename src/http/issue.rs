//! What leaves the authorization endpoint once the end-user allows it: prepared, recorded with their consent
//! in one append, and made after that.

use moneta_events::{
    Digest,
    client::ClientMetadata,
    transaction::{Authenticated, CodeIssued, Consented, Requested},
};
use serde_json::Map;

use super::{
    authorize::refusal,
    error::EndpointError,
    op::Op,
    pages::Trouble,
    people,
    record::Pen,
    token::{Beside, FrontChannelDraft, Grant},
};
use crate::{
    domain::transaction::{Answer, Step},
    engine::gate::{EndUser, Holder, Wish},
    protocol::{
        authorize::{
            ResponseTarget,
            respond::{self, AuthorizationResponse},
            response_type::ResponseType,
        },
        claims,
        error::OAuthError,
        grantor::Grantor,
        handle::{HandleKind, digest_of},
        rules::OFFLINE_ACCESS,
    },
};

/// What is allowed, by whom and to whom.
pub(super) struct Granting<'a> {
    /// To whom.
    pub(super) client: &'a ClientMetadata,
    /// What was asked for.
    pub(super) requested: &'a Requested,
    /// By whom.
    pub(super) authenticated: &'a Authenticated,
    /// What is allowed.
    pub(super) consent: Consented,
    /// Where the answer goes.
    pub(super) target: ResponseTarget,
}

/// An answer that is on record.
pub(super) struct Issued {
    /// For the browser to take to the client.
    pub(super) answer: AuthorizationResponse,
    /// Whether it brings what was asked for.
    pub(super) granted: bool,
}

impl Pen<'_> {
    /// Records steps, consent and the answer in one append, and makes the answer.
    pub(super) async fn issue(
        self,
        op: &Op,
        mut steps: Vec<Step>,
        granting: Granting<'_>,
    ) -> Result<Issued, Trouble> {
        let Granting { client, requested, authenticated, consent, target } = granting;
        let response_type =
            ResponseType::parse(&requested.response_type).ok_or(Trouble::Expired)?;
        if response_type.is_front_channel()
            && let Err(error) = self.may_issue(op, requested, authenticated, &consent).await?
        {
            steps.push(Step::Refuse(refusal(requested, &error)));
            self.record(op, steps).await?;
            let answer = respond::error(target, &op.rules.issuer, &error);
            return Ok(Issued { answer, granted: false });
        }
        let (stream, now, scope) = (self.stream, self.caller.now, consent.scope.clone());
        let person = if response_type.has_claims_in_id_token() {
            let person = people::person(op, authenticated.subject).await?;
            claims::select(&person.claims, &claims::released(&op.rules, &scope))
        } else {
            Map::new()
        };
        let grantor = Grantor::of_transaction(requested, authenticated);
        let audience = match requested.audience.as_slice() {
            [] => op.audience_of(&scope),
            named => named.to_vec(),
        };
        let grant =
            Grant { stream, generation: 0, scope, audience, client, grantor: Some(grantor), now };
        let tokens = FrontChannelDraft::new(op, response_type, grant, person)
            .map_err(|cause| no_key(&cause))?;
        let code = response_type.code.then(|| Code::draw(op, self));
        steps.push(Step::Answer(Box::new(Answer {
            consent,
            code: code.as_ref().map(|code| CodeIssued {
                code: code.digest,
                expires_at: now.plus_seconds(op.rules.lifetimes.code.into()),
            }),
            access_token: tokens.access_token(),
            id_token: tokens.id_token(),
        })));
        let position = self.record(op, steps).await?.unwrap_or(0);
        let code =
            code.map(|code| op.handles.seal(HandleKind::Code, stream, 0, position, &code.secret));
        let beside = Beside { code, state: target.state.as_deref() };
        let brings =
            tokens.mint(op, client, &grantor, position, beside).map_err(|cause| no_key(&cause))?;
        let answer = respond::success(target, &op.rules.issuer, brings);
        Ok(Issued { answer, granted: true })
    }

    /// Whether user, client and session are still good. A code alone is asked about when it is redeemed.
    async fn may_issue(
        self,
        op: &Op,
        requested: &Requested,
        authenticated: &Authenticated,
        consent: &Consented,
    ) -> Result<Result<(), OAuthError>, Trouble> {
        let end_user = EndUser {
            subject: authenticated.subject,
            session: Some(authenticated.session),
            auth_time: authenticated.auth_time,
            offline: consent.scope.contains(OFFLINE_ACCESS),
        };
        let holder = Holder { client_id: requested.client_id.as_str(), end_user: Some(end_user) };
        let gate = op.facts.gate(holder, Wish::Issue, self.caller.now).await?;
        Ok(gate.map_err(OAuthError::access_denied))
    }
}

/// There is no key to sign with, or it does not sign.
fn no_key(cause: &EndpointError) -> Trouble {
    Trouble::Busy { retry_after: cause.retry_after.unwrap_or(5), too_many: false }
}

/// A code about to be issued.
struct Code {
    secret: [u8; 32],
    digest: Digest,
}

impl Code {
    fn draw(op: &Op, pen: Pen<'_>) -> Self {
        let secret = op.entropy().bytes::<32>();
        Self { secret, digest: digest_of(HandleKind::Code, pen.stream, 0, &secret) }
    }
}
