use moneta_events::{
    Category, DecodeError, Digest, Recorded, Scope, Sealed,
    client::{self, ClientEvent, ClientMetadata, ClientSecret},
    consent::{self, ConsentEvent},
    keyring::{Activated, Generated, KeyringEvent, Replaced, Retired},
    session::{Ended, Reauthenticated, SessionEnd, SessionEvent, Started},
    subject::{self as person, SubjectEvent},
    token::TokenEvent,
    username::{Claimed, Released, UsernameEvent},
};
use moneta_projections::{
    View,
    client::ClientView,
    consent::ConsentView,
    fold,
    introspection::{BackchannelFamily, DeviceFamily, DirectFamily, TransactionFamily},
    keyring::{KeyState, KeyringView},
    session::SessionView,
    subject::SubjectView,
    username::UsernameView,
};

use crate::{
    support::{Log, at, digest, issued, stream, subject, token, transaction},
    token_families::after_code_flow,
};

#[test]
fn an_event_that_comes_twice_counts_once() {
    let mut log = after_code_flow();
    let mut folded = fold::<TransactionFamily>(&log.stream(transaction(1))).unwrap();
    log.add(transaction(1), &token(TokenEvent::Rotated(issued(1, "openid", 0))));
    let all = log.stream(transaction(1));
    folded.resume(&all).unwrap();
    folded.resume(&all[3..]).unwrap();
    assert_eq!(folded, fold::<TransactionFamily>(&all).unwrap());
    assert_eq!(folded.next_revision, 7);
}

#[test]
fn a_missing_event_and_an_unknown_one_stop_the_fold() {
    let mut log = after_code_flow();
    let events = log.stream(transaction(1));
    let mut folded = fold::<TransactionFamily>(&events[..2]).unwrap();
    let gap = folded.resume(&events[3..]);
    assert!(matches!(gap, Err(DecodeError::Gap { expected: 2, found: 3, .. })), "{gap:?}");
    assert_eq!(folded.next_revision, 2);
    log.add_unknown(transaction(1));
    let unknown = fold::<TransactionFamily>(&log.stream(transaction(1)));
    assert!(matches!(unknown, Err(DecodeError::UnknownType(_))), "{unknown:?}");
}

#[test]
fn a_session_lives_until_it_ends_or_expires() {
    let one = stream(Category::Session, 1);
    let mut log = Log::default();
    let started = |secret: &str, seconds| Started {
        subject: subject(1),
        secret: digest(secret),
        auth_time: at(seconds),
        acr: "password".to_owned(),
        amr: vec!["pwd".to_owned()],
        expires_at: at(seconds + 1_000),
    };
    log.add(one, &SessionEvent::Started(started("first", 0)));
    let Started { secret, auth_time, acr, amr, expires_at, .. } = started("second", 500);
    let again = Reauthenticated { secret, auth_time, acr, amr, expires_at };
    log.add(one, &SessionEvent::Reauthenticated(again));
    let view = fold::<SessionView>(&log.events).unwrap().view;
    let live = view.live(at(1_499)).unwrap();
    assert_eq!(
        (live.subject, live.secret, live.auth_time),
        (subject(1), digest("second"), at(500))
    );
    assert!(view.live(at(1_500)).is_none());
    log.add(one, &SessionEvent::Ended(Ended { cause: SessionEnd::SignedOut }));
    assert!(fold::<SessionView>(&log.events).unwrap().view.live(at(600)).is_none());
    assert!(SessionView::default().live(at(0)).is_none());
}

#[test]
fn a_subject_keeps_its_newest_fields_and_where_they_stood() {
    let owner = subject(1).stream();
    let sealed = |byte| Sealed { owner, nonce: [byte; 12], ciphertext: vec![byte; 16].into() };
    let mut log = Log::default();
    log.add(
        owner,
        &SubjectEvent::Registered(person::Registered {
            username: sealed(1),
            claims: sealed(2),
            password: Some(sealed(3)),
        }),
    );
    let view = fold::<SubjectView>(&log.events).unwrap().view;
    assert!(view.exists && view.enabled && view.credential_changed_at.is_none());
    log.seconds = 50;
    let password = sealed(4);
    log.add(owner, &SubjectEvent::PasswordChanged(person::PasswordChanged { password }));
    log.add(owner, &SubjectEvent::Disabled(person::Disabled {}));
    let view = fold::<SubjectView>(&log.events).unwrap().view;
    assert!(!view.enabled);
    assert_eq!(view.credential_changed_at, Some(at(50)));
    let (username, password) = (view.username.unwrap(), view.password.unwrap());
    assert_eq!((username.event_type, username.field), ("subject.registered", "username"));
    assert_eq!((password.event_type, password.field), ("subject.password_changed", "password"));
    assert_eq!(password.sealed, sealed(4));
    log.add(owner, &SubjectEvent::Enabled(person::Enabled {}));
    assert!(fold::<SubjectView>(&log.events).unwrap().view.enabled);
}

#[test]
fn a_username_has_one_holder_or_none() {
    let one = stream(Category::Username, 1);
    let mut log = Log::default();
    assert_eq!(fold::<UsernameView>(&[]).unwrap().view.holder, None);
    log.add(one, &UsernameEvent::Claimed(Claimed { subject: subject(1) }));
    assert_eq!(fold::<UsernameView>(&log.events).unwrap().view.holder, Some(subject(1)));
    log.add(one, &UsernameEvent::Released(Released {}));
    assert_eq!(fold::<UsernameView>(&log.events).unwrap().view.holder, None);
}

