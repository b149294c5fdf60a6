//! Web Authentication Level 3: what a relying party must check (§7.1, §7.2), and the test vectors of §16.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta::{
    adapters::webauthn::WebAuthn,
    ports::authenticator::{KnownPasskey, NewPasskey, Passkeys as _, Verified},
};
use moneta_events::{Digest, Reason, factor::Challenge};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    authenticator::{Answer, Authenticator, PRESENT, VERIFIED},
    fixtures::{ISSUER, NOW},
};

const CHALLENGE: &[u8] = b"a challenge of this provider";

fn party() -> WebAuthn {
    WebAuthn::new(ISSUER).unwrap()
}

fn authenticator() -> Authenticator {
    Authenticator::new("op.example", ISSUER)
}

fn options() -> Value {
    json!({ "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE), "user": { "id": "YWxpY2U" } })
}

fn ours(challenge: &[u8]) -> Option<Challenge> {
    (challenge == CHALLENGE).then(|| given_out(challenge))
}

fn given_out(challenge: &[u8]) -> Challenge {
    let digest = Digest::of(&[challenge]);
    Challenge { digest, issued_at: NOW, expires_at: NOW.plus_seconds(300) }
}

fn register(response: &Value) -> Result<NewPasskey, Reason> {
    party().register(&response.to_string(), &ours)
}

fn verify(new: &NewPasskey, response: &Value, must_verify_user: bool) -> Result<Verified, Reason> {
    let assertion = party().read(&response.to_string())?;
    let known = KnownPasskey {
        public_key: &new.public_key,
        backup_eligible: new.backup_eligible,
        must_verify_user,
    };
    party().verify(&assertion, known, &ours)
}

/// What is wrong with an answer, and the reason it is refused for.
type Row = (&'static str, fn(&mut Answer), Result<(), Reason>);

const BOTH: [Row; 12] = [
    ("everything is right", |_| {}, Ok(())),
    ("another type", |a| a.ceremony = Some("payment.get"), Err(Reason::PasskeyMalformed)),
    ("another site", |a| a.origin = Some("https://evil.test"), Err(Reason::PasskeyOriginMismatch)),
    (
        "a longer name",
        |a| a.origin = Some("https://badop.example"),
        Err(Reason::PasskeyOriginMismatch),
    ),
    (
        "a subdomain",
        |a| a.origin = Some("https://x.op.example"),
        Err(Reason::PasskeyOriginMismatch),
    ),
    (
        "another port",
        |a| a.origin = Some("https://op.example:444"),
        Err(Reason::PasskeyOriginMismatch),
    ),
    ("crossOrigin", |a| a.cross_origin = true, Err(Reason::PasskeyOriginMismatch)),
    (
        "topOrigin",
        |a| a.top_origin = Some("https://op.example"),
        Err(Reason::PasskeyOriginMismatch),
    ),
    ("another rpIdHash", |a| a.rp_id = Some("evil.test"), Err(Reason::PasskeyOriginMismatch)),
    ("nobody touched it", |a| a.flags = 0b100, Err(Reason::PasskeyMalformed)),
    ("id is not rawId", |a| a.id = Some("AAAA"), Err(Reason::PasskeyMalformed)),
    ("bytes behind the data", |a| a.behind = vec![0], Err(Reason::PasskeyMalformed)),
];

#[test]
fn webauthn_7_1_registering() {
    let rows: [Row; 3] = [
        ("backed up, but not eligible", |a| a.flags |= 0b1_0000, Err(Reason::PasskeyMalformed)),
        (
            "an assertion's type",
            |a| a.ceremony = Some("webauthn.get"),
            Err(Reason::PasskeyMalformed),
        ),
        ("user not verified", |a| a.flags = PRESENT, Ok(())),
    ];
    for (case, tweak, expected) in BOTH.into_iter().chain(rows) {
        let mut answer = Answer::default();
        tweak(&mut answer);
        let outcome = register(&authenticator().create(&options(), &answer));
        assert_eq!(outcome.map(|_| ()), expected, "{case}");
    }
    let mut authenticator = authenticator();
    let new = register(&authenticator.create(&options(), &Answer::default())).unwrap();
    assert_eq!(new.credential_id, authenticator.credential_id);
    assert_eq!(*new.public_key.0, authenticator.cose_key());
    assert_eq!(new.challenge, given_out(CHALLENGE));
    assert_eq!(new.transports, ["internal", "usb"], "only those there are");
    assert!(new.user_verified && !new.backup_eligible && new.aaguid.is_none());
    let foreign = json!({ "challenge": "Zm9yZWlnbg", "user": { "id": "YWxpY2U" } });
    let refused = register(&authenticator.create(&foreign, &Answer::default()));
    assert_eq!(refused.unwrap_err(), Reason::ChallengeMismatch);
}

#[test]
fn webauthn_7_2_authenticating() {
    let rows: [Row; 5] = [
        (
            "a registration's type",
            |a| a.ceremony = Some("webauthn.create"),
            Err(Reason::PasskeyMalformed),
        ),
        ("user not verified", |a| a.flags = PRESENT, Err(Reason::PasskeyUserNotVerified)),
        ("another signature", |a| a.spoiled = true, Err(Reason::PasskeySignatureInvalid)),
        ("eligible for backup all at once", |a| a.flags |= 0b1000, Err(Reason::PasskeyMalformed)),
        ("a key in it", |a| a.flags |= 0b100_0000, Err(Reason::PasskeyMalformed)),
    ];
    for make in [Authenticator::new, Authenticator::ed25519, Authenticator::rs256] {
        let mut authenticator = make("op.example", ISSUER);
        let new = register(&authenticator.create(&options(), &Answer::default())).unwrap();
        for (case, tweak, expected) in BOTH.into_iter().chain(rows) {
            let mut answer = Answer::default();
            tweak(&mut answer);
            let outcome = verify(&new, &authenticator.get(&options(), &answer), true);
            assert_eq!(outcome.map(|_| ()), expected, "{case}");
        }
        authenticator.sign_count = 7;
        let present = Answer { flags: PRESENT, ..Answer::default() };
        let proof = verify(&new, &authenticator.get(&options(), &present), false).unwrap();
        assert_eq!((proof.sign_count, proof.user_verified), (7, false));
        let foreign = json!({ "challenge": "Zm9yZWlnbg" });
        let refused = verify(&new, &authenticator.get(&foreign, &Answer::default()), true);
        assert_eq!(refused.unwrap_err(), Reason::ChallengeMismatch);
        let other =
            register(&self::authenticator().create(&options(), &Answer::default())).unwrap();
        let refused = verify(&other, &authenticator.get(&options(), &Answer::default()), true);
        assert_eq!(refused.unwrap_err(), Reason::PasskeySignatureInvalid, "another key");
    }
}

#[test]
fn webauthn_6_5_what_no_authenticator_writes() {
    let nested = [vec![0x81; 10_000], vec![0x00]].concat();
    let statement = |format: &[u8], statement: &[u8]| {
        let parts = [&[0xA3, 0x63][..], b"fmt", format, &[0x67], b"attStmt", statement];
        [&parts.concat()[..], &[0x68], b"authData", &[0x40]].concat()
    };
    let none = b"\x64none";
    let table: [(&str, Vec<u8>); 12] = [
        ("nothing", Vec::new()),
        ("no map", vec![0x01]),
        ("an array of 10^9", vec![0x9A, 0x3B, 0x9A, 0xCA, 0x00]),
        ("a map of 10^9", vec![0xBA, 0x3B, 0x9A, 0xCA, 0x00]),
        ("bytes of 2^63", vec![0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ("an open map", statement(none, &[0xBF, 0xFF])),
        ("an open array", statement(none, &[0x9F, 0xFF])),
        ("depth 10 000", statement(none, &nested)),
        ("a statement where there is none", statement(none, &[0xA1, 0x61, b'x', 0x01])),
        ("a format nobody asked for", statement(b"\x63tpm", &[0xA0])),
        ("a key twice", [&[0xA2, 0x63][..], b"fmt", none, &[0x63], b"fmt", none].concat()),
        ("a float", statement(none, &[0xFB, 0, 0, 0, 0, 0, 0, 0, 0])),
    ];
    for (case, object) in table {
        let answer = Answer { attestation_object: Some(object), ..Answer::default() };
        let refused = register(&authenticator().create(&options(), &answer));
        assert_eq!(refused.unwrap_err(), Reason::PasskeyMalformed, "{case}");
    }
    let many = json!({ "id": "x".repeat(20_000) }).to_string();
    assert_eq!(party().read(&many).unwrap_err(), Reason::PasskeyMalformed);
    let twice = r#"{"id":"AA","id":"AA","rawId":"AA","type":"public-key","response":{}}"#;
    assert_eq!(party().read(twice).unwrap_err(), Reason::PasskeyMalformed);
}

#[test]
fn webauthn_5_1_2_only_a_domain_name_can_be_an_rp_id() {
    for issuer in ["http://127.0.0.1:8080", "https://[::1]", "http://op.example", "nonsense"] {
        assert!(WebAuthn::new(issuer).is_none(), "{issuer}");
    }
    for issuer in ["https://op.example", "https://op.example/tenant", "http://localhost:8080"] {
        assert!(WebAuthn::new(issuer).is_some(), "{issuer}");
    }
}

#[test]
fn webauthn_16_test_vectors() {
    let vectors: Value = serde_json::from_str(include_str!("webauthn_vectors.json")).unwrap();
    let party = WebAuthn::new("https://example.org").unwrap();
    let any = |challenge: &[u8]| Some(given_out(challenge));
    for (name, vector) in vectors.as_object().unwrap() {
        let registered = party.register(&vector["registration"].to_string(), &any);
        if name.contains("Origin") {
            assert_eq!(registered.unwrap_err(), Reason::PasskeyOriginMismatch, "{name}");
            continue;
        }
        let new = registered.unwrap();
        assert!(new.aaguid.is_some(), "{name}");
        let mut assertion = party.read(&vector["authentication"].to_string()).unwrap();
        let known = KnownPasskey {
            public_key: &new.public_key,
            backup_eligible: new.backup_eligible,
            must_verify_user: false,
        };
        let proof = party.verify(&assertion, known, &any).unwrap();
        assert_eq!(proof.sign_count, 0, "{name}");
        *assertion.authenticator_data.last_mut().unwrap() ^= 1;
        let refused = party.verify(&assertion, known, &any);
        assert_eq!(refused.unwrap_err(), Reason::PasskeySignatureInvalid, "{name}");
    }
}

#[test]
fn webauthn_8_2_a_self_attestation_is_verified() {
    let vectors: Value = serde_json::from_str(include_str!("webauthn_vectors.json")).unwrap();
    let party = WebAuthn::new("https://example.org").unwrap();
    let any = |challenge: &[u8]| Some(given_out(challenge));
    let mut response = vectors["packed-self.ES256"]["registration"].clone();
    let text = response["response"]["clientDataJSON"].as_str().unwrap();
    let said = String::from_utf8(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    let other = URL_SAFE_NO_PAD.encode(said.replace("may be extended", "was not extended"));
    response["response"]["clientDataJSON"] = other.into();
    let refused = party.register(&response.to_string(), &any);
    assert_eq!(refused.unwrap_err(), Reason::PasskeySignatureInvalid);
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_and_never_panics(
        object in prop::collection::vec(any::<u8>(), 0..200),
        behind in prop::collection::vec(any::<u8>(), 1..60),
        flags in any::<u8>(),
    ) {
        let answer = Answer { attestation_object: Some(object), ..Answer::default() };
        prop_assert!(register(&authenticator().create(&options(), &answer)).is_err());
        let answer = Answer { behind, flags: flags & !0b1000_0000, ..Answer::default() };
        prop_assert!(register(&authenticator().create(&options(), &answer)).is_err());
    }
}

#[test]
fn extensions_are_passed_over() {
    let extended = |behind: &[u8]| {
        let flags = VERIFIED | 0b1000_0000;
        let answer = Answer { behind: behind.to_vec(), flags, ..Answer::default() };
        register(&authenticator().create(&options(), &answer)).map(|_| ())
    };
    assert_eq!(extended(b"\xA1\x6BcredProtect\x02"), Ok(()));
    assert_eq!(extended(b"\xA0"), Ok(()));
    for bad in [&b""[..], b"\x01", b"\xA1\x01", b"\xA0\x00"] {
        assert_eq!(extended(bad), Err(Reason::PasskeyMalformed), "{bad:?}");
    }
}
