//! What the client does once it is its turn. Each step asks the provider over HTTP and adds what came to
//! the attempt.

use moneta_events::StreamId;

use super::{
    Playground,
    id_token::{self, Expected},
    provider::{Asker, Provider},
    record::Record,
    seen::{Seen, object},
    session::{Attempt, Ending},
};
use crate::{
    http::{op::Op, pages::Trouble},
    ports::http_client::Answer,
    protocol::handle::HandleKind,
};

/// What a step works with.
pub(super) struct Step<'a> {
    pub(super) op: &'a Op,
    pub(super) playground: &'a Playground,
    pub(super) attempt: &'a mut Attempt,
}

impl Step<'_> {
    /// Redeems the code (RFC 6749 §4.1.3), with the right verifier or another.
    pub(super) async fn redeem(&mut self, right: bool) -> Result<(), Trouble> {
        let Some(code) = self.attempt.code.clone() else { return Ok(()) };
        let provider = Provider::discover(self.playground).await?;
        let verifier = if right { self.attempt.verifier.clone() } else { "x".repeat(43) };
        let answer = provider
            .token(
                Asker::Public,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("redirect_uri", &self.playground.redirect_uri()),
                    ("code_verifier", &verifier),
                ],
            )
            .await?;
        let first = self.attempt.tokens.access.is_none();
        let nonce = Some(self.attempt.nonce.clone());
        if answer.status == 200 {
            self.tokens("The code buys tokens. A second try with it would end them.", &answer);
            return self.id_token(&provider, &answer, nonce.as_deref()).await;
        }
        let summary = if first {
            "The app learns one word, and so would a thief. Which rule refused it, only the provider knows."
        } else {
            "Somebody has a copy of the code, so the provider refused it and revoked all it had bought."
        };
        self.refused("The code was refused", summary, &answer).await
    }

    /// Uses the refresh token (RFC 6749 §6).
    pub(super) async fn refresh(&mut self) -> Result<(), Trouble> {
        let Some(refresh_token) = self.attempt.tokens.refresh.clone() else { return Ok(()) };
        let provider = Provider::discover(self.playground).await?;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
        let answer = provider.token(Asker::Public, &fields).await?;
        if answer.status == 200 {
            self.tokens("New tokens for the old ones, which work no more.", &answer);
            return self.id_token(&provider, &answer, None).await;
        }
        let summary = "The refresh token works no more. Why, is on record.";
        self.refused("The refresh was refused", summary, &answer).await
    }

    /// Gets a token for the demo's service (RFC 6749 §4.4).
    pub(super) async fn service(&mut self) -> Result<(), Trouble> {
        let Some(service) = &self.playground.cast.service else { return Ok(()) };
        let provider = Provider::discover(self.playground).await?;
        let fields = [("grant_type", "client_credentials"), ("scope", service.scope.as_str())];
        let answer = provider.token(Asker::Confidential(service), &fields).await?;
        if answer.status == 200 {
            let sent = format!("Client {} proved itself with its secret.", service.client_id);
            self.tokens(&sent, &answer);
            self.attempt.ending = Ending::good(
                "The service has its token",
                "No browser, no person, no code: one request. It is on record all the same.",
            );
            return Ok(());
        }
        self.refused("The request was refused", "The service got no token.", &answer).await
    }

    /// Asks who signed in (OpenID Connect Core 1.0 §5.3).
    pub(super) async fn userinfo(&mut self) -> Result<(), Trouble> {
        let Some(access_token) = self.attempt.tokens.access.clone() else { return Ok(()) };
        let answer = Provider::discover(self.playground).await?.userinfo(&access_token).await?;
        let note = if answer.status == 200 {
            "The claims that you allowed, and no others."
        } else {
            "The access token does not work, or was not made for this."
        };
        self.see(Seen::new("UserInfo", "GET /userinfo", note).whole(&answer));
        Ok(())
    }

    /// Asks whether the access token works (RFC 7662): as the service whose token it is, or else as the
    /// resource server that would be shown it.
    pub(super) async fn introspect(&mut self) -> Result<(), Trouble> {
        let Some(access_token) = self.attempt.tokens.access.clone() else { return Ok(()) };
        let provider = Provider::discover(self.playground).await?;
        let cast = &self.playground.cast;
        let own = cast.service.as_ref().filter(|_| self.is_service());
        let (asker, note) = match own.or(cast.resource_server.as_ref()) {
            Some(asker) => (
                Asker::Confidential(asker),
                format!(
                    "Asked by {}, which proves itself with its secret. To anybody whom the token is not \
                     meant for it is simply inactive.",
                    asker.client_id
                ),
            ),
            None => (
                Asker::Public,
                "A public app may not ask: it cannot prove who it is, and others could try out \
                 tokens in its name (RFC 7662 §4)."
                    .to_owned(),
            ),
        };
        let answer = provider.introspect(asker, &access_token).await?;
        self.see(Seen::new("Introspection", "POST /introspect", note).whole(&answer));
        Ok(())
    }

    /// Gives up the tokens (RFC 7009): the refresh token, which takes all others with it, where there is
    /// one.
    pub(super) async fn revoke(&mut self) -> Result<(), Trouble> {
        let tokens = &self.attempt.tokens;
        let Some(token) = tokens.refresh.clone().or(tokens.access.clone()) else { return Ok(()) };
        let provider = Provider::discover(self.playground).await?;
        let service = self.playground.cast.service.as_ref().filter(|_| self.is_service());
        let asker = service.map_or(Asker::Public, Asker::Confidential);
        let answer = provider.revoke(asker, &token).await?;
        let note =
            "The answer came when it was on record. Look at UserInfo or the introspection now.";
        self.see(
            Seen::new("Revocation", "POST /revoke", note).row("status", answer.status.to_string()),
        );
        self.attempt.ending = Ending::good(
            "The tokens are revoked",
            "Whoever has a copy of them has nothing any more.",
        );
        Ok(())
    }

    /// Shows something.
    pub(super) fn see(&mut self, seen: Seen) {
        self.attempt.seen.push(seen);
    }

    /// Something ended with an error: shows what is on record beside what the client was told.
    pub(super) async fn see_record(&mut self) -> Result<(), Trouble> {
        if let Some(stream) = self.attempt.transaction
            && let Some(record) = Record::read(self.op, stream).await?
            && let Some(last) = record.last_word()
        {
            self.see(last);
        }
        Ok(())
    }

    fn is_service(&self) -> bool {
        self.attempt
            .transaction
            .is_some_and(|stream| stream.category == moneta_events::Category::Direct)
    }

    fn tokens(&mut self, note: &str, answer: &Answer) {
        let members = object(&answer.body);
        let token = |name: &str| members.get(name)?.as_str().map(str::to_owned);
        let tokens = &mut self.attempt.tokens;
        tokens.access = token("access_token");
        tokens.refresh = token("refresh_token").or(tokens.refresh.take());
        if let Some(stream) = tokens.access.as_deref().and_then(|token| stream_of(self.op, token)) {
            self.attempt.transaction = Some(stream);
        }
        self.see(Seen::new("Tokens", "POST /token", note).members(answer));
    }

    async fn id_token(
        &mut self,
        provider: &Provider<'_>,
        answer: &Answer,
        nonce: Option<&str>,
    ) -> Result<(), Trouble> {
        let members = object(&answer.body);
        let Some(token) = members.get("id_token").and_then(|token| token.as_str()) else {
            return Ok(());
        };
        let jwks = provider.jwks().await?.body;
        let expected = Expected {
            issuer: &self.playground.issuer,
            jwks: &jwks,
            nonce,
            access_token: self.attempt.tokens.access.as_deref().unwrap_or_default(),
            now: self.op.now(),
        };
        let (seen, verdict) = id_token::check(token, &expected);
        self.see(seen);
        self.attempt.ending = match verdict {
            Ok(()) => Ending::good(
                "The app knows who you are",
                "It has an ID Token about you and tokens to act with. Every step is on record.",
            ),
            Err(cause) => Ending::bad("The ID Token is not believed", cause),
        };
        Ok(())
    }

    async fn refused(
        &mut self,
        heading: &str,
        summary: &str,
        answer: &Answer,
    ) -> Result<(), Trouble> {
        self.attempt.ending = Ending::bad(heading, summary);
        let note = "The same for whatever was wrong with it, so that nobody learns by trying.";
        self.see(Seen::new("What the app is told", "POST /token", note).members(answer));
        self.see_record().await
    }
}

/// The stream an opaque access token names; to everybody but the provider it says nothing.
fn stream_of(op: &Op, access_token: &str) -> Option<StreamId> {
    op.handles.open(HandleKind::AccessToken, access_token).map(|opened| opened.stream)
}
