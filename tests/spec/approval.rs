//! Fetching the tokens of a request that the end-user decides on a device apart: every check, and in which
//! order they are made (RFC 8628 §3.4, §3.5, CIBA Core 1.0 §10.1, §11).

use std::sync::Arc;

use moneta::{
    domain::approval::{Approval, Redeem, Step, Terms},
    protocol::token::approval::refusal,
};
use moneta_events::{
    ClientId, Digest, EventPayload as _, Reason, Scope, Timestamp,
    approval::{Approved, DecisionDevice, Denied, Proof, ProofMethod, Redeemed},
    token::{AccessToken, AccessTokenFormat, Issued},
};

use crate::fixtures::{ALICE, BOB, NOW};

/// An approved request, and the client that comes for its tokens.
struct Case {
    approval: Approval,
    redeem: Redeem,
}

fn tv() -> ClientId {
    "tv".into()
}

fn approved() -> Approved {
    Approved {
        subject: ALICE,
        scope: Scope::parse("openid"),
        session: None,
        auth_time: NOW,
        acr: "1".to_owned(),
        amr: vec!["pwd".to_owned()],
        shown: None,
        device: DecisionDevice::Verification,
        proof: Proof { method: ProofMethod::Session, credential: None, assertion: None },
    }
}

fn approve() -> Step {
    Step::Approve { approved: Arc::new(approved()), now: NOW }
}

fn deny() -> Step {
    let denied =
        Denied { reason: Reason::ConsentDenied, shown: None, device: DecisionDevice::Verification };
    Step::Deny { denied, now: NOW }
}

/// Takes a step; answers with the verdict and what went on record.
fn tell(approval: &mut Approval, step: &Step) -> (Result<(), Reason>, Vec<&'static str>) {
    let (client_id, scope) = (tv(), Scope::parse("openid profile"));
    let terms = Terms {
        client_id: &client_id,
        subject: Some(ALICE),
        scope: &scope,
        secret: Digest::of(&[b"secret"]),
        expires_at: NOW.plus_seconds(600),
    };
    let (events, verdict) = approval.decide(&terms, step);
    events.iter().for_each(|event| approval.evolve(event));
    (verdict, events.iter().map(|event| event.event_type().name).collect())
}

impl Case {
    /// Everything is as it should be.
    fn good() -> Self {
        let mut approval = Approval::default();
        assert_eq!(tell(&mut approval, &approve()).0, Ok(()));
        let access_token = AccessToken {
            digest: Digest::of(&[b"access"]),
            format: AccessTokenFormat::Opaque,
            scope: Scope::parse("openid"),
            audience: Vec::new(),
            expires_at: NOW.plus_seconds(600),
        };
        let issued = Issued { generation: 0, access_token, refresh_token: None, id_token: None };
        let redeem = Redeem {
            secret: Digest::of(&[b"secret"]),
            client_id: tv(),
            gate: Ok(()),
            issued: Some(issued),
            polls: Redeemed { polls: 2, slow_downs: 1 },
            now: NOW,
        };
        Self { approval, redeem }
    }

    fn redeem(&mut self) -> (Result<(), Reason>, Vec<&'static str>) {
        tell(&mut self.approval, &Step::Redeem(Box::new(self.redeem.clone())))
    }

    fn undecided(&mut self) {
        self.approval = Approval::default();
    }
}

/// What can be wrong, in the order it is looked at, with the reason each gives and what it leaves behind.
/// The third column says whether it is about where the request stands, so that it stands in for the others
/// of that kind.
const WRONG: [(&str, fn(&mut Case), bool, Reason, &[&str]); 11] = [
    (
        "a secret that was not issued here",
        |case| case.redeem.secret = Digest::of(&[b"another"]),
        false,
        Reason::ApprovalUnknown,
        &[],
    ),
    (
        "another client: it learns nothing of the request, and hurts nobody",
        |case| case.redeem.client_id = "mallory".into(),
        false,
        Reason::ApprovalClientMismatch,
        &["approval.redemption_refused"],
    ),
    (
        "tokens that were fetched before",
        |case| {
            let redeem = Case::good().redeem;
            let _ = tell(&mut case.approval, &Step::Redeem(Box::new(redeem)));
        },
        true,
        Reason::ApprovalRedeemed,
        &["approval.redemption_refused"],
    ),
    (
        "a request the end-user denied",
        |case| {
            case.undecided();
            let _ = tell(&mut case.approval, &deny());
        },
        true,
        Reason::ApprovalDenied,
        &[],
    ),
    (
        "a request whose time was put on record as over",
        |case| {
            let _ = tell(&mut case.approval, &Step::Expire(NOW.plus_seconds(600)));
        },
        true,
        Reason::ApprovalExpired,
        &[],
    ),
    (
        "a request that is too old, decided or not",
        |case| case.redeem.now = NOW.plus_seconds(600),
        false,
        Reason::ApprovalExpired,
        &[],
    ),
    ("a request nobody decided", Case::undecided, true, Reason::ApprovalPending, &[]),
    (
        "a user or client that is no longer good (security rule 4)",
        |case| case.redeem.gate = Err(Reason::UserDisabled),
        false,
        Reason::UserDisabled,
        &["approval.redemption_refused"],
    ),
    (
        "an order that was prepared before it was decided",
        |case| case.redeem.issued = None,
        false,
        Reason::ApprovalPending,
        &[],
    ),
    (
        "tokens for more than was allowed",
        |case| {
            if let Some(issued) = &mut case.redeem.issued {
                issued.access_token.scope = Scope::parse("openid profile");
            }
        },
        false,
        Reason::ScopeExceedsGrant,
        &["approval.redemption_refused"],
    ),
    (
        "tokens of a later generation",
        |case| {
            if let Some(issued) = &mut case.redeem.issued {
                issued.generation = 1;
            }
        },
        false,
        Reason::ScopeExceedsGrant,
        &["approval.redemption_refused"],
    ),
];

