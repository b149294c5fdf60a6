//! The implicit and the hybrid flow, with every foreign relying party, for the response types it has.

use serde_json::json;

use crate::{
    script::{self, introduce},
    support::{provider::Provider, test},
};

async fn flow(script: &str, response_type: &str, response_mode: Option<&str>) {
    let provider = Provider::demo().await;
    let task = json!({
        "issuer": provider.http.issuer(),
        "client": introduce(&provider, "legacy"),
        "response_type": response_type,
        "response_mode": response_mode,
    });
    let report = script::run(&provider, script, &task).await;
    assert_eq!(report["sub"], provider.subject_of("alice").await.as_str());
    let email = report.get("email").expect("claims of the end-user");
    assert_eq!(email.as_str(), provider.claim_of("alice", "email").as_deref());
}

macro_rules! flows {
    ($($party:ident: $script:literal => {
        $($name:ident: $response_type:literal, $response_mode:expr;)+
    })+) => {$(
        mod $party {
            use super::*;

            $(
                #[test]
                fn $name() {
                    test(flow($script, $response_type, $response_mode));
                }
            )+
        }
    )+};
}

flows! {
    openid_client: "node/front_channel.mjs" => {
        id_token: "id_token", None;
        id_token_by_form_post: "id_token", Some("form_post");
        code_id_token: "code id_token", None;
        code_id_token_by_form_post: "code id_token", Some("form_post");
    }
    authlib: "python/front_channel.py" => {
        id_token: "id_token", None;
        id_token_token: "id_token token", None;
        id_token_token_by_form_post: "id_token token", Some("form_post");
        code_id_token: "code id_token", None;
        code_token: "code token", None;
        code_id_token_token: "code id_token token", None;
        code_id_token_token_by_form_post: "code id_token token", Some("form_post");
    }
}
