//! The least of a browser: cookies, redirects of the provider, forms.

use std::collections::BTreeMap;

use super::support::{Answer, PASSWORD, Server, encode};

const REDIRECT_URI: &str = "https://rp.test/cb";
const SECRET: &str = "web-secret-0123456789abcdef0123456789abcdef";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Somebody at the demo's client `web`.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    fn go(&mut self, request: &str, body: &str) -> Answer {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [
            format!("Cookie: {}", cookies.join("; ")),
            format!("Origin: {}", self.server.url),
            "Content-Type: application/x-www-form-urlencoded".to_owned(),
        ];
        let answer = self.server.ask(request, &headers, body);
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// An authorization request; answers with where the browser is sent.
    pub(crate) fn authorize(&mut self, more: &[(&str, &str)]) -> String {
        let mut query = vec![
            ("client_id", "web"),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
            ("scope", "openid profile offline_access"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        query.extend(more);
        let answer = self.go(&format!("GET /authorize?{}", encode(&query)), "");
        location(&answer)
    }

    /// Shows the page at `path` and sends its form, filled in.
    fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let path = path.strip_prefix(&self.server.url).unwrap_or(path);
        let page = self.go(&format!("GET {path}"), "").body;
        let hidden = inputs(&page);
        let mut form: Vec<(&str, &str)> =
            hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form.extend(fields);
        self.go(&format!("POST {path}"), &encode(&form))
    }

    /// Signs in as alice, with a wrong password first, allows everything, and gives the client its code.
    pub(crate) fn sign_in(&mut self) -> String {
        let page = self.authorize(&[("login_hint", "alice"), ("prompt", "consent")]);
        let wrong = self.submit(&page, &[("username", "alice"), ("password", "wrong wrong")]);
        assert_eq!(wrong.status, 401);
        let right = self.submit(&page, &[("username", "alice"), ("password", PASSWORD)]);
        let allow = self.submit(&location(&right), &[("action", "allow")]);
        let location = location(&allow);
        let back = url::Url::parse(&location).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("{location}")).1.into_owned()
    }

    /// The client redeems a code.
    pub(crate) fn redeem(&self, code: &str, verifier: Option<&str>) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier.unwrap_or(VERIFIER)),
        ];
        self.server.token("web", SECRET, &form)
    }

    /// The client uses a refresh token.
    pub(crate) fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.server.token("web", SECRET, &form)
    }
}

fn location(answer: &Answer) -> String {
    let locations = answer.headers("location");
    let [location] = locations.as_slice() else { panic!("{answer:?}") };
    (*location).to_owned()
}

/// Names and values of the hidden inputs of a page.
fn inputs(page: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    page.split("<input")
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .filter(|tag| tag.contains("type=\"hidden\""))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}