#[test]
fn rfc8628_3_4_a_good_redemption() {
    let (verdict, recorded) = Case::good().redeem();
    assert_eq!(verdict, Ok(()));
    assert_eq!(recorded, ["approval.redeemed", "token.issued"]);
}

#[test]
fn rfc8628_3_5_each_check_refuses() {
    for (name, go_wrong, _, reason, recorded) in WRONG {
        let mut case = Case::good();
        go_wrong(&mut case);
        assert_eq!(case.redeem(), (Err(reason), recorded.to_vec()), "{name}");
    }
}

#[test]
fn rfc8628_3_5_the_first_check_that_fails_decides() {
    for (at, (first, go_wrong, stands, reason, _)) in WRONG.iter().enumerate() {
        for (second, go_wrong_too, stands_too, ..) in &WRONG[at + 1..] {
            // A request stands in one place.
            if *stands && *stands_too {
                continue;
            }
            let mut case = Case::good();
            go_wrong(&mut case);
            go_wrong_too(&mut case);
            assert_eq!(case.redeem().0, Err(*reason), "{first}, and {second}");
        }
    }
}

#[test]
fn rfc8628_3_5_what_is_refused_to_others_stays_good_for_the_client() {
    for (name, go_wrong, stands, reason, _) in WRONG {
        if stands {
            continue;
        }
        let mut case = Case::good();
        go_wrong(&mut case);
        assert_eq!(case.redeem().0, Err(reason), "{name}");
        case.redeem = Case::good().redeem;
        assert_eq!(case.redeem().0, Ok(()), "after {name}");
    }
}

#[test]
fn rfc8628_3_5_the_tokens_are_fetched_once() {
    let mut case = Case::good();
    assert_eq!(case.redeem().0, Ok(()));
    let recorded: usize = (0..50).map(|_| case.redeem().1.len()).sum();
    assert_eq!(recorded, 5, "later ones are answered, and few go on record");
    case.redeem.now = Timestamp::from_seconds(i64::MAX);
    assert_eq!(case.redeem().0, Err(Reason::ApprovalRedeemed), "however late");
}

#[test]
fn what_a_request_waits_for_happens_once() {
    let decided = || (Err(Reason::OutOfOrder), vec![]);
    for first in [approve(), deny()] {
        let mut approval = Approval::default();
        assert_eq!(tell(&mut approval, &first).0, Ok(()));
        for second in [approve(), deny(), Step::Fail(Reason::PasswordWrong)] {
            assert_eq!(tell(&mut approval, &second), decided(), "{first:?}, then {second:?}");
        }
    }
}

/// Who decides, what and when.
#[test]
fn only_who_was_asked_decides_and_only_what_was_asked() {
    let with = |change: fn(&mut Approved)| {
        let mut approved = approved();
        change(&mut approved);
        Step::Approve { approved: Arc::new(approved), now: NOW }
    };
    let late = |step| match step {
        Step::Approve { approved, .. } => Step::Approve { approved, now: NOW.plus_seconds(600) },
        Step::Deny { denied, .. } => Step::Deny { denied, now: NOW.plus_seconds(600) },
        other => other,
    };
    for (step, expected) in [
        (with(|_| ()), Ok(())),
        (with(|a| a.scope = Scope::default()), Ok(())),
        (with(|a| a.subject = BOB), Err(Reason::ApprovalSubjectMismatch)),
        (with(|a| a.scope = Scope::parse("openid email")), Err(Reason::ScopeExceedsGrant)),
        (late(approve()), Err(Reason::ApprovalExpired)),
        (late(deny()), Err(Reason::ApprovalExpired)),
    ] {
        assert_eq!(tell(&mut Approval::default(), &step).0, expected, "{step:?}");
    }
}

#[test]
fn proofs_that_are_no_good_are_few() {
    let mut approval = Approval::default();
    let fail = Step::Fail(Reason::PasswordWrong);
    for _ in 0..10 {
        assert_eq!(tell(&mut approval, &fail), (Ok(()), vec!["approval.failed"]));
    }
    assert_eq!(tell(&mut approval, &fail), (Err(Reason::StreamFull), vec![]));
    assert_eq!(tell(&mut approval, &approve()), (Err(Reason::StreamFull), vec![]));
    assert_eq!(tell(&mut approval, &deny()), (Ok(()), vec!["approval.denied"]));
}

#[test]
fn rfc8628_3_5_and_ciba_11_the_registered_errors() {
    for (reason, code) in [
        (Reason::ApprovalPending, "authorization_pending"),
        (Reason::PolledTooSoon, "slow_down"),
        (Reason::ApprovalDenied, "access_denied"),
        (Reason::ApprovalExpired, "expired_token"),
        (Reason::ApprovalUnknown, "invalid_grant"),
        (Reason::ApprovalRedeemed, "invalid_grant"),
        (Reason::ApprovalClientMismatch, "invalid_grant"),
        (Reason::UserDisabled, "invalid_grant"),
        (Reason::CredentialChanged, "invalid_grant"),
    ] {
        let error = refusal(reason);
        assert_eq!((error.code.as_str(), error.code.status()), (code, 400), "{reason:?}");
        assert_eq!(error.reason, reason);
    }
}
