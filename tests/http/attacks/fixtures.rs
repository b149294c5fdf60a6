//! Makes what the `precondition` of a case says true. The texts are matched as they stand in the file;
//! one that no arm knows fails the case.

use moneta::config::Settings;
use moneta_events::client::ClientAuthMethod;

use crate::support::{
    browser::Stop,
    demo::{self, PASSWORD},
    provider::Options,
    rp::{Tokens, random},
};

use super::{case::Case, stage::Stage};

/// How the provider of a case is set up.
pub fn options(case: &Case) -> Options {
    let options = Options::production_like().adjusted(as_the_cases_say);
    match case.precondition.as_str() {
        "limit 5" => options.adjusted(|settings| settings.limits.login_attempts = 5),
        // All are let in: it is the stream that decides here, not the door.
        "one fresh code" | "rotation on, zero grace" | "one txn" => many_requests(options)
            .adjusted(|settings| {
                settings.limits.orders_per_stream = 2_000;
                settings.limits.orders_per_shard = 2_000;
            }),
        "mailbox limit reached, store paused 5 s" => options.adjusted(|settings| {
            settings.limits.orders_per_shard = 8;
        }),
        "100 000 distinct ui_locales values" => many_requests(options),
        // At the cost of real passwords, and from so many addresses that none is told to wait.
        "logins at 10x the hashing capacity" => many_requests(options).adjusted(|settings| {
            settings.passwords.memory_kib = 19_456;
            settings.passwords.iterations = 2;
        }),
        "same run" | "one byte of a stored event flipped off-line" => options.on_disk(),
        _ => options,
    }
}

/// Nobody is turned away for asking often.
fn many_requests(options: Options) -> Options {
    options.adjusted(|settings| {
        settings.limits.authorize_per_address = 1_000_000;
        settings.limits.failures_per_address = 1_000_000;
    })
}

/// Where the cases know a client otherwise than the demo has it: `web` has one redirect URI, `evil` a
/// secret like an honest client.
fn as_the_cases_say(settings: &mut Settings) {
    for client in &mut settings.clients {
        match client.metadata.client_id.as_str() {
            "web" => client.metadata.redirect_uris.truncate(1),
            "evil" => {
                client.metadata.token_endpoint_auth_method = ClientAuthMethod::ClientSecretBasic;
                client.secret = Some(demo::secret("evil").into());
            }
            _ => {}
        }
    }
}

/// Prepares the stage.
pub async fn prepare(stage: &mut Stage) -> Result<(), String> {
    let precondition = stage.case.precondition.clone();
    match precondition.as_str() {
        // Made where a template asks for them, or no more than the demo configuration has.
        "" if stage.case.endpoint == "login" => {
            stage.login_page().await;
        }
        ""
        | "fresh code"
        | "one fresh code"
        | "code issued to web"
        | "code was issued with a challenge"
        | "code issued with a challenge"
        | "rt of web"
        | "at and rt of web"
        | "rotation on, zero grace"
        | "the handle is live in the store"
        | "fresh code; authorization request carried redirect_uri"
        | "Basic authenticates low; body names high"
        | "confidential client sends only client_id"
        | "SAML assertion type"
        | "Host: evil.test"
        | "token in header and in body"
        | "all kinds signed by the same OP key"
        | "unkeyed headers, query noise, unusual methods" => {}
        "alice has an OP session unless said otherwise; client web registers exactly https://rp.test/cb"
        | "client multi registers two redirect URIs"
        | "client native registers http://127.0.0.1/cb"
        | "legacy"
        | "client spa is public"
        | "spa is public"
        | "client conf has require_pkce"
        | "session, no consent"
        | "session live" => registered(stage).await?,
        "alice types her password" | "the login page takes a return address" | "no CSRF token" => {
            stage.login_page().await;
        }
        "code already redeemed once (tokens at1, rt1 kept)" => redeemed_once(stage).await,
        "code older than its lifetime (clock moved +61 s)" => {
            stage.code("web").await;
            stage.provider.clock.advance(61);
        }
        "rt rotated once (rt2 live)" => rotated_once(stage).await,
        _ => return rarer(stage, &precondition).await,
    }
    Ok(())
}

