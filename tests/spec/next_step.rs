//! OpenID Connect Core 1.0 §3.1.2.1, §3.1.2.3, §3.1.2.6, §5.5.1.1: who must authenticate before an answer
//! goes out.

use moneta::protocol::{
    authorize::next_step::{LoginReason, NextStep, Progress, SessionFacts, Standing, next_step},
    error::ErrorCode,
};
use moneta_events::{
    Reason, Scope, SubjectId, Timestamp,
    client::ClientMetadata,
    transaction::{AuthenticationMethod, ConsentBasis, Requested},
};
use proptest::prelude::*;
use serde_json::json;

use crate::fixtures::{ALICE, BOB, NOW, ask, client, native, rules, spa, web};

/// A situation that leads straight to the answer, until a row changes it.
pub(crate) struct Case {
    pub(crate) client: ClientMetadata,
    pub(crate) changes: String,
    pub(crate) hinted: Option<SubjectId>,
    pub(crate) session: Option<SessionFacts<'static>>,
    pub(crate) remembered: Scope,
    pub(crate) authenticated: Option<AuthenticationMethod>,
    pub(crate) allowed: Option<Scope>,
}

pub(crate) fn good() -> Case {
    Case {
        client: web(),
        changes: "scope=openid+email".to_owned(),
        hinted: None,
        session: Some(SessionFacts { subject: ALICE, auth_time: NOW.plus_seconds(-100), acr: "1" }),
        remembered: Scope::parse("openid email"),
        authenticated: None,
        allowed: None,
    }
}

impl Case {
    pub(crate) fn step(&self) -> NextStep {
        let accepted = ask(&self.client, &self.changes).expect("the request is good");
        let request = Requested {
            hinted_subject: self.hinted,
            ..accepted.into_event(None, None, None, NOW.plus_seconds(600))
        };
        let standing = Standing {
            session: self.session,
            remembered: &self.remembered,
            progress: Progress {
                authenticated: self.authenticated,
                allowed: self.allowed.as_ref(),
            },
            now: NOW,
        };
        next_step(&request, &self.client, &rules(), &standing)
    }

    fn authenticated_at(&mut self, auth_time: Timestamp) {
        self.session = Some(SessionFacts { subject: ALICE, auth_time, acr: "1" });
    }
}

pub(crate) fn check(table: &[(&str, fn(&mut Case), NextStep)]) {
    for (case, change, expected) in table {
        let mut situation = good();
        change(&mut situation);
        assert_eq!(situation.step(), *expected, "{case}");
    }
}

pub(crate) fn issue(scope: &str, basis: ConsentBasis) -> NextStep {
    NextStep::Issue { scope: Scope::parse(scope), basis }
}

fn login(reason: LoginReason) -> NextStep {
    NextStep::Login { reason }
}

fn done() -> NextStep {
    issue("openid email", ConsentBasis::Remembered)
}

const ANEW: Option<AuthenticationMethod> = Some(AuthenticationMethod::Password);
const GOES_ON: Option<AuthenticationMethod> = Some(AuthenticationMethod::Session);

#[test]
fn core_3_1_2_3_who_must_authenticate() {
    check(&[
        ("signed in", |_| (), done()),
        ("nobody signed in", |c| c.session = None, login(LoginReason::NoSession)),
        (
            "session gone after a login in this transaction",
            |c| (c.session, c.authenticated) = (None, ANEW),
            login(LoginReason::NoSession),
        ),
        ("prompt=login", |c| c.changes += "&prompt=login", login(LoginReason::Prompted)),
        (
            "prompt=login, signed in anew",
            |c| {
                c.changes += "&prompt=login";
                c.authenticated = ANEW;
            },
            done(),
        ),
        (
            "prompt=login is not met by going on as who one is",
            |c| {
                c.changes += "&prompt=login";
                c.authenticated = GOES_ON;
            },
            login(LoginReason::Prompted),
        ),
    ]);
}

#[test]
fn core_3_1_2_1_max_age() {
    check(&[
        ("young enough, to the second", |c| c.changes += "&max_age=100", done()),
        ("too old", |c| c.changes += "&max_age=99", login(LoginReason::TooOld)),
        (
            "too old by less than a second, as the client will count",
            |c| {
                c.changes += "&max_age=1";
                c.authenticated_at(Timestamp::from_micros(NOW.as_micros() - 1_000_001));
            },
            login(LoginReason::TooOld),
        ),
        (
            "0 is prompt=login",
            |c| {
                c.changes += "&max_age=0";
                c.authenticated_at(NOW);
            },
            login(LoginReason::TooOld),
        ),
        (
            "0, signed in anew",
            |c| {
                c.changes += "&max_age=0";
                c.authenticated = ANEW;
            },
            done(),
        ),
        (
            "default_max_age",
            |c| c.client = client(&json!({"default_max_age": 60})),
            login(LoginReason::TooOld),
        ),
        (
            "max_age over default_max_age",
            |c| {
                c.client = client(&json!({"default_max_age": 60}));
                c.changes += "&max_age=10000";
            },
            done(),
        ),
        (
            "a clock that went back makes nobody old",
            |c| {
                c.changes += "&max_age=1";
                c.authenticated_at(NOW.plus_seconds(30));
            },
            done(),
        ),
    ]);
}

#[test]
fn core_5_5_1_1_acr_values_are_wishes() {
    check(&[
        ("reached", |c| c.changes += "&acr_values=2+1", done()),
        ("not reached", |c| c.changes += "&acr_values=2", login(LoginReason::TooWeak)),
        (
            "not reached by a fresh login",
            |c| {
                c.changes += "&acr_values=2";
                c.authenticated = ANEW;
            },
            done(),
        ),
        ("not reached, no page wanted", |c| c.changes += "&acr_values=2&prompt=none", done()),
        ("unknown", |c| c.changes += "&acr_values=9", done()),
        (
            "session from before the contexts were renamed",
            |c| {
                c.changes += "&acr_values=1";
                c.session = Some(SessionFacts { acr: "old", ..c.session.unwrap() });
            },
            login(LoginReason::TooWeak),
        ),
    ]);
}

