//! Which tokens of a grant work.

use moneta_events::{
    Category, Reason, Scope,
    direct::{self, DirectEvent},
    token::{AccessTokenRevoked, RefreshRefused, Replayed, RevocationCause, Revoked, TokenEvent},
    transaction::{CodeReplayed, TransactionEvent},
};
use moneta_projections::{
    fold,
    introspection::{DirectFamily, TokenFamily, TransactionFamily},
};

use crate::support::{
    Log, at, authenticated, consented, digest, front_channel, issued, requested_for, stream,
    subject, token, transaction,
};

fn family(log: &Log) -> TokenFamily {
    fold::<TransactionFamily>(&log.stream(transaction(1))).unwrap().view.0
}

pub(crate) fn after_code_flow() -> Log {
    let mut log = Log::default();
    log.code_flow(transaction(1), "web");
    log
}

#[test]
fn an_access_token_is_active_until_it_expires() {
    let family = family(&after_code_flow());
    let active = family.access_token(&digest("access 0"), at(599)).unwrap();
    assert_eq!(active.terms.client_id.as_str(), "web");
    assert_eq!(*active.scope, Scope::parse("openid profile"));
    assert_eq!(active.audience, ["https://api.example/"]);
    assert_eq!((active.issued_at, active.expires_at), (at(0), at(600)));
    let end_user = active.end_user.unwrap();
    assert_eq!(end_user.subject, subject(1));
    assert_eq!(end_user.session, Some(stream(Category::Session, 1)));
    assert_eq!((&*active.terms.acr, &*active.terms.amr), ("password", &["pwd".to_owned()][..]));
    assert!(family.access_token(&digest("access 0"), at(600)).is_none());
    assert!(family.access_token(&digest("another"), at(0)).is_none());
    assert!(!family.has_offline_access());
}

#[test]
fn a_refresh_leaves_the_old_access_token_and_ends_the_old_refresh_token() {
    let mut log = after_code_flow();
    log.seconds = 100;
    log.add(transaction(1), &token(TokenEvent::Rotated(issued(1, "openid", 100))));
    let family = family(&log);
    assert!(family.access_token(&digest("access 0"), at(100)).is_some());
    let narrowed = family.access_token(&digest("access 1"), at(100)).unwrap();
    assert_eq!((narrowed.scope, narrowed.generation), (&Scope::parse("openid"), 1));
    assert_eq!(narrowed.terms.scope, Scope::parse("openid profile"));
    assert!(family.refresh_token(&digest("refresh 0"), at(100)).is_none());
    assert_eq!(family.refresh_token(&digest("refresh 1"), at(100)).unwrap().generation, 1);
    assert!(family.refresh_token(&digest("refresh 1"), at(100 + 86_400)).is_none());
}

#[test]
fn one_access_token_can_be_revoked_alone() {
    let mut log = after_code_flow();
    log.add(transaction(1), &token(TokenEvent::Rotated(issued(1, "openid", 0))));
    let revoked = AccessTokenRevoked { digest: digest("access 0") };
    log.add(transaction(1), &token(TokenEvent::AccessTokenRevoked(revoked)));
    let family = family(&log);
    assert!(family.access_token(&digest("access 0"), at(0)).is_none());
    assert!(family.access_token(&digest("access 1"), at(0)).is_some());
    assert!(family.refresh_token(&digest("refresh 1"), at(0)).is_some());
}

#[test]
fn nothing_of_a_revoked_or_replayed_family_is_active() {
    for event in [
        token(TokenEvent::Revoked(Revoked { cause: RevocationCause::Client })),
        token(TokenEvent::Replayed(Replayed { generation: 0 })),
        TransactionEvent::CodeReplayed(CodeReplayed { code: digest("code") }),
    ] {
        let mut log = after_code_flow();
        log.add(transaction(1), &event);
        log.add(transaction(1), &token(TokenEvent::Rotated(issued(1, "openid", 0))));
        let family = family(&log);
        assert!(family.is_revoked());
        for generation in 0..2 {
            let access = digest(&format!("access {generation}"));
            let refresh = digest(&format!("refresh {generation}"));
            assert!(family.access_token(&access, at(0)).is_none());
            assert!(family.refresh_token(&refresh, at(0)).is_none());
        }
    }
}

