//! Input no client sends by mistake alone: every answer is a registered error or a clear page, nothing
//! fails, and a stranger leaves no stream behind.

use crate::support::{
    answer::Answer,
    browser::Stop,
    html,
    http::{Header, encode, pairs},
    logs,
    provider::Provider,
    rp::{basic, random},
    test,
};

const FORM: &str = "application/x-www-form-urlencoded";
const REGISTERED: &[&str] = &[
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
];

/// A registered error, or a page that says what is wrong.
fn is_clear(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {}", answer.whole());
    let error = answer.error();
    let known = error.as_deref().is_some_and(|error| REGISTERED.contains(&error));
    let page = answer.is_html() && html::has_id(&answer.text(), "op-error");
    assert!(known || page || answer.status != 400, "{what}: {}", answer.whole());
    assert_eq!(logs::panics(), Vec::<String>::new(), "{what}");
}

fn long(length: usize) -> String {
    "a".repeat(length)
}

/// Bodies that are no good form, or a form that makes no sense.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let twice = format!("{0}&{0}", encode(&[("grant_type", "authorization_code")]));
    let text = |body: &str| body.as_bytes().to_vec();
    vec![
        ("nothing", Vec::new()),
        ("an ampersand", text("&")),
        ("no names", text("=&=&=")),
        ("broken escapes", text("grant_type=%zz&code=%f")),
        ("invalid UTF-8", b"grant_type=\xff\xfe&code=\xc3\x28".to_vec()),
        ("escaped invalid UTF-8", text("grant_type=%ff%fe&code=%c3%28")),
        ("NUL", text("grant_type=authorization_code%00&code=a%00b")),
        ("a parameter twice", twice.into_bytes()),
        ("JSON", text(r#"{"grant_type":"client_credentials"}"#)),
        (
            "XML",
            text("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>"),
        ),
        ("an unknown grant", text("grant_type=password&username=alice&password=x")),
        ("an empty grant", text("grant_type=&code=&redirect_uri=&code_verifier=")),
        ("an unknown token", text("token=nothing&token_type_hint=whatever")),
        ("an empty token", text("token=")),
        (
            "a long code",
            format!("grant_type=authorization_code&code={}", long(10_000)).into_bytes(),
        ),
        ("a megabyte", format!("grant_type={}", long(1 << 20)).into_bytes()),
        (
            "many parameters",
            (0..5_000).fold(String::new(), |b, i| b + &format!("p{i}=1&")).into_bytes(),
        ),
    ]
}

#[test]
fn client_endpoints_answer_with_registered_errors() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let secret = web.secret.clone().unwrap_or_default();
        let nonsense = ("authorization", "Basic !!!".to_owned());
        let callers: Vec<(&str, Option<Header>)> = vec![
            ("nobody", None),
            ("web", Some(basic("web", &secret))),
            ("a wrong secret", Some(basic("web", "wrong"))),
            ("an unknown client", Some(basic("nobody", "x"))),
            ("nonsense", Some(nonsense)),
        ];
        let head = provider.head().await;
        for path in ["/token", "/introspect", "/revoke"] {
            for (caller, credentials) in &callers {
                for (what, body) in bodies() {
                    let mut headers = vec![("content-type", FORM.to_owned())];
                    headers.extend(credentials.clone());
                    let answer = provider.http.send("POST", path, &headers, Some(body)).await;
                    let what = format!("{path} by {caller} with {what}");
                    // Telling an authenticated client that a token is unknown is no error (RFC 7009 §2.2).
                    let tells = *caller == "web" && path != "/token" && answer.status == 200;
                    if !tells {
                        is_clear(&answer, &what);
                    }
                }
            }
        }
        assert_eq!(streams_of_strangers(&provider, head).await, Vec::<String>::new());
    });
}

#[test]
fn the_authorization_endpoint_answers_with_a_page_or_tells_the_client() {
    test(async {
        let provider = Provider::demo().await;
        let good = provider.client("web").request();
        let mangled = [
            good.clone().with("client_id", "nobody"),
            good.clone().with("client_id", ""),
            good.clone().with("client_id", &long(5_000)),
            good.clone().with("client_id", "web\u{0}"),
            good.clone().without("client_id"),
            good.clone().with("redirect_uri", "https://evil.test/"),
            good.clone().with("redirect_uri", "javascript:alert(1)"),
            good.clone().with("redirect_uri", ""),
            good.clone().with("redirect_uri", "https://rp.test/cb\r\nSet-Cookie: a=b"),
        ];
        let head = provider.head().await;
        for request in mangled {
            for post in [false, true] {
                let answer = if post {
                    provider.http.post("/authorize", &[], &request.params).await
                } else {
                    provider.http.get(&request.path(), &[]).await
                };
                let what = format!("{request:?}");
                assert_eq!(answer.status, 400, "{what}: {}", answer.whole());
                assert!(html::has_id(&answer.text(), "op-error"), "{what}");
                assert_eq!(answer.location(), None, "{what}");
            }
        }
        let twice = format!("{}&client_id=web", good.path());
        assert_eq!(provider.http.get(&twice, &[]).await.status, 400, "client_id twice");
        assert_eq!(provider.http.get("/authorize?%ff=%fe", &[]).await.status, 400);
        assert_eq!(streams_of_strangers(&provider, head).await, Vec::<String>::new());
    });
}

