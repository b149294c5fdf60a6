//! A relying party and its end-user: makes load, and after a restart asks whether it was told the truth.

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    http::{Answer, Client},
    ledger::{Entry, Fate, Tally},
    random::Random,
};

const REDIRECT: &str = "http%3A%2F%2F127.0.0.1%3A9999%2Fcb";
const SECRET: &str = "web-es256-secret-0123456789abcdef0123456789abcdef";

/// One relying party with one signed-in end-user.
pub(crate) struct Worker {
    client: Client,
    cookies: String,
    basic: String,
    random: Random,
    entries: Vec<Entry>,
}

impl Worker {
    /// Signs in, and lets the consent be remembered.
    pub(crate) fn sign_in(address: SocketAddr, user: &str, seed: u64) -> Self {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("web-es256:{SECRET}"));
        let mut worker = Self {
            client: Client::new(address),
            cookies: String::new(),
            basic: format!("authorization: Basic {basic}\r\n"),
            random: Random::new(seed),
            entries: Vec::new(),
        };
        let verifier = worker.random.text();
        let mut answer = worker.get(&authorize(&verifier));
        let mut login = answer.location.clone().unwrap();
        let page = worker.get(&login).body;
        let form = format!(
            "csrf={}&username={user}&password=correct+horse+battery+staple",
            hidden(&page, "csrf")
        );
        answer = worker.post(&login, &form);
        login = answer.location.clone().unwrap();
        if login.starts_with('/') {
            let page = worker.get(&login).body;
            let form = format!("csrf={}&remember=yes&action=allow", hidden(&page, "csrf"));
            answer = worker.post(&login, &form);
        }
        assert!(answer.location.unwrap().contains("code="), "signed in");
        worker
    }

    /// One step of load.
    pub(crate) fn work(&mut self) {
        match self.random.below(10) {
            0..=3 => self.authorize(),
            4..=6 => self.pick(|entry| entry.redeemed == Fate::NotAsked, Self::redeem),
            7..=8 => self.pick(
                |entry| {
                    entry.refresh_token.is_some()
                        && entry.refreshed == Fate::NotAsked
                        && entry.revoked == Fate::NotAsked
                },
                Self::refresh,
            ),
            _ => self.pick(
                |entry| {
                    entry.redeemed == Fate::Done
                        && entry.revoked == Fate::NotAsked
                        && entry.refreshed != Fate::Unknown
                },
                Self::revoke,
            ),
        }
    }

    fn pick(&mut self, fits: impl Fn(&Entry) -> bool, act: fn(&mut Self, &mut Entry)) {
        if let Some(at) = self.entries.iter().rposition(fits) {
            let mut entry = self.entries.swap_remove(at);
            act(self, &mut entry);
            self.entries.push(entry);
        }
    }

    fn authorize(&mut self) {
        let verifier = self.random.text();
        let headers = format!("cookie: {}\r\n", self.cookies);
        let Some(answer) = self.client.send("GET", &authorize(&verifier), &headers, None) else {
            return;
        };
        assert_eq!(answer.status, 303, "{}", answer.body);
        let location = answer.location.unwrap();
        let code = parameter(&location, "code").unwrap_or_else(|| panic!("no code in {location}"));
        self.entries.push(Entry::new(code, verifier));
    }

    fn redeem(&mut self, entry: &mut Entry) {
        entry.redeemed = Fate::Unknown;
        let Some(answer) = self.token(&code_form(entry)) else { return };
        assert_eq!(answer.status, 200, "a fresh code: {}", answer.body);
        entry.redeemed = Fate::Done;
        keep_tokens(entry, &answer);
    }

    fn refresh(&mut self, entry: &mut Entry) {
        let token = entry.refresh_token.take().unwrap();
        entry.old_refresh_token = Some(token.clone());
        entry.refreshed = Fate::Unknown;
        let Some(answer) = self.token(&format!("grant_type=refresh_token&refresh_token={token}"))
        else {
            return;
        };
        assert_eq!(answer.status, 200, "a fresh refresh token: {}", answer.body);
        entry.refreshed = Fate::Done;
        keep_tokens(entry, &answer);
    }

    fn revoke(&mut self, entry: &mut Entry) {
        let Some(token) = entry.refresh_token.clone() else { return };
        entry.revoked = Fate::Unknown;
        let Some(answer) = self.send_form("/revoke", &format!("token={token}")) else { return };
        assert_eq!(answer.status, 200, "{}", answer.body);
        entry.revoked = Fate::Done;
    }

    /// After a restart: everything acknowledged is there, nothing is good twice.
    pub(crate) fn settle(&mut self, tally: &mut Tally) {
        for mut entry in std::mem::take(&mut self.entries) {
            self.settle_redemption(&mut entry, tally);
            self.settle_refresh(&mut entry, tally);
            self.settle_revocation(&entry, tally);
            let again = self.must(&code_form(&entry));
            assert_eq!(again.status, 400, "a code is redeemed once: {entry:?}");
            if let Some(token) = &entry.access_token {
                assert!(
                    !self.is_active(token),
                    "a replayed code revokes what it bought: {entry:?}"
                );
            }
        }
    }

    fn settle_redemption(&mut self, entry: &mut Entry, tally: &mut Tally) {
        match entry.redeemed {
            Fate::Done => tally.acknowledged += 2,
            Fate::NotAsked => {
                let answer = self.must(&code_form(entry));
                assert_eq!(answer.status, 200, "an acknowledged code works: {}", answer.body);
                keep_tokens(entry, &answer);
                tally.acknowledged += 1;
            }
            Fate::Unknown => {
                tally.acknowledged += 1;
                tally.unknown += 1;
                let answer = self.must(&code_form(entry));
                match answer.status {
                    200 => keep_tokens(entry, &answer),
                    400 => tally.unknown_done += 1,
                    other => panic!("{other}: {}", answer.body),
                }
            }
        }
        entry.redeemed = Fate::Done;
    }

    fn settle_refresh(&mut self, entry: &mut Entry, tally: &mut Tally) {
        match entry.refreshed {
            Fate::NotAsked => {}
            Fate::Done => tally.acknowledged += 1,
            Fate::Unknown => {
                tally.unknown += 1;
                let old = entry.old_refresh_token.clone().unwrap();
                let answer = self.must(&format!("grant_type=refresh_token&refresh_token={old}"));
                match answer.status {
                    200 => keep_tokens(entry, &answer),
                    // It had been used: the family is revoked now, as for any reuse.
                    400 => {
                        tally.unknown_done += 1;
                        let token = entry.access_token.as_ref().unwrap();
                        assert!(!self.is_active(token), "reuse revokes the family: {entry:?}");
                        entry.access_token = None;
                    }
                    other => panic!("{other}: {}", answer.body),
                }
            }
        }
    }

    fn settle_revocation(&mut self, entry: &Entry, tally: &mut Tally) {
        let Some(token) = &entry.access_token else { return };
        let active = self.is_active(token);
        match entry.revoked {
            Fate::NotAsked => assert!(active, "an acknowledged token works: {entry:?}"),
            Fate::Done => assert!(!active, "a revoked token does not work: {entry:?}"),
            Fate::Unknown => {
                tally.unknown += 1;
                tally.unknown_done += u64::from(!active);
            }
        }
        tally.acknowledged += 1;
    }

    fn is_active(&mut self, token: &str) -> bool {
        let form = format!("token={token}");
        let answer = self
            .send_form("/introspect", &form)
            .or_else(|| self.send_form("/introspect", &form))
            .expect("the provider runs");
        assert_eq!(answer.status, 200, "{}", answer.body);
        json(&answer)["active"].as_bool().unwrap()
    }

    fn must(&mut self, form: &str) -> Answer {
        self.token(form).or_else(|| self.token(form)).expect("the provider runs")
    }

    fn token(&mut self, form: &str) -> Option<Answer> {
        self.send_form("/token", form)
    }

    fn send_form(&mut self, target: &str, form: &str) -> Option<Answer> {
        let headers = self.basic.clone();
        self.client.send("POST", target, &headers, Some(form))
    }

    fn get(&mut self, target: &str) -> Answer {
        self.browse("GET", target, None)
    }

    fn post(&mut self, target: &str, form: &str) -> Answer {
        self.browse("POST", target, Some(form))
    }

    fn browse(&mut self, method: &str, target: &str, form: Option<&str>) -> Answer {
        let headers = format!("cookie: {}\r\n", self.cookies);
        let answer = self.client.send(method, target, &headers, form).expect("the provider runs");
        let mut jar: Vec<(String, String)> = self
            .cookies
            .split("; ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, value) in &answer.cookies {
            jar.retain(|(known, _)| known != name);
            jar.push((name.clone(), value.clone()));
        }
        let pairs: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.cookies = pairs.join("; ");
        answer
    }
}

fn authorize(verifier: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    format!(
        "/authorize?client_id=web-es256&response_type=code&scope=openid&redirect_uri={REDIRECT}&state=s\
         &nonce=n&code_challenge={challenge}&code_challenge_method=S256"
    )
}

fn code_form(entry: &Entry) -> String {
    format!(
        "grant_type=authorization_code&code={}&redirect_uri={REDIRECT}&code_verifier={}",
        entry.code, entry.verifier
    )
}

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn keep_tokens(entry: &mut Entry, answer: &Answer) {
    let body = json(answer);
    entry.access_token = Some(body["access_token"].as_str().unwrap().to_owned());
    entry.refresh_token = Some(body["refresh_token"].as_str().unwrap().to_owned());
}

fn parameter(location: &str, name: &str) -> Option<String> {
    let (_, query) = location.split_once('?')?;
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value.to_owned())
}

fn hidden(page: &str, name: &str) -> String {
    let at = page
        .find(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[at..];
    let value = rest.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}
