//! Which client secrets are good enough to be kept as a plain digest.

use moneta_events::client::ClientMetadata;

use super::client::ClientProblem;

const SHORTEST: usize = 32;
const LONGEST: usize = 512;

/// What is wrong with the secret of `client`. Only its SHA-256 is kept, so it must be too random to be
/// guessed from that (RFC 6749 §10.10).
pub fn validate_client_secret(
    client: &ClientMetadata,
    secret: Option<&str>,
) -> Option<ClientProblem> {
    let problem = |text: String| Some(ClientProblem { member: "secret", index: None, text });
    let method = client.token_endpoint_auth_method.as_str();
    match secret {
        Some(_) if client.is_public() => problem(
            "is set, but the client is public; remove it or choose another \
             token_endpoint_auth_method"
                .to_owned(),
        ),
        Some(_) if !client.token_endpoint_auth_method.uses_secret() => problem(format!(
            "is set, but token_endpoint_auth_method is {method}, which needs none; remove it"
        )),
        None if client.token_endpoint_auth_method.uses_secret() => problem(format!(
            "is missing, but token_endpoint_auth_method is {method}; set one, or `none` for a client \
             that cannot keep it"
        )),
        Some(secret) if !secret.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
            problem("has characters outside printable ASCII (RFC 6749 §A.2)".to_owned())
        }
        Some(secret) if !(SHORTEST..=LONGEST).contains(&secret.len()) => {
            problem(format!("must have {SHORTEST} to {LONGEST} characters"))
        }
        Some(secret) if bits(secret) < 128.0 => problem(
            "can be guessed; take at least 128 random bits, such as 32 hexadecimal digits \
                     or 22 letters and digits, from a generator"
                .to_owned(),
        ),
        _ => None,
    }
}

/// How random a text of this length and alphabet is at best.
fn bits(secret: &str) -> f64 {
    let any = |test: fn(&u8) -> bool| secret.as_bytes().iter().any(test);
    let mut seen = [false; 128];
    secret.bytes().for_each(|byte| seen[usize::from(byte & 0x7f)] = true);
    let different = seen.iter().filter(|seen| **seen).count();
    if different < 8 {
        return 0.0;
    }
    let hexadecimal = secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    let alphabet = if secret.bytes().all(|byte| byte.is_ascii_digit()) {
        10
    } else if hexadecimal {
        16
    } else {
        10 * u32::from(any(u8::is_ascii_digit))
            + 26 * u32::from(any(u8::is_ascii_lowercase))
            + 26 * u32::from(any(u8::is_ascii_uppercase))
            + 32 * u32::from(any(u8::is_ascii_punctuation))
    };
    secret.bytes().map(|_| f64::from(alphabet.max(1)).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_can_be_guessed_are_refused() {
        let client = |method: &str| {
            serde_json::from_value::<ClientMetadata>(serde_json::json!({
                "client_id": "web", "token_endpoint_auth_method": method,
            }))
            .unwrap()
        };
        let (confidential, public) = (client("client_secret_basic"), client("none"));
        for (client, secret, good) in [
            (&confidential, Some("0f1e2d3c4b5a69788796a5b4c3d2e1f0"), true),
            (&confidential, Some("web-secret-0123456789abcdef0123456789abcdef"), true),
            (&confidential, Some("0f1e2d3c4b5a69788796a5b4c3d2e1f"), false),
            (&confidential, Some("01234567890123456789012345678901"), false),
            (&confidential, Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), false),
            (&confidential, Some("0f1e2d3c4b5a69788796a5b4c3d2e1fé"), false),
            (&confidential, None, false),
            (&public, None, true),
            (&public, Some("0f1e2d3c4b5a69788796a5b4c3d2e1f0"), false),
        ] {
            let problem = validate_client_secret(client, secret);
            assert_eq!(problem.is_none(), good, "{secret:?}: {problem:?}");
            if let (Some(problem), Some(secret)) = (problem, secret) {
                assert!(!problem.text.contains(secret));
            }
        }
    }
}
