//! The life of the signing keys.

use std::sync::Arc;

use moneta::{
    engine::{facts::keyring_stream, signing::Signing},
    jose::Alg,
};

use crate::stage::Stage;

#[tokio::test]
async fn rotated_and_retired() {
    let stage = Stage::set().await;
    let (vault, key_wrap) = (Arc::clone(&stage.vault), Arc::clone(&stage.key_wrap));
    let signing = Signing::load(&stage.facts, vault, key_wrap, &stage.ledger).await.unwrap();
    let (facts, ledger) = (&stage.facts, &stage.ledger);
    let rotate = async |alg| {
        let until = stage.now().plus_seconds(3_600);
        signing.rotate(facts, ledger, alg, until, stage.operator()).await.unwrap()
    };
    let first = rotate(Alg::ES256).await;
    rotate(Alg::EdDSA).await;
    stage.wait(86_400);
    let second = rotate(Alg::ES256).await;
    assert_eq!(signing.keys().active(Alg::ES256).unwrap().kid(), second);
    stage.wait(3_599);
    signing.retire(facts, ledger, stage.operator()).await.unwrap();
    assert!(signing.keys().jwks_json().contains(&first), "still published");
    stage.wait(1);
    signing.retire(facts, ledger, stage.operator()).await.unwrap();
    signing.retire(facts, ledger, stage.operator()).await.unwrap();
    assert!(!signing.keys().jwks_json().contains(&first), "no longer published");
    assert_eq!(stage.vault.secret(&first).await.unwrap(), None, "its private half is gone");
    insta::assert_snapshot!(stage.show(&[keyring_stream()]).await);
}
