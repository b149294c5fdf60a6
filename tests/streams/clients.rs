//! The life of a client.

use moneta::engine::{clients::ClientsError, facts::client_stream};
use serde_json::json;

use crate::stage::{Stage, metadata, web};

#[tokio::test]
async fn registered_updated_rotated_disabled_and_deleted() {
    let stage = Stage::set().await;
    let clients = stage.clients();
    let first = json!({"client_id": "blog", "redirect_uris": ["https://blog.example/cb"]});
    stage.wait(1);
    clients.register(metadata(&first), Some("first secret"), stage.operator()).await.unwrap();
    let again = clients.register(metadata(&first), None, stage.operator()).await;
    assert!(matches!(again, Err(ClientsError::Taken)), "{again:?}");
    let mut second = first.clone();
    second["client_name"] = json!("Blog");
    second["scope"] = json!("openid");
    for _ in 0..2 {
        stage.wait(60);
        clients.update(metadata(&second), stage.operator()).await.unwrap();
    }
    stage.wait(60);
    let until = stage.now().plus_seconds(86_400);
    clients.rotate_secret("blog", "second secret", until, stage.operator()).await.unwrap();
    for enabled in [false, false, true] {
        stage.wait(60);
        clients.set_enabled("blog", enabled, stage.operator()).await.unwrap();
    }
    clients.delete("blog", stage.operator()).await.unwrap();
    let late = clients.set_enabled("blog", true, stage.operator()).await;
    assert!(matches!(late, Err(ClientsError::Unknown)), "{late:?}");
    insta::assert_snapshot!(stage.show(&[client_stream("blog")]).await);
}

#[tokio::test]
async fn a_declaration_records_what_differs_and_no_more() {
    let stage = Stage::set().await;
    let before = stage.length(client_stream("web")).await;
    let secret = Some("a secret of the client");
    stage.clients().declare(web(), secret, stage.operator()).await.unwrap();
    assert_eq!(stage.length(client_stream("web")).await, before, "nothing differs");
    let mut changed = web();
    changed.require_auth_time = true;
    stage.clients().declare(changed.clone(), Some("another"), stage.operator()).await.unwrap();
    stage.clients().declare(changed, Some("another"), stage.operator()).await.unwrap();
    insta::assert_snapshot!(stage.tail(client_stream("web"), before).await);
}

#[tokio::test]
async fn the_implicit_grant_is_warned_of_once_for_each_change_that_opens_it() {
    let stage = Stage::set().await;
    let clients = stage.clients();
    let implicit = json!({
        "client_id": "old",
        "redirect_uris": ["https://old.example/cb"],
        "grant_types": ["authorization_code", "implicit"],
        "response_types": ["code", "id_token"],
        "scope": "openid",
    });
    clients.register(metadata(&implicit), Some("a secret"), stage.operator()).await.unwrap();
    let mut wider = implicit.clone();
    wider["response_types"] = json!(["code", "id_token", "id_token token"]);
    let mut closed = implicit.clone();
    closed["grant_types"] = json!(["authorization_code"]);
    closed["response_types"] = json!(["code"]);
    for change in [&wider, &closed, &implicit] {
        stage.wait(60);
        clients.update(metadata(change), stage.operator()).await.unwrap();
    }
    insta::assert_snapshot!(stage.show(&[client_stream("old")]).await);
}