async fn rarer(stage: &mut Stage, precondition: &str) -> Result<(), String> {
    if changed_since(stage, precondition).await {
        return Ok(());
    }
    match precondition {
        "grant had resource A" => resource_a(stage).await?,
        "scope without offline_access; prompt without consent" => {
            stage.code("web").await;
        }
        "at revoked, or user disabled, or session ended" => {
            let tokens = stage.offline_tokens().await;
            if !stage.client("rs2").is_active(&tokens.access).await {
                return Err("the token is none of rs2's business to begin with".to_owned());
            }
            stage.client("web").revoke(&tokens.access).await;
        }
        "victim restarts an expired login with attacker-edited client data in the link" => {
            stage.login_page().await;
            stage.provider.clock.advance(3600);
        }
        "success and error responses" | "error path" => {
            stage.grant(&stage.request("web")).await;
        }
        "CSRF token of another browser" => {
            stage.login_page().await;
            let request = stage.request("web").with("state", &random());
            stage.attacker.open(&request.path()).await.page();
        }
        "txn opened by mallory; alice is lured to post it" => mallorys_transaction(stage).await,
        "attacker plants a session and a txn link; alice clicks" => {
            mallorys_transaction(stage).await;
            let planted = stage.attacker.jar.all().iter().find(|c| c.name.ends_with("session"));
            stage.browser.jar.plant(planted.cloned().ok_or("the attacker has no session")?);
        }
        "pre-login cookie set by the attacker" => {
            let request = stage.request("web");
            stage.attacker.open(&request.path()).await.page();
            stage.browser.jar.clone_from(&stage.attacker.jar);
            stage.login_page().await;
        }
        "txn asked openid" | "one txn" => {
            stage.consent_page().await;
        }
        "account switched in another tab between consent page and submit" => switched(stage).await,
        "no session" => stage.browser.jar.clear(),
        "alice's session, hint for bob" => hint_for_bob(stage).await,
        "session 10 min old" => {
            stage.grant(&stage.request("web")).await;
            stage.provider.clock.advance(600);
        }
        "OP clock set back 1 h after the code expired / was used" => {
            let code = stage.code("web").await;
            stage.provider.clock.advance(61);
            stage.client("web").redeem(&code, &stage.verifier).await;
            stage.provider.clock.advance(-3600);
        }
        "clock +1 day then back" => {
            let tokens = stage.offline_tokens().await;
            stage.provider.clock.advance(86_400);
            stage.client("rs2").introspect(&tokens.access).await;
            stage.provider.clock.advance(-86_400);
        }
        "token, userinfo, introspection, PAR, consent, error and form_post answers" => {}
        "untrusted peer" => {
            stage.targets =
                ["/.well-known/openid-configuration", "/", "/authorize?client_id=nobody"]
                    .map(str::to_owned)
                    .to_vec();
        }
        "/userinfo/x.css, /userinfo;.js, /account%2fx.png" => {
            stage.targets = ["/userinfo/x.css", "/userinfo;.js", "/account%2fx.png"]
                .map(str::to_owned)
                .to_vec();
        }
        "/metrics, /debug, /health?verbose, /swagger, /.env, /actuator" => {
            stage.targets =
                ["/metrics", "/debug", "/health?verbose", "/swagger", "/.env", "/actuator"]
                    .map(str::to_owned)
                    .to_vec();
        }
        "login, consent, device, logout and account pages" => registered(stage).await?,
        "compare an existing and a missing account" | "limit 5" => {
            stage.login_page().await;
        }
        "attacker fails 1 000 times from elsewhere" => {
            super::guessing::fail_from_elsewhere(stage, 60).await;
            stage.login_page().await;
        }
        _ => return Err(format!("unmapped precondition {precondition:?}")),
    }
    Ok(())
}

