//! End-users, their names, sessions and what they allowed.

use moneta::{
    domain::{
        consent::{self, Consent},
        session::{Command, Session},
        username::{self, Username},
    },
    engine::{facts::consent_stream, people::PeopleError},
};
use moneta_events::{
    Actor, Reason, Scope,
    session::{Reauthenticated, SessionEnd},
};
use serde_json::{Map, json};

use crate::{stage::Stage, visit::Visit};

#[tokio::test]
async fn a_session_started_reauthenticated_and_ended() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    let session = visit.start_session(stage.alice).await;
    stage.wait(1_800);
    let again = |subject| Command::Reauthenticate {
        subject,
        with: Reauthenticated {
            secret: stage.secret("the session's next cookie"),
            auth_time: stage.now(),
            acr: "1".to_owned(),
            amr: vec!["pwd".to_owned()],
            expires_at: stage.now().plus_seconds(43_200),
        },
    };
    let alice = || stage.context(Actor::user(stage.alice), None, session);
    let bob = stage.context(Actor::user(stage.bob), None, session);
    let another = stage.tell::<Session>(session, again(stage.bob), bob).await;
    assert_eq!(another, Err(Reason::OutOfOrder));
    stage.tell::<Session>(session, again(stage.alice), alice()).await.unwrap();
    stage.wait(600);
    for _ in 0..2 {
        let end = Command::End(SessionEnd::SignedOut);
        stage.tell::<Session>(session, end, alice()).await.unwrap();
    }
    let late = stage.tell::<Session>(session, again(stage.alice), alice()).await;
    assert_eq!(late, Err(Reason::SessionEnded));
    insta::assert_snapshot!(stage.show(&[session]).await);
}

#[tokio::test]
async fn consent_granted_widened_and_withdrawn() {
    let stage = Stage::set().await;
    let stream = consent_stream(stage.alice, &"web".into());
    let grant = |scope| consent::Command::Grant {
        subject: stage.alice,
        client_id: "web".into(),
        scope: Scope::parse(scope),
    };
    let commands = [
        grant("openid profile"),
        grant("profile"),
        grant("openid email"),
        consent::Command::Withdraw,
        consent::Command::Withdraw,
        grant("openid"),
    ];
    for command in commands {
        stage.wait(10);
        let context = stage.context(Actor::user(stage.alice), None, stream);
        stage.tell::<Consent>(stream, command, context).await.unwrap();
    }
    insta::assert_snapshot!(stage.show(&[stream]).await);
}

#[tokio::test]
async fn the_life_of_a_subject() {
    let stage = Stage::set().await;
    let people = stage.people();
    let carol = stage.register("carol").await;
    stage.names.borrow_mut().call(&carol, "carol");
    stage.names.borrow_mut().call(&carol.stream(), "carol");
    stage.wait(60);
    people.set_password(carol, "$argon2id$…", stage.operator()).await.unwrap();
    let claims = json!({"name": "Carol"}).as_object().cloned().unwrap_or_else(Map::new);
    let changed = vec!["email".to_owned(), "name".to_owned()];
    people.set_claims(carol, &claims, changed, stage.operator()).await.unwrap();
    for enabled in [false, false, true, true] {
        stage.wait(60);
        people.set_enabled(carol, enabled, stage.operator()).await.unwrap();
    }
    insta::assert_snapshot!(stage.show(&[carol.stream()]).await);
}

#[tokio::test]
async fn the_life_of_a_username() {
    let stage = Stage::set().await;
    let name = stage.usernames.stream("alice");
    assert_eq!(name, stage.usernames.stream(" ALICE "), "case and space do not matter");
    let taken = stage.people().register("Alice", &Map::new(), None, stage.operator()).await;
    assert!(matches!(taken, Err(PeopleError::Taken)), "{taken:?}");
    stage.wait(60);
    let orders = [
        (username::Command::Release(stage.bob), Err(Reason::OutOfOrder)),
        (username::Command::Claim(stage.alice), Ok(())),
        (username::Command::Release(stage.alice), Ok(())),
        (username::Command::Claim(stage.bob), Ok(())),
    ];
    for (command, expected) in orders {
        let verdict = stage.tell::<Username>(name, command, stage.operator()).await;
        assert_eq!(verdict, expected);
    }
    insta::assert_snapshot!(stage.show(&[name]).await);
}
