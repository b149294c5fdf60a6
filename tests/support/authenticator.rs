//! An authenticator and its browser in software: makes passkeys and signs challenges with them, honestly or
//! with one thing wrong (Web Authentication Level 3 §6, §5.8.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// A passkey and the browser it is used in.
pub struct Authenticator {
    /// The RP ID.
    pub rp_id: String,
    /// The origin the browser shows.
    pub origin: String,
    /// The credential ID.
    pub credential_id: Vec<u8>,
    /// The user handle it was given.
    pub user_handle: Option<Vec<u8>>,
    /// The signature counter.
    pub sign_count: u32,
    key: Key,
}

enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rs256(Box<aws_lc_rs::rsa::KeyPair>),
}

/// What an answer is like.
#[derive(Clone)]
pub struct Answer {
    /// `type`; by default what the ceremony is.
    pub ceremony: Option<&'static str>,
    /// `origin`; by default the browser's.
    pub origin: Option<&'static str>,
    /// `crossOrigin`.
    pub cross_origin: bool,
    /// `topOrigin`.
    pub top_origin: Option<&'static str>,
    /// The RP ID that is hashed.
    pub rp_id: Option<&'static str>,
    /// Flags of the authenticator data (§6.1).
    pub flags: u8,
    /// `id`, where it differs from `rawId`.
    pub id: Option<&'static str>,
    /// Bytes behind the authenticator data.
    pub behind: Vec<u8>,
    /// The attestation object, instead of a good one.
    pub attestation_object: Option<Vec<u8>>,
    /// Whether one bit of the signature flips.
    pub spoiled: bool,
}

/// User present and verified (§6.1).
pub const VERIFIED: u8 = 0b101;
/// User present alone.
pub const PRESENT: u8 = 0b001;
/// Attested credential data follow.
const ATTESTED: u8 = 0b100_0000;

impl Default for Answer {
    fn default() -> Self {
        Self {
            ceremony: None,
            origin: None,
            cross_origin: false,
            top_origin: None,
            rp_id: None,
            flags: VERIFIED,
            id: None,
            behind: Vec::new(),
            attestation_object: None,
            spoiled: false,
        }
    }
}

