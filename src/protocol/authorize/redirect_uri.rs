//! `redirect_uri`: the one place that decides where answers may go (OpenID Connect Core 1.0 §3.1.2.1,
//! RFC 9700 §2.1, RFC 8252 §7.3).

use moneta_events::Reason;

use super::Refusal;
use crate::protocol::{client::ClientFacts, params::Params};

/// Whether `presented` is `registered`, byte for byte. The value is never parsed: whatever a URL library
/// would make of it, only bytes that were registered get an answer. The one exception is the port of an
/// http loopback IP literal, which a native application learns only when it runs (RFC 8252 §7.3).
pub fn matches(registered: &str, presented: &str) -> bool {
    if registered == presented {
        return true;
    }
    match (without_loopback_port(registered), without_loopback_port(presented)) {
        (Some(registered), Some(presented)) => registered == presented,
        _ => false,
    }
}

/// Splits `http://127.0.0.1:port/rest` into what stands before and after the port. `None` for anything
/// else, `localhost` among it: that name may resolve to anywhere (RFC 8252 §8.3).
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    let origin = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|o| uri.starts_with(o))?;
    let rest = &uri[origin.len()..];
    let Some(port) = rest.strip_prefix(':') else {
        return is_after_port(rest).then_some((origin, rest));
    };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = port.split_at(digits);
    let port_is_one = number.parse::<u16>().is_ok_and(|n| n > 0) && !number.starts_with('0');
    (port_is_one && is_after_port(rest)).then_some((origin, rest))
}

/// Whether a host and port can end before `rest`. A letter, a digit, `.` or `@` would make it another host.
fn is_after_port(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '?'])
}

/// Must be there, once, and be registered; otherwise there is nowhere to send anything, not even an error.
pub(super) fn check(params: &Params<'_>, client: &ClientFacts<'_>) -> Result<String, Refusal> {
    let Some(presented) = params.get("redirect_uri") else {
        return Err(Refusal::absent(params, "redirect_uri", "the redirect_uri is missing"));
    };
    if client.metadata.redirect_uris.iter().any(|registered| matches(registered, presented)) {
        return Ok(presented.to_owned());
    }
    Err(Refusal {
        reason: Reason::RedirectUriMismatch,
        description: "the redirect_uri is not one that the client registered",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn only_a_loopback_literal_loses_its_port() {
        for uri in ["http://127.0.0.1", "http://127.0.0.1:1/cb", "http://[::1]:65535?a=b"] {
            assert!(without_loopback_port(uri).is_some(), "{uri}");
        }
        for uri in [
            "https://127.0.0.1:1/cb",
            "HTTP://127.0.0.1:1/cb",
            "http://localhost:1/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:08/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:1@rp.example/cb",
            "http://127.0.0.1.rp.example/cb",
            "http://127.0.0.11/cb",
            "http://127.0.0.1\\cb",
            "http://127.0.0.1:1#cb",
            "http://[::1].rp.example/cb",
        ] {
            assert!(without_loopback_port(uri).is_none(), "{uri}");
        }
    }

    const REGISTERED: [&str; 6] = [
        "https://rp.example/cb",
        "https://rp.example/cb?tenant=1",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb?a=b",
        "http://[::1]/cb",
        "com.example.app:/cb",
    ];

    /// What an attacker builds from a registered URI: pieces of it and of others, glued together.
    fn any_uri() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            prop::sample::select(&REGISTERED[..]).prop_map(str::to_owned),
            prop::sample::select(vec![
                "http",
                "https",
                "://",
                ":",
                "/",
                "//",
                "\\",
                "@",
                "?",
                "#",
                "%2f",
                "%40",
                "..",
                ".",
                "127.0.0.1",
                "[::1]",
                "localhost",
                "rp.example",
                "evil.example",
                "cb",
                "1",
                "80",
                "0",
                "65535",
                "99999",
                "a=b",
                "\t",
                " ",
                "\u{ff0e}",
                "*",
                ";",
            ])
            .prop_map(str::to_owned),
            "[ -~]{0,4}",
        ];
        prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever is accepted leads where the registered URI leads, as a browser reads both.
        #[test]
        fn what_matches_leads_to_the_same_place(presented in any_uri()) {
            for registered in REGISTERED {
                if !matches(registered, &presented) {
                    continue;
                }
                let (own, other) = (Url::parse(registered).unwrap(), Url::parse(&presented).unwrap());
                prop_assert_eq!(own.scheme(), other.scheme());
                prop_assert_eq!(own.host_str(), other.host_str());
                prop_assert_eq!(own.path(), other.path());
                prop_assert_eq!(own.query(), other.query());
                prop_assert_eq!(other.fragment(), None);
                prop_assert_eq!((other.username(), other.password()), ("", None));
                let loopback = matches!(own.host_str(), Some("127.0.0.1" | "[::1]"));
                prop_assert!(loopback || own.port() == other.port());
            }
        }

        #[test]
        fn any_loopback_port_matches(port in 1u16.., at in 2usize..5) {
            let (origin, rest) = without_loopback_port(REGISTERED[at]).unwrap();
            let presented = format!("{origin}:{port}{rest}");
            prop_assert!(matches(REGISTERED[at], &presented));
        }
    }
}
