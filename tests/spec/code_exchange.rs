//! Redeeming a code: every check, and in which order they are made (RFC 6749 §4.1.3, RFC 7636 §4.6).

use std::sync::Arc;

use moneta::domain::{
    Aggregate as _,
    transaction::{Answer, Exchange, Step, Transaction},
};
use moneta_events::{
    Category, Digest, EventPayload as _, Reason, Scope, StreamId, Timestamp,
    token::{AccessToken, AccessTokenFormat, Issued, RefreshToken},
    transaction::{Authenticated, AuthenticationMethod, CodeIssued, ConsentBasis, Consented},
};
use uuid::Uuid;

use crate::fixtures::{ALICE, NOW, VERIFIER, ask, web};

const ATTEMPTS: u32 = 5;

/// A transaction, and the redemption that is about to come.
struct Case {
    transaction: Transaction,
    exchange: Exchange,
}

impl Case {
    /// Everything is as it should be.
    fn good() -> Self {
        let asked = ask(&web(), "scope=openid+profile").unwrap();
        let expires_at = NOW.plus_seconds(600);
        let requested = asked.into_event(None, None, None, expires_at);
        let authenticated = Authenticated {
            subject: ALICE,
            session: StreamId::new(Category::Session, Uuid::from_u128(0x5E55)),
            auth_time: NOW,
            acr: "1".to_owned(),
            amr: vec!["pwd".to_owned()],
            method: AuthenticationMethod::Password,
            transaction_key: None,
        };
        let scope = Scope::parse("openid");
        let consent = Consented { scope: scope.clone(), basis: ConsentBasis::Asked, shown: None };
        let code = Digest::of(&[b"code"]);
        let mut transaction = Transaction::default();
        for step in [
            Step::Request(Arc::new(requested)),
            Step::Authenticate(Arc::new(authenticated)),
            Step::Answer(Box::new(Answer {
                consent,
                code: Some(CodeIssued { code, expires_at: NOW.plus_seconds(60) }),
                access_token: None,
                id_token: None,
            })),
        ] {
            assert_eq!(tell(&mut transaction, step).0, Ok(()));
        }
        let access_token = AccessToken {
            digest: Digest::of(&[b"access"]),
            format: AccessTokenFormat::Opaque,
            scope,
            audience: Vec::new(),
            expires_at: NOW.plus_seconds(600),
        };
        let refresh_token =
            RefreshToken { digest: Digest::of(&[b"refresh"]), expires_at: NOW.plus_seconds(3_600) };
        let exchange = Exchange {
            code,
            client_id: "web".into(),
            redirect_uri: Some("https://rp.example/cb".to_owned()),
            code_verifier: Some(VERIFIER.to_owned()),
            attempts: ATTEMPTS,
            gate: Ok(()),
            issued: Issued {
                generation: 0,
                access_token,
                refresh_token: Some(refresh_token),
                id_token: None,
            },
            now: NOW,
        };
        Self { transaction, exchange }
    }

    fn redeem(&mut self) -> (Result<(), Reason>, Vec<&'static str>) {
        tell(&mut self.transaction, Step::Exchange(Box::new(self.exchange.clone())))
    }

    fn redeem_badly(&mut self) {
        let exchange = Exchange { redirect_uri: None, ..self.exchange.clone() };
        let (verdict, _) = tell(&mut self.transaction, Step::Exchange(Box::new(exchange)));
        assert!(verdict.is_err());
    }
}

/// Takes a step; answers with the verdict and what went on record.
fn tell(transaction: &mut Transaction, step: Step) -> (Result<(), Reason>, Vec<&'static str>) {
    let decision = transaction.decide(&vec![step]);
    decision.events.iter().for_each(|event| transaction.evolve(event));
    (decision.verdict, decision.events.iter().map(|event| event.event_type().name).collect())
}