#[test]
fn a_token_of_the_front_channel_is_of_the_family() {
    let before_the_code_is_redeemed = || {
        let mut log = Log::default();
        log.add(transaction(1), &requested_for("code token", 0));
        log.add(transaction(1), &authenticated(1, 0));
        log.add(transaction(1), &consented("openid profile"));
        log.add(transaction(1), &front_channel("openid", 0));
        log
    };
    let works =
        |log: &Log, seconds| family(log).access_token(&digest("front"), at(seconds)).is_some();
    let mut log = before_the_code_is_redeemed();
    let known = family(&log);
    let active = known.access_token(&digest("front"), at(599)).unwrap();
    assert_eq!((active.scope, active.generation), (&Scope::parse("openid"), 0));
    assert_eq!(active.end_user.unwrap().subject, subject(1));
    assert_eq!(active.terms.scope, Scope::parse("openid profile"));
    assert!(!works(&log, 600));
    log.add(transaction(1), &token(TokenEvent::Issued(issued(0, "openid profile", 0))));
    assert!(works(&log, 0), "the tokens of the code are others");
    assert!(family(&log).access_token(&digest("access 0"), at(0)).is_some());

    for (event, front, code) in [
        (
            token(TokenEvent::AccessTokenRevoked(AccessTokenRevoked { digest: digest("front") })),
            false,
            true,
        ),
        (token(TokenEvent::Revoked(Revoked { cause: RevocationCause::Client })), false, false),
        (TransactionEvent::CodeReplayed(CodeReplayed { code: digest("code") }), false, false),
    ] {
        let mut log = before_the_code_is_redeemed();
        log.add(transaction(1), &token(TokenEvent::Issued(issued(0, "openid", 0))));
        log.add(transaction(1), &event);
        let of_the_code = family(&log).access_token(&digest("access 0"), at(0)).is_some();
        assert_eq!((works(&log, 0), of_the_code), (front, code), "{event:?}");
    }
}

#[test]
fn a_refused_refresh_changes_nothing() {
    let mut log = after_code_flow();
    let before = family(&log);
    let refused = RefreshRefused { reason: Reason::ScopeExceedsGrant, generation: 0 };
    log.add(transaction(1), &token(TokenEvent::RefreshRefused(refused)));
    assert_eq!(family(&log), before);
}

#[test]
fn a_family_is_small_and_does_not_grow_with_its_refreshes() {
    let mut log = after_code_flow();
    let one = family(&log).weight();
    assert!(one <= 200, "{one} bytes with one access and one refresh token");
    for generation in 1..200 {
        log.seconds += 600;
        let tokens = issued(generation, "openid profile", log.seconds);
        log.add(transaction(1), &token(TokenEvent::Rotated(tokens)));
    }
    assert_eq!(family(&log).weight(), one);
}

#[test]
fn equal_terms_are_kept_once() {
    let mut log = after_code_flow();
    log.code_flow(transaction(2), "web");
    log.code_flow(transaction(3), "other");
    let terms = |number| fold::<TransactionFamily>(&log.stream(transaction(number))).unwrap();
    let (a, b, c) = (terms(1), terms(2), terms(3));
    assert!(std::ptr::eq(a.view.0.terms().unwrap(), b.view.0.terms().unwrap()));
    assert!(!std::ptr::eq(a.view.0.terms().unwrap(), c.view.0.terms().unwrap()));
}

#[test]
fn a_direct_grant_has_no_end_user() {
    let mut log = Log::default();
    let one = stream(Category::Direct, 1);
    let mut tokens = issued(0, "reports:read", 0);
    tokens.refresh_token = None;
    let granted = direct::Granted {
        client_id: "batch".into(),
        grant_type: "client_credentials".into(),
        tokens,
    };
    log.add(one, &DirectEvent::Granted(granted));
    let folded = fold::<DirectFamily>(&log.stream(one)).unwrap();
    let active = folded.view.0.access_token(&digest("access 0"), at(0)).unwrap();
    assert_eq!((active.terms.client_id.as_str(), active.end_user), ("batch", None));
    log.add(
        one,
        &DirectEvent::Token(TokenEvent::Revoked(Revoked { cause: RevocationCause::Operator })),
    );
    let folded = fold::<DirectFamily>(&log.stream(one)).unwrap();
    assert!(folded.view.0.access_token(&digest("access 0"), at(0)).is_none());
}