#[test]
fn deep_documents_harm_nobody() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        for depth in [1_000, 10_000, 100_000] {
            let deep = "[".repeat(depth);
            let request = web.request().with("claims", &deep).with("authorization_details", &deep);
            let answer = provider.http.post("/authorize", &[], &request.params).await;
            assert!((300..500).contains(&answer.status), "{depth}: {}", answer.whole());
        }
        assert_eq!(provider.http.get("/healthz", &[]).await.status, 200);
    });
}

#[test]
fn a_repeated_parameter_is_told_to_the_client() {
    test(async {
        let provider = Provider::demo().await;
        let twice = format!("{}&state=again", provider.client("web").request().path());
        let arrival = provider.browser().open(&twice).await.arrival();
        assert_eq!(arrival.get("error"), Some("invalid_request"), "{arrival:?}");
        assert_eq!(arrival.get("state"), None, "neither of the two can be believed");
    });
}

#[test]
fn requests_the_client_may_hear_of_are_answered_to_it() {
    test(async {
        let provider = Provider::demo().await;
        let good = provider.client("web").request();
        let table = [
            ("response_type", "", "invalid_request"),
            ("response_type", "token", "unsupported_response_type unauthorized_client"),
            ("response_type", "code code", "unsupported_response_type invalid_request"),
            ("prompt", "none login", "invalid_request"),
            ("prompt", "dance", "invalid_request"),
            ("max_age", "-1", "invalid_request"),
            ("max_age", "soon", "invalid_request"),
            ("code_challenge", "short", "invalid_request"),
            ("code_challenge_method", "plain", "invalid_request"),
            ("code_challenge_method", "MD5", "invalid_request"),
            ("response_mode", "carrier_pigeon", "invalid_request"),
            ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
            ("request_uri", "https://rp.test/r", "request_uri_not_supported"),
            ("registration", "{}", "registration_not_supported"),
            ("id_token_hint", "nonsense", "invalid_request login_required"),
        ];
        for (name, value, errors) in table {
            let request = good.clone().with(name, value).with("state", &random());
            let mut browser = provider.browser();
            let arrival = match browser.open(&request.path()).await {
                Stop::Away(arrival) => arrival,
                Stop::Page(page) => panic!("{name}={value}: {}", page.visible()),
            };
            let error = arrival.get("error").unwrap_or("none");
            assert!(errors.split(' ').any(|e| e == error), "{name}={value}: {arrival:?}");
            assert_eq!(arrival.get("state"), Some(request.get("state")), "{name}={value}");
            assert_eq!(arrival.get("iss"), Some(provider.http.issuer()), "{name}={value}");
            assert_eq!(arrival.get("code"), None, "{name}={value}");
        }
    });
}

#[test]
fn userinfo_challenges_whoever_brings_no_good_token() {
    test(async {
        let provider = Provider::demo().await;
        let head = provider.head().await;
        let fields: [&[Header]; 5] = [
            &[],
            &[("authorization", "Bearer".to_owned())],
            &[("authorization", "Bearer nothing".to_owned())],
            &[("authorization", "Basic d2ViOng=".to_owned())],
            &[("authorization", format!("Bearer {}", long(9_000)))],
        ];
        for headers in fields {
            let answer = provider.http.get("/userinfo", headers).await;
            assert!(matches!(answer.status, 400 | 401), "{headers:?}: {}", answer.whole());
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.starts_with("Bearer"), "{headers:?}: {challenge}");
        }
        assert_eq!(provider.head().await, head);
    });
}

#[test]
fn unknown_pages_and_methods_are_refused() {
    test(async {
        let provider = Provider::demo().await;
        let head = provider.head().await;
        let paths =
            ["/nothing", "/interaction/x/login", "/interaction/x/consent", "/assets/../kek"];
        for path in paths {
            let answer = provider.http.get(path, &[]).await;
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.whole());
        }
        for path in ["/token", "/authorize", "/userinfo", "/jwks", "/revoke", "/introspect"] {
            for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
                let answer = provider.http.send(method, path, &[], None).await;
                assert!(
                    matches!(answer.status, 400 | 404 | 405 | 501),
                    "{method} {path}: {}",
                    answer.whole()
                );
            }
        }
        let mut browser = provider.browser();
        browser.open(&provider.client("web").request().path()).await.page();
        let (_, target, _) = browser.submission("login-submit");
        let page = provider.http.post(&target, &[], &pairs([("username", "alice")])).await;
        assert!((400..500).contains(&page.status), "{}", page.whole());
        assert_eq!(streams_of_strangers(&provider, head).await.len(), 1);
    });
}

/// The streams that began after a position, except those of a transaction a registered client began.
async fn streams_of_strangers(provider: &Provider, after: u64) -> Vec<String> {
    let events = provider.events_after(after).await;
    let begun = events.into_iter().map(|(name, _)| name);
    begun.filter(|name| !name.starts_with("incident.")).collect()
}