/// What can be wrong, in the order it is looked at, with the reason each gives and what it leaves behind.
const WRONG: [(&str, fn(&mut Case), Reason, &[&str]); 12] = [
    (
        "a code that was not issued here",
        |case| case.exchange.code = Digest::of(&[b"another"]),
        Reason::CodeUnknown,
        &[],
    ),
    (
        "another client: it learns nothing of the code, and hurts nobody",
        |case| case.exchange.client_id = "mallory".into(),
        Reason::CodeClientMismatch,
        &["transaction.code_refused"],
    ),
    (
        "a code that was used: what it bought is revoked (RFC 6749 §4.1.2)",
        |case| {
            let good = Case::good().exchange;
            let _ = tell(&mut case.transaction, Step::Exchange(Box::new(good)));
        },
        Reason::CodeReplayed,
        &["transaction.code_replayed", "token.revoked"],
    ),
    (
        "a code whose time was put on record as over",
        |case| {
            let _ = tell(&mut case.transaction, Step::Expire(NOW.plus_seconds(60)));
        },
        Reason::CodeExpired,
        &[],
    ),
    (
        "too many wrong redemptions before",
        |case| (0..ATTEMPTS).for_each(|_| case.redeem_badly()),
        Reason::CodeAttemptsExhausted,
        &[],
    ),
    (
        "a code that is too old (RFC 6749 §4.1.2)",
        |case| case.exchange.now = NOW.plus_seconds(60),
        Reason::CodeExpired,
        &["transaction.code_refused"],
    ),
    (
        "another redirect_uri (RFC 6749 §4.1.3)",
        |case| case.exchange.redirect_uri = Some("https://rp.example/other".to_owned()),
        Reason::CodeRedirectUriMismatch,
        &["transaction.code_refused"],
    ),
    (
        "no redirect_uri (RFC 6749 §4.1.3)",
        |case| case.exchange.redirect_uri = None,
        Reason::CodeRedirectUriMismatch,
        &["transaction.code_refused"],
    ),
    (
        "no code_verifier (RFC 7636 §4.6)",
        |case| case.exchange.code_verifier = None,
        Reason::CodeVerifierMissing,
        &["transaction.code_refused"],
    ),
    (
        "a user, client or session that is no longer good (security rule 4)",
        |case| case.exchange.gate = Err(Reason::UserDisabled),
        Reason::UserDisabled,
        &["transaction.code_refused"],
    ),
    (
        "tokens for more than was granted",
        |case| case.exchange.issued.access_token.scope = Scope::parse("openid profile"),
        Reason::ScopeExceedsGrant,
        &["transaction.code_refused"],
    ),
    (
        "tokens of a later generation",
        |case| case.exchange.issued.generation = 1,
        Reason::ScopeExceedsGrant,
        &["transaction.code_refused"],
    ),
];

#[test]
fn rfc6749_4_1_3_a_good_redemption() {
    let (verdict, recorded) = Case::good().redeem();
    assert_eq!(verdict, Ok(()));
    assert_eq!(recorded, ["transaction.code_exchanged", "token.issued"]);
}

#[test]
fn rfc6749_4_1_3_each_check_refuses() {
    for (name, go_wrong, reason, recorded) in WRONG {
        let mut case = Case::good();
        go_wrong(&mut case);
        assert_eq!(case.redeem(), (Err(reason), recorded.to_vec()), "{name}");
    }
}

#[test]
fn rfc6749_4_1_3_the_first_check_that_fails_decides() {
    for (at, (first, go_wrong, reason, _)) in WRONG.iter().enumerate() {
        for (second, go_wrong_too, ..) in &WRONG[at + 1..] {
            let mut case = Case::good();
            go_wrong(&mut case);
            go_wrong_too(&mut case);
            assert_eq!(case.redeem().0, Err(*reason), "{first}, and {second}");
        }
    }
}

#[test]
fn rfc7636_4_6_every_way_a_verifier_can_be_wrong() {
    let other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (verifier, reason) in [
        (None, Reason::CodeVerifierMissing),
        (Some(""), Reason::CodeVerifierMismatch),
        (Some("short"), Reason::CodeVerifierMismatch),
        (Some(other), Reason::CodeVerifierMismatch),
    ] {
        let mut case = Case::good();
        case.exchange.code_verifier = verifier.map(str::to_owned);
        assert_eq!(case.redeem().0, Err(reason), "{verifier:?}");
    }
}

#[test]
fn rfc6749_4_1_2_a_refused_redemption_leaves_the_code_good() {
    for (name, go_wrong, reason, recorded) in WRONG {
        if recorded != ["transaction.code_refused"] || reason == Reason::CodeExpired {
            continue;
        }
        let mut case = Case::good();
        go_wrong(&mut case);
        assert_eq!(case.redeem().0, Err(reason), "{name}");
        case.exchange = Case::good().exchange;
        assert_eq!(case.redeem().0, Ok(()), "after {name}");
    }
}

#[test]
fn rfc6749_4_1_2_a_code_found_too_old_stays_so_even_where_the_clock_goes_back() {
    let (_, go_wrong, reason, _) =
        WRONG.into_iter().find(|(_, _, reason, _)| *reason == Reason::CodeExpired).unwrap();
    let mut case = Case::good();
    go_wrong(&mut case);
    assert_eq!(case.redeem().0, Err(reason));
    case.exchange = Case::good().exchange;
    assert_eq!(case.redeem().0, Err(reason));
}

#[test]
fn wrong_redemptions_on_record_are_few() {
    let mut case = Case::good();
    case.exchange.client_id = "mallory".into();
    let recorded: usize = (0..50).map(|_| case.redeem().1.len()).sum();
    assert_eq!(recorded, 3, "by clients that do not own the code");
    case.exchange.client_id = "web".into();
    case.exchange.redirect_uri = None;
    let recorded: usize = (0..50).map(|_| case.redeem().1.len()).sum();
    assert_eq!(recorded, ATTEMPTS as usize, "by the client that owns it");
}

#[test]
fn a_replay_revokes_once_and_whoever_comes_later_is_refused() {
    let mut case = Case::good();
    assert_eq!(case.redeem().0, Ok(()));
    assert_eq!(case.redeem().1.len(), 2);
    for _ in 0..3 {
        assert_eq!(case.redeem(), (Err(Reason::CodeReplayed), vec![]));
    }
    case.exchange.now = Timestamp::from_seconds(i64::MAX);
    assert_eq!(case.redeem().0, Err(Reason::CodeReplayed), "however late");
}
