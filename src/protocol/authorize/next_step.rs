//! What an authorization transaction needs next: a page, or none (OpenID Connect Core 1.0 §3.1.2.3,
//! §3.1.2.4, §3.1.2.6).

use moneta_events::{
    Reason, Scope, SubjectId, Timestamp,
    client::{ClientMetadata, ConsentPolicy},
    transaction::{AuthenticationMethod, ConsentBasis, Prompt, Requested},
};

use crate::protocol::{
    client::is_assured,
    error::{ErrorCode, OAuthError},
    rules::{OFFLINE_ACCESS, Rules},
};

/// What is known of the live session of this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts<'a> {
    /// Who is signed in.
    pub subject: SubjectId,
    /// When they last authenticated.
    pub auth_time: Timestamp,
    /// The authentication context they reached.
    pub acr: &'a str,
}

/// How far the transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress<'a> {
    /// How the end-user of the session authenticated in this transaction, if they did: with a credential,
    /// or by choosing to go on as who they are.
    pub authenticated: Option<AuthenticationMethod>,
    /// The scope they allowed on the consent page of this transaction.
    pub allowed: Option<&'a Scope>,
}

/// All that a step depends on beside the request, the client and the rules.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The session, if there is a live one.
    pub session: Option<SessionFacts<'a>>,
    /// What the session's end-user allowed this client before, and wanted remembered.
    pub remembered: &'a Scope,
    /// How far the transaction has come.
    pub progress: Progress<'a>,
    /// When.
    pub now: Timestamp,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// The end-user must authenticate.
    Login {
        /// Why.
        reason: LoginReason,
    },
    /// The end-user must say whether to go on as who they are.
    SelectAccount,
    /// The end-user must be asked.
    Consent {
        /// For what.
        scope: Scope,
    },
    /// Nothing: the answer may go out.
    Issue {
        /// What is granted.
        scope: Scope,
        /// Why consent is taken as given.
        basis: ConsentBasis,
    },
    /// It ends here.
    Refuse(OAuthError),
}

/// Why somebody must authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginReason {
    /// Nobody is signed in.
    NoSession,
    /// Somebody else is signed in than the `id_token_hint` names.
    OtherSubject,
    /// `prompt=login`.
    Prompted,
    /// The authentication is older than `max_age`.
    TooOld,
    /// A stronger authentication is wanted by `acr_values`.
    TooWeak,
}

/// Says what comes next. Ask again after each step: the answer depends on nothing but the arguments.
pub fn next_step(
    request: &Requested,
    client: &ClientMetadata,
    rules: &Rules,
    standing: &Standing<'_>,
) -> NextStep {
    let silent = request.prompt.contains(&Prompt::None);
    match login(request, rules, standing) {
        // The request asked to see no page; a wish for a stronger authentication is then not met (§5.5.1.1).
        Some(LoginReason::TooWeak) if silent => {}
        Some(LoginReason::OtherSubject) if silent || is_fresh(standing) => {
            return NextStep::Refuse(OTHER_SUBJECT);
        }
        Some(_) if silent => return NextStep::Refuse(LOGIN_REQUIRED),
        Some(reason) => return NextStep::Login { reason },
        None => {}
    }
    let chosen = standing.progress.authenticated.is_some();
    if request.prompt.contains(&Prompt::SelectAccount) && !chosen {
        return NextStep::SelectAccount;
    }
    consent(request, client, standing)
}

/// Whether the end-user authenticated with a credential in this transaction.
fn is_fresh(standing: &Standing<'_>) -> bool {
    matches!(
        standing.progress.authenticated,
        Some(AuthenticationMethod::Password | AuthenticationMethod::Passkey)
    )
}

fn login(request: &Requested, rules: &Rules, standing: &Standing<'_>) -> Option<LoginReason> {
    let Some(session) = standing.session else {
        return Some(LoginReason::NoSession);
    };
    if request.hinted_subject.is_some_and(|hinted| hinted != session.subject) {
        return Some(LoginReason::OtherSubject);
    }
    if is_fresh(standing) {
        return None;
    }
    if request.prompt.contains(&Prompt::Login) {
        return Some(LoginReason::Prompted);
    }
    if request.max_age.is_some_and(|limit| is_older(session.auth_time, limit, standing.now)) {
        return Some(LoginReason::TooOld);
    }
    let weakest = request.acr_values.iter().filter_map(|acr| rules.acr_rank(acr)).min();
    if weakest > rules.acr_rank(session.acr) {
        return Some(LoginReason::TooWeak);
    }
    None
}

/// Whether more than `limit` seconds passed since `auth_time`, counted as the client will count: from the
/// whole seconds of the `auth_time` claim. `max_age=0` is `prompt=login` (§3.1.2.1).
fn is_older(auth_time: Timestamp, limit: u32, now: Timestamp) -> bool {
    let claimed = Timestamp::from_seconds(auth_time.as_seconds());
    limit == 0 || now > claimed.plus_seconds(limit.into())
}

fn consent(request: &Requested, client: &ClientMetadata, standing: &Standing<'_>) -> NextStep {
    let asked_for = request.prompt.contains(&Prompt::Consent);
    let assured = is_assured(client, request);
    let configured = assured && client.consent == ConsentPolicy::Skip;
    let offline =
        asked_for || configured || (assured && standing.remembered.contains(OFFLINE_ACCESS));
    // Access while the end-user is away needs their consent, and is otherwise not asked for (§11).
    let scope: Scope =
        request.scope.iter().filter(|token| offline || *token != OFFLINE_ACCESS).collect();

    if let Some(allowed) = standing.progress.allowed {
        return NextStep::Issue { scope: scope.intersection(allowed), basis: ConsentBasis::Asked };
    }
    if configured && !asked_for {
        return NextStep::Issue { scope, basis: ConsentBasis::Configured };
    }
    if assured && !asked_for && scope.is_subset_of(standing.remembered) {
        return NextStep::Issue { scope, basis: ConsentBasis::Remembered };
    }
    if request.prompt.contains(&Prompt::None) {
        return NextStep::Refuse(CONSENT_REQUIRED);
    }
    NextStep::Consent { scope }
}

const LOGIN_REQUIRED: OAuthError = OAuthError::new(
    ErrorCode::LoginRequired,
    Reason::LoginRequired,
    "the end-user must sign in, and prompt=none forbids to ask them",
);

const OTHER_SUBJECT: OAuthError = OAuthError::new(
    ErrorCode::LoginRequired,
    Reason::HintedSubjectMismatch,
    "the end-user named by id_token_hint is not signed in",
);

const CONSENT_REQUIRED: OAuthError = OAuthError::new(
    ErrorCode::ConsentRequired,
    Reason::ConsentRequired,
    "the end-user must consent, and prompt=none forbids to ask them",
);
