//! A browser without JavaScript: keeps cookies, follows redirects inside the provider's origin, fills
//! and sends the forms it is shown, and stops where it would leave for a client.

use std::sync::Arc;

use moneta::runtime::clock::{Clock, FixedClock};

use super::{
    answer::Answer,
    html::{self, Form},
    http::{Header, Http},
    jar::{Jar, Origin},
    wire,
};

/// One browser with one person before it.
pub struct Browser {
    /// Its cookies.
    pub jar: Jar,
    /// Fields that it adds to every request.
    pub headers: Vec<Header>,
    /// All answers of the last navigation, redirects included.
    pub hops: Vec<Answer>,
    http: Http,
    clock: Arc<FixedClock>,
    page: Option<Page>,
    /// The policy of the page whose form was sent last.
    sent_from: Option<String>,
}

/// A page of the provider that is shown.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its path and query.
    pub path: String,
    /// The answer it came in.
    pub answer: Answer,
    /// Its forms, as filled in so far.
    pub forms: Vec<Form>,
}

impl Page {
    /// Whether an element carries that id.
    pub fn has(&self, id: &str) -> bool {
        html::has_id(&self.answer.text(), id)
    }

    /// What a person reads.
    pub fn visible(&self) -> String {
        html::visible(&self.answer.text())
    }
}

/// How an authorization response came to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// In the query.
    Query,
    /// In the fragment.
    Fragment,
    /// In a form that the browser posts.
    FormPost,
}

/// An authorization response at the door of a client.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Everything before the parameters.
    pub uri: String,
    /// How it came.
    pub carried: Carried,
    /// Its parameters.
    pub params: Vec<(String, String)>,
}

impl Arrival {
    /// The only or first parameter of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The code.
    ///
    /// # Panics
    /// Where there is none.
    pub fn code(&self) -> String {
        self.get("code").unwrap_or_else(|| panic!("a code, not {self:?}")).to_owned()
    }

    fn at(location: &str) -> Self {
        if let Some((uri, fragment)) = location.split_once('#').filter(|(_, text)| !text.is_empty())
        {
            let params = form_urlencoded::parse(fragment.as_bytes()).into_owned().collect();
            return Self { uri: uri.to_owned(), carried: Carried::Fragment, params };
        }
        let (uri, query) = location.split_once('?').unwrap_or((location, ""));
        let params = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { uri: uri.to_owned(), carried: Carried::Query, params }
    }
}

/// Where a navigation ended.
#[derive(Debug, Clone)]
pub enum Stop {
    /// At a page of the provider.
    Page(Page),
    /// At a client.
    Away(Arrival),
}

impl Stop {
    /// The page.
    ///
    /// # Panics
    /// Where the browser left for a client.
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Away(arrival) => panic!("a page of the provider, not {arrival:?}"),
        }
    }

    /// The authorization response.
    ///
    /// # Panics
    /// Where the browser is still at the provider.
    pub fn arrival(self) -> Arrival {
        match self {
            Self::Away(arrival) => arrival,
            Self::Page(page) => panic!(
                "an authorization response, not {} {}: {}",
                page.answer.status,
                page.path,
                page.visible()
            ),
        }
    }
}

impl Browser {
    /// A fresh browser.
    pub fn new(http: Http, clock: Arc<FixedClock>) -> Self {
        Self {
            jar: Jar::default(),
            headers: vec![("user-agent", "Mozilla/5.0 (plain)".to_owned())],
            hops: Vec::new(),
            http,
            clock,
            page: None,
            sent_from: None,
        }
    }

    /// The page that is shown.
    ///
    /// # Panics
    /// Before the first one.
    pub fn page(&self) -> &Page {
        self.page.as_ref().expect("a page is shown")
    }

    /// What it asks with.
    pub const fn http(&self) -> &Http {
        &self.http
    }

    /// Follows a link on a client's site.
    pub async fn open(&mut self, target: &str) -> Stop {
        self.hops.clear();
        let answer = self.request("GET", target, None, Origin::CrossSiteGet).await;
        self.follow(target.to_owned(), answer).await
    }