#[test]
fn a_rotated_client_secret_works_until_its_end_and_is_then_forgotten() {
    let one = stream(Category::Client, 1);
    let metadata: ClientMetadata = serde_json::from_str(r#"{"client_id":"web"}"#).unwrap();
    let secret = |name: &str| ClientSecret { digest: digest(name), expires_at: None };
    let mut log = Log::default();
    log.add(
        one,
        &ClientEvent::Registered(Box::new(client::Registered {
            metadata,
            secret: Some(secret("a")),
        })),
    );
    let rotated = |secret, old_expire_at| {
        ClientEvent::SecretRotated(client::SecretRotated { secret, old_expire_at })
    };
    log.add(one, &rotated(secret("b"), at(100)));
    let view = fold::<ClientView>(&log.events).unwrap().view;
    let live = |seconds| -> Vec<Digest> {
        view.live_secrets(at(seconds)).map(|secret| secret.digest).collect()
    };
    assert_eq!(live(99), [digest("b"), digest("a")]);
    assert_eq!(live(100), [digest("b")]);
    log.seconds = 200;
    log.add(one, &rotated(secret("c"), at(300)));
    let view = fold::<ClientView>(&log.events).unwrap().view;
    assert_eq!(view.secrets.len(), 2);
    assert_eq!(view.revision, 2);
    assert!(view.served().is_some());
    for event in
        [ClientEvent::Disabled(client::Disabled {}), ClientEvent::Deleted(client::Deleted {})]
    {
        let mut events = Log { events: log.events.clone(), seconds: 200 };
        events.add(one, &event);
        assert!(fold::<ClientView>(&events.events).unwrap().view.served().is_none());
    }
}

#[test]
fn a_consent_covers_what_was_allowed_last() {
    let one = stream(Category::Consent, 1);
    let granted = |scope| {
        let scope = Scope::parse(scope);
        let (subject, client_id) = (subject(1), "web".into());
        ConsentEvent::Granted(consent::Granted { subject, client_id, scope })
    };
    let mut log = Log::default();
    assert!(!ConsentView::default().covers(&Scope::default()), "nothing was ever allowed");
    log.add(one, &granted("openid profile email"));
    let view = fold::<ConsentView>(&log.events).unwrap().view;
    assert!(view.covers(&Scope::parse("email openid")) && !view.covers(&Scope::parse("phone")));
    log.add(one, &ConsentEvent::Withdrawn(consent::Withdrawn {}));
    let view = fold::<ConsentView>(&log.events).unwrap().view;
    assert!(!view.covers(&Scope::parse("openid")));
}

#[test]
fn a_key_is_published_before_it_signs_and_until_its_last_token_is_over() {
    let one = stream(Category::Keyring, 1);
    let generated = |kid: &str| {
        let (kid, alg, public_jwk) = (kid.to_owned(), "ES256".to_owned(), "{}".to_owned());
        KeyringEvent::Generated(Generated { kid, alg, public_jwk })
    };
    let activated = |kid: &str, replaces| {
        KeyringEvent::Activated(Activated {
            kid: kid.to_owned(),
            alg: "ES256".to_owned(),
            replaces,
        })
    };
    let mut log = Log::default();
    log.add(one, &generated("a"));
    log.add(one, &activated("a", None));
    log.add(one, &generated("b"));
    let view = fold::<KeyringView>(&log.events).unwrap().view;
    assert_eq!(&*view.active("ES256").unwrap().kid, "a");
    assert_eq!(&*view.next("ES256").unwrap().kid, "b");
    assert_eq!(view.published(at(0)).count(), 2);
    assert!(view.active("RS256").is_none());
    log.add(one, &activated("b", Some(Replaced { kid: "a".to_owned(), published_until: at(100) })));
    let view = fold::<KeyringView>(&log.events).unwrap().view;
    assert_eq!(&*view.active("ES256").unwrap().kid, "b");
    assert_eq!(view.keys[0].state, KeyState::Retiring { published_until: at(100) });
    assert_eq!((view.published(at(99)).count(), view.published(at(100)).count()), (2, 1));
    log.add(one, &KeyringEvent::Retired(Retired { kid: "a".to_owned() }));
    assert_eq!(fold::<KeyringView>(&log.events).unwrap().view.keys.len(), 1);
}

#[test]
fn every_stream_of_the_corpus_folds() {
    fn seen<V: View>(events: &[Recorded]) -> u64 {
        assert_eq!(events[0].stream.category, V::CATEGORY);
        fold::<V>(events).unwrap().next_revision
    }
    for (stream, events) in Log::corpus().streams() {
        let seen = match stream.category {
            Category::Transaction => seen::<TransactionFamily>(&events),
            Category::Backchannel => seen::<BackchannelFamily>(&events),
            Category::Device => seen::<DeviceFamily>(&events),
            Category::Direct => seen::<DirectFamily>(&events),
            Category::Session => seen::<SessionView>(&events),
            Category::Subject => seen::<SubjectView>(&events),
            Category::Username => seen::<UsernameView>(&events),
            Category::Client => seen::<ClientView>(&events),
            Category::Consent => seen::<ConsentView>(&events),
            Category::Keyring => seen::<KeyringView>(&events),
            Category::Incident | Category::Configuration => continue,
        };
        assert_eq!(seen, events.len() as u64, "{stream}");
    }
}