#[test]
fn core_3_1_2_2_the_hinted_subject() {
    check(&[
        ("is signed in", |c| c.hinted = Some(ALICE), done()),
        ("somebody else is", |c| c.hinted = Some(BOB), login(LoginReason::OtherSubject)),
        (
            "somebody else goes on as who they are",
            |c| (c.hinted, c.authenticated) = (Some(BOB), GOES_ON),
            login(LoginReason::OtherSubject),
        ),
    ]);
    let other_signed_in = Case { hinted: Some(BOB), authenticated: ANEW, ..good() };
    let NextStep::Refuse(error) = other_signed_in.step() else { panic!("must be refused") };
    assert_eq!(error.code, ErrorCode::LoginRequired);
}

#[test]
fn core_3_1_2_1_select_account() {
    check(&[
        ("asked", |c| c.changes += "&prompt=select_account", NextStep::SelectAccount),
        (
            "nobody to choose from",
            |c| {
                c.changes += "&prompt=select_account";
                c.session = None;
            },
            login(LoginReason::NoSession),
        ),
        (
            "chosen",
            |c| {
                c.changes += "&prompt=select_account";
                c.authenticated = GOES_ON;
            },
            done(),
        ),
        (
            "signed in as another",
            |c| {
                c.changes += "&prompt=select_account+login";
                c.authenticated = ANEW;
            },
            done(),
        ),
    ]);
}

#[test]
fn core_3_1_2_6_prompt_none() {
    use ErrorCode::{ConsentRequired, LoginRequired};
    let table: [(&str, fn(&mut Case), ErrorCode, Reason); 6] = [
        ("nobody signed in", |c| c.session = None, LoginRequired, Reason::LoginRequired),
        ("too old", |c| c.changes += "&max_age=1", LoginRequired, Reason::LoginRequired),
        ("max_age=0", |c| c.changes += "&max_age=0", LoginRequired, Reason::LoginRequired),
        (
            "somebody else than hinted",
            |c| c.hinted = Some(BOB),
            LoginRequired,
            Reason::HintedSubjectMismatch,
        ),
        (
            "consent missing",
            |c| c.remembered = Scope::default(),
            ConsentRequired,
            Reason::ConsentRequired,
        ),
        ("client always asked", |c| c.client = native(), ConsentRequired, Reason::ConsentRequired),
    ];
    for (case, change, code, reason) in table {
        let mut situation = good();
        situation.changes += "&prompt=none";
        change(&mut situation);
        match situation.step() {
            NextStep::Refuse(error) => {
                assert_eq!((error.code, error.reason), (code, reason), "{case}");
            }
            other => panic!("{case}: not refused but {other:?}"),
        }
    }
    check(&[("nothing is missing", |c| c.changes += "&prompt=none", done())]);
}

proptest! {
    /// Whatever the situation: prompt=none never leads to a page, and nothing is granted without a
    /// session, without consent, or beyond what was asked for.
    #[test]
    fn nothing_is_granted_that_was_not_earned(
        prompt in prop::sample::select(vec!["", "none", "login", "consent", "select_account"]),
        scope in prop::sample::select(vec!["openid email", "openid offline_access", "api:read"]),
        max_age in prop::sample::select(vec!["", "0", "50", "5000"]),
        which in 0usize..4,
        session in prop::option::of(prop::sample::select(vec![ALICE, BOB])),
        hinted in prop::option::of(prop::sample::select(vec![ALICE, BOB])),
        remembered in prop::sample::select(vec!["", "openid", "openid email offline_access api:read"]),
        authenticated in prop::sample::select(vec![None, ANEW, GOES_ON]),
        allowed in prop::option::of(prop::sample::select(vec!["openid", "openid email api:read"])),
    ) {
        let skip = client(&json!({"consent": "skip"}));
        let auth_time = NOW.plus_seconds(-100);
        let situation = Case {
            client: [web(), spa(), native(), skip][which].clone(),
            changes: format!("prompt={prompt}&scope={scope}&max_age={max_age}"),
            hinted,
            session: session.map(|subject| SessionFacts { subject, auth_time, acr: "1" }),
            remembered: Scope::parse(remembered),
            authenticated,
            allowed: allowed.map(Scope::parse),
        };
        let (silent, fresh) = (prompt == "none", authenticated == ANEW);
        match situation.step() {
            NextStep::Login { .. } | NextStep::SelectAccount | NextStep::Consent { .. } => {
                prop_assert!(!silent);
            }
            NextStep::Refuse(_) => prop_assert!(silent || (fresh && hinted != session)),
            NextStep::Issue { scope: granted, basis } => {
                prop_assert!(session.is_some());
                prop_assert!(hinted.is_none() || hinted == session);
                prop_assert!(granted.is_subset_of(&Scope::parse(scope)));
                prop_assert!(fresh || (prompt != "login" && !matches!(max_age, "0" | "50")));
                prop_assert!(basis == ConsentBasis::Asked || (which != 2 && prompt != "consent"));
                let consented = match basis {
                    ConsentBasis::Asked => situation.allowed,
                    ConsentBasis::Remembered => Some(situation.remembered),
                    ConsentBasis::Configured => (which == 3).then(|| granted.clone()),
                };
                prop_assert!(granted.is_subset_of(&consented.unwrap()));
            }
        }
    }
}