    /// Loads the page that is shown again, as a person would.
    pub async fn reload(&mut self) -> Stop {
        self.hops.clear();
        let path = self.page().path.clone();
        let answer = self.request("GET", &path, None, Origin::SameSite).await;
        self.follow(path, answer).await
    }

    /// Types into a field.
    ///
    /// # Panics
    /// Where the page has no such field.
    pub fn fill(&mut self, id: &str, value: &str) {
        let page = self.page.as_mut().expect("a page is shown");
        let field = page.forms.iter_mut().find_map(|form| form.field_mut(id));
        let field = field.unwrap_or_else(|| panic!("{} has no field {id}", page.path));
        value.clone_into(&mut field.value);
        field.checked = true;
    }

    /// Clicks a submit button.
    ///
    /// # Panics
    /// Where the page has no such button.
    pub async fn click(&mut self, id: &str) -> Stop {
        let (method, target, pairs) = self.submission(id);
        self.submit(&method, &target, &pairs).await
    }

    /// What a click on a button would send: method, target, pairs.
    ///
    /// # Panics
    /// Where the page has no such button.
    pub fn submission(&self, id: &str) -> (String, String, Vec<(String, String)>) {
        let page = self.page();
        let (form, button) = page
            .forms
            .iter()
            .find_map(|form| Some((form, form.button(id)?)))
            .unwrap_or_else(|| panic!("{} has no button {id}: {}", page.path, page.visible()));
        let action = button.action.as_deref().unwrap_or(&form.action);
        let target = self.resolve(&page.path, action);
        let method = button.method.as_deref().unwrap_or(&form.method);
        (method.to_owned(), target, form.pairs(Some(button)))
    }

    /// Sends a form from the page that is shown and follows.
    pub async fn submit(&mut self, method: &str, target: &str, pairs: &[(String, String)]) -> Stop {
        self.hops.clear();
        let policy = self.page.as_ref().and_then(|p| p.answer.header("content-security-policy"));
        self.sent_from = policy.map(str::to_owned);
        let answer = if method == "GET" {
            let target = format!("{target}?{}", super::http::encode(pairs));
            self.request("GET", &target, None, Origin::SameSite).await
        } else {
            self.request("POST", target, Some(pairs), Origin::SameSite).await
        };
        self.follow(target.to_owned(), answer).await
    }

    /// One request with this browser's cookies; what the answer sets is kept, redirects are not followed.
    pub async fn request(
        &mut self,
        method: &str,
        target: &str,
        form: Option<&[(String, String)]>,
        from: Origin,
    ) -> Answer {
        let path = self.http.local(target).expect("a URL of the provider").to_owned();
        let bare = path.split(['?', '#']).next().unwrap_or(&path);
        let mut headers = self.headers.clone();
        headers.extend(self.jar.header(bare, self.clock.now(), from).map(|c| ("cookie", c)));
        headers.extend(self.context(method, from));
        let answer = match form {
            Some(pairs) => self.http.post(&path, &headers, pairs).await,
            None => self.http.send(method, &path, &headers, None).await,
        };
        let tls = self.http.is_tls();
        self.jar.keep(answer.header_all("set-cookie"), self.clock.now(), tls);
        self.hops.push(answer.clone());
        answer
    }

    /// The bytes of a `POST` from the page that is shown, for a raw connection.
    pub fn message(&self, target: &str, pairs: &[(String, String)]) -> Vec<u8> {
        let path = self.http.local(target).expect("a URL of the provider");
        let mut headers = self.headers.clone();
        headers.extend(
            self.jar.header(path, self.clock.now(), Origin::SameSite).map(|c| ("cookie", c)),
        );
        headers.extend(self.context("POST", Origin::SameSite));
        wire::post(&self.http.authority(), path, &headers, &super::http::encode(pairs))
    }

    /// Goes back to a page that was shown before, as another tab would.
    pub fn show_again(&mut self, page: Page) {
        self.page = Some(page);
    }