/// Something is granted; then what it was granted on changes.
async fn changed_since(stage: &mut Stage, precondition: &str) -> bool {
    match precondition {
        "alice disabled, locked or deleted between code issue and redemption" => {
            stage.code("web").await;
            stage.provider.disable_user("alice").await;
        }
        "client web disabled or its grant removed after code issue" => {
            stage.code("web").await;
            stage.provider.disable_client("web").await;
        }
        "user disabled or locked after issue" => {
            stage.offline_tokens().await;
            stage.provider.disable_user("alice").await;
        }
        "password changed or reset after issue" => {
            stage.offline_tokens().await;
            stage.provider.clock.advance(1);
            stage.provider.change_password("alice", "another horse, and other staples").await;
        }
        "client disabled after issue" => {
            stage.offline_tokens().await;
            stage.provider.disable_client("web").await;
        }
        _ => return false,
    }
    true
}

/// Checks what the precondition says of a client's registration, and signs alice in.
async fn registered(stage: &mut Stage) -> Result<(), String> {
    let declared = |id: &str| stage.provider.metadata(id);
    let said = match stage.case.precondition.as_str() {
        "client multi registers two redirect URIs" => declared("multi").redirect_uris.len() == 2,
        "client native registers http://127.0.0.1/cb" => {
            declared("native").redirect_uris == ["http://127.0.0.1/cb"]
        }
        "client spa is public" | "spa is public" => declared("spa").is_public(),
        "client conf has require_pkce" => declared("conf").require_pkce,
        "legacy" => declared("legacy").weaknesses().next().is_some(),
        _ => declared("web").redirect_uris == ["https://rp.test/cb"],
    };
    if !said {
        return Err("the demo configuration is not what the precondition says".to_owned());
    }
    stage.sign_in().await;
    Ok(())
}

async fn redeemed_once(stage: &mut Stage) {
    let request = stage.request("web").with("scope", "openid offline_access");
    let code = stage.grant(&request).await.code();
    let tokens = Tokens::of(&stage.client("web").redeem(&code, &stage.verifier).await);
    stage.keep(&tokens);
    stage.values.insert("code".to_owned(), code);
}

async fn rotated_once(stage: &mut Stage) {
    let first = stage.offline_tokens().await;
    let second = Tokens::of(&stage.client("web").refresh(first.refresh()).await);
    stage.before.push(second);
}

/// A consent page of mallory in the attacker's browser; alice has a session in hers.
async fn mallorys_transaction(stage: &mut Stage) {
    let request = stage.request("web").with("prompt", "consent").with("state", &random());
    stage.attacker.open(&request.path()).await.page();
    let page = stage.attacker.sign_in("mallory", PASSWORD).await.page();
    stage.values.insert("t_mallory".to_owned(), page.path);
    stage.sign_in().await;
    stage.consent_page().await;
}

/// Alice's consent page is open; then bob signs in with the same browser in another tab.
async fn switched(stage: &mut Stage) {
    stage.consent_page().await;
    let consent = stage.browser.page().clone();
    let request = stage.request("web").with("prompt", "login").with("state", &random());
    if let Stop::Page(page) = stage.browser.open(&request.path()).await
        && page.has("login-submit")
    {
        stage.browser.sign_in("bob", PASSWORD).await;
    }
    stage.browser.show_again(consent);
}

/// An ID Token for bob from another browser, and alice's session with consent.
async fn hint_for_bob(stage: &mut Stage) {
    let request = stage.request("web");
    let stop = stage.attacker.open(&request.path()).await;
    let code = stage.attacker.finish(stop, "bob", PASSWORD).await.code();
    let tokens = Tokens::of(&stage.client("web").redeem(&code, &stage.verifier).await);
    stage.values.insert("idt_bob".to_owned(), tokens.id().to_owned());
    stage.grant(&stage.request("web")).await;
}

/// Tokens for the first resource server that `web` may ask for.
async fn resource_a(stage: &mut Stage) -> Result<(), String> {
    let allowed = stage.provider.metadata("web").scope;
    let mut scopes =
        stage.provider.settings().resources.iter().flat_map(|resource| &resource.scopes);
    let scope = scopes.find(|scope| allowed.contains(scope)).cloned();
    let scope = scope.ok_or("web may ask for no resource server")?;
    let tokens = stage.tokens("web", &format!("openid offline_access {scope}")).await;
    stage.keep(&tokens);
    Ok(())
}