impl Authenticator {
    /// One with a fresh ES256 key.
    pub fn new(rp_id: &str, origin: &str) -> Self {
        let (random, algorithm) = (random(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).expect("a key");
        Self::with(Key::Es256(key), rp_id, origin)
    }

    /// One with a fresh Ed25519 key.
    pub fn ed25519(rp_id: &str, origin: &str) -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&random()).expect("a key");
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).expect("a key");
        Self::with(Key::Ed25519(key), rp_id, origin)
    }

    /// One with a fresh RSA key of 2048 bits, as older computers have them.
    pub fn rs256(rp_id: &str, origin: &str) -> Self {
        let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048);
        Self::with(Key::Rs256(Box::new(key.expect("a key"))), rp_id, origin)
    }

    fn with(key: Key, rp_id: &str, origin: &str) -> Self {
        let mut credential_id = vec![0; 32];
        random().fill(&mut credential_id).expect("randomness");
        let (rp_id, origin) = (rp_id.to_owned(), origin.to_owned());
        Self { rp_id, origin, credential_id, user_handle: None, sign_count: 0, key }
    }

    /// Registers at a site that gave these options (`PublicKeyCredentialCreationOptionsJSON`).
    pub fn create(&mut self, options: &Value, answer: &Answer) -> Value {
        let user = options["user"]["id"].as_str().expect("the options name the user");
        self.user_handle = Some(URL_SAFE_NO_PAD.decode(user).expect("base64url"));
        let client_data = self.client_data("webauthn.create", options, answer);
        let mut data = self.head(answer.flags | ATTESTED, answer);
        data.extend_from_slice(&[0; 16]);
        let length = u16::try_from(self.credential_id.len()).expect("a short ID");
        data.extend_from_slice(&length.to_be_bytes());
        data.extend_from_slice(&self.credential_id);
        data.extend_from_slice(&self.cose_key());
        data.extend_from_slice(&answer.behind);
        let object = answer.attestation_object.clone().unwrap_or_else(|| {
            let mut object = vec![0xA3];
            text(&mut object, "fmt");
            text(&mut object, "none");
            text(&mut object, "attStmt");
            object.push(0xA0);
            text(&mut object, "authData");
            bytes(&mut object, &data);
            object
        });
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({
            "id": answer.id.unwrap_or(&id), "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
                "transports": ["usb", "internal", "carrier-pigeon"],
            },
            "clientExtensionResults": {},
        })
    }

    /// Signs the challenge of these options (`PublicKeyCredentialRequestOptionsJSON`).
    pub fn get(&mut self, options: &Value, answer: &Answer) -> Value {
        let client_data = self.client_data("webauthn.get", options, answer);
        let mut data = self.head(answer.flags, answer);
        data.extend_from_slice(&answer.behind);
        let mut signed = data.clone();
        signed.extend_from_slice(digest(&SHA256, &client_data).as_ref());
        let mut signature = self.sign(&signed);
        if answer.spoiled {
            let last = signature.last_mut().expect("a signature is not empty");
            *last ^= 1;
        }
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({
            "id": answer.id.unwrap_or(&id), "rawId": id, "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": self.user_handle.as_ref().map(|user| URL_SAFE_NO_PAD.encode(user)),
            },
            "clientExtensionResults": {},
        })
    }

    /// The public key (RFC 9052 §7).
    pub fn cose_key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        match &self.key {
            Key::Es256(pair) => {
                let point = pair.public_key().as_ref();
                key.extend_from_slice(&[0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
                bytes(&mut key, &point[1..33]);
                key.push(0x22);
                bytes(&mut key, &point[33..]);
            }
            Key::Ed25519(pair) => {
                key.extend_from_slice(&[0xA4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21]);
                bytes(&mut key, pair.public_key().as_ref());
            }
            Key::Rs256(pair) => {
                // RSAPublicKey in DER (RFC 8017 A.1.1): the modulus of 256 bytes, then 65537.
                let public = aws_lc_rs::signature::KeyPair::public_key(&**pair).as_ref();
                key.extend_from_slice(&[0xA4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20]);
                bytes(&mut key, &public[public.len() - 5 - 256..public.len() - 5]);
                key.push(0x21);
                bytes(&mut key, &[1, 0, 1]);
            }
        }
        key
    }

    fn client_data(&self, ceremony: &str, options: &Value, answer: &Answer) -> Vec<u8> {
        let mut said = json!({
            "type": answer.ceremony.unwrap_or(ceremony),
            "challenge": options["challenge"],
            "origin": answer.origin.unwrap_or(&self.origin),
            "crossOrigin": answer.cross_origin,
        });
        if let Some(top) = answer.top_origin {
            said["topOrigin"] = top.into();
        }
        said.to_string().into_bytes()
    }

    fn head(&self, flags: u8, answer: &Answer) -> Vec<u8> {
        let rp_id = answer.rp_id.unwrap_or(&self.rp_id);
        let mut head = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        head.push(flags);
        head.extend_from_slice(&self.sign_count.to_be_bytes());
        head
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Es256(pair) => {
                pair.sign(&random(), message).expect("a signature").as_ref().to_vec()
            }
            Key::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = aws_lc_rs::rand::SystemRandom::new();
                pair.sign(
                    &aws_lc_rs::signature::RSA_PKCS1_SHA256,
                    &random,
                    message,
                    &mut signature,
                )
                .expect("a signature");
                signature
            }
        }
    }
}

/// CBOR text of up to 23 bytes (RFC 8949 §3).
fn text(to: &mut Vec<u8>, text: &str) {
    to.push(0x60 | u8::try_from(text.len()).expect("short"));
    to.extend_from_slice(text.as_bytes());
}

/// CBOR bytes.
fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.push(0x59);
    to.extend_from_slice(&u16::try_from(bytes.len()).expect("short").to_be_bytes());
    to.extend_from_slice(bytes);
}

#[allow(clippy::disallowed_methods, reason = "an authenticator has its own randomness")]
fn random() -> SystemRandom {
    SystemRandom::new()
}