    /// The fields by which a browser tells where a request comes from (Fetch §3.2, Fetch Metadata §2).
    fn context(&self, method: &str, from: Origin) -> Vec<Header> {
        let named = |name: &str| self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let site = if from == Origin::SameSite { "same-origin" } else { "cross-site" };
        let mut fields: Vec<Header> = vec![
            ("sec-fetch-site", site.to_owned()),
            ("sec-fetch-mode", "navigate".to_owned()),
            ("sec-fetch-dest", "document".to_owned()),
        ];
        if method == "POST" {
            // A page that asks for no referrer sends no origin either.
            let hides = |page: &Page| page.answer.header("referrer-policy") == Some("no-referrer");
            let origin = match from {
                Origin::SameSite if self.page.as_ref().is_some_and(hides) => "null",
                Origin::SameSite => self.http.issuer(),
                _ => "https://rp.test",
            };
            fields.push(("origin", origin.to_owned()));
        }
        fields.retain(|(name, _)| !named(name));
        fields
    }

    async fn follow(&mut self, start: String, first: Answer) -> Stop {
        let mut at = self.http.local(&start).unwrap_or(&start).to_owned();
        let mut answer = first;
        let policy = self.sent_from.take();
        for _ in 0..10 {
            let Some(location) = answer.location().filter(|_| answer.is_redirect()) else {
                return self.show(at, answer);
            };
            let target = self.resolve(&at, location);
            if let Some(policy) = &policy {
                assert!(self.may_lead_to(policy, &target), "{policy} blocks {target}");
            }
            let Some(local) = self.http.local(&target).map(str::to_owned) else {
                return Stop::Away(Arrival::at(&target));
            };
            answer = self.request("GET", &local, None, Origin::SameSite).await;
            at = local;
        }
        panic!("more than ten redirects, the last to {at}");
    }

    /// Whether `form-action` lets a form's submission end there: Chromium holds it against every redirect.
    fn may_lead_to(&self, policy: &str, target: &str) -> bool {
        let sources = policy.split(';').find_map(|d| d.trim().strip_prefix("form-action "));
        let allows = |source: &str| match source {
            "'self'" => self.http.local(target).is_some(),
            scheme if scheme.ends_with(':') => target.starts_with(scheme),
            origin => target
                .strip_prefix(origin)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', ':'])),
        };
        sources.is_none_or(|sources| sources.split(' ').any(allows))
    }

    fn show(&mut self, path: String, answer: Answer) -> Stop {
        let forms = html::forms(&answer.text());
        let away =
            |form: &&Form| form.action.contains("://") && self.http.local(&form.action).is_none();
        if let Some(form) = forms.iter().find(away) {
            return Stop::Away(Arrival {
                uri: form.action.clone(),
                carried: Carried::FormPost,
                params: form.pairs(None),
            });
        }
        let page = Page { path, answer, forms };
        self.page = Some(page.clone());
        Stop::Page(page)
    }

    fn resolve(&self, base: &str, reference: &str) -> String {
        let issuer = self.http.issuer();
        if reference.is_empty() {
            return base.to_owned();
        }
        let base = url::Url::parse(&format!("{issuer}{base}")).expect("the issuer is a URL");
        let target = base.join(reference).map_or_else(|_| reference.to_owned(), String::from);
        self.http.local(&target).map_or(target.clone(), str::to_owned)
    }

    /// Signs in on the login page that is shown.
    pub async fn sign_in(&mut self, username: &str, password: &str) -> Stop {
        self.fill("username", username);
        self.fill("password", password);
        self.click("login-submit").await
    }

    /// Goes on until the browser leaves for the client: signs in and allows wherever asked.
    ///
    /// # Panics
    /// Where the provider shows another page than those two.
    pub async fn finish(&mut self, stop: Stop, username: &str, password: &str) -> Arrival {
        let mut stop = stop;
        for _ in 0..5 {
            let page = match stop {
                Stop::Away(arrival) => return arrival,
                Stop::Page(page) => page,
            };
            stop = if page.has("login-submit") {
                self.sign_in(username, password).await
            } else if page.has("consent-allow") {
                self.click("consent-allow").await
            } else {
                Stop::Page(page).arrival();
                unreachable!("a page is no arrival")
            };
        }
        panic!("the provider asks again and again: {}", self.page().visible());
    }
}
