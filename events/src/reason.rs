//! Stable codes for why something was refused, and the rule behind each. Clients see only the registered
//! error; these are for operators and auditors.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ( $( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $rule:literal; )+ ) => {
        /// Why something was refused. Never rename a code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Reason {
            $( $(#[doc = $doc])+ #[serde(rename = $code)] $name, )+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// The stable code.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$name => $code, )+ }
            }

            /// The rule that refuses, by specification and section.
            pub const fn rule(self) -> &'static str {
                match self { $( Self::$name => $rule, )+ }
            }

            /// One sentence for people.
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

reasons! {
    /// A parameter that must be there is missing.
    ParameterMissing = "parameter_missing", "RFC 6749 §4.1.2.1";
    /// A parameter came more than once.
    ParameterRepeated = "parameter_repeated", "RFC 6749 §3.1";
    /// A parameter has a value that cannot be read.
    ParameterMalformed = "parameter_malformed", "RFC 6749 §4.1.2.1";
    /// The request is larger than the provider reads.
    RequestTooLarge = "request_too_large", "security rule 15";
    /// There is no such client.
    ClientUnknown = "client_unknown", "RFC 6749 §2.2";
    /// The client is disabled.
    ClientDisabled = "client_disabled", "security rule 4";
    /// The client did not authenticate, or not with its registered method.
    ClientAuthenticationFailed = "client_authentication_failed", "RFC 6749 §2.3";
    /// The client_assertion is no JWT of the kind that clients authenticate with.
    ClientAssertionMalformed = "client_assertion_malformed", "RFC 7523 §3, RFC 8725 §3.11";
    /// The client_assertion is not signed with a key and algorithm that the client registered.
    ClientAssertionUntrusted = "client_assertion_untrusted", "RFC 7523 §3 rule 9";
    /// A claim of the client_assertion is missing or wrong, or it would be good for too long.
    ClientAssertionInvalid = "client_assertion_invalid", "RFC 7523 §3, OpenID Connect Core 1.0 §9";
    /// The client_assertion has expired.
    ClientAssertionExpired = "client_assertion_expired", "RFC 7523 §3 rule 4";
    /// The client_assertion was used before.
    ClientAssertionReplayed = "client_assertion_replayed", "RFC 7523 §3 rule 7, OpenID Connect Core 1.0 §9";
    /// The keys of the client cannot be had from its jwks_uri.
    ClientKeysUnavailable = "client_keys_unavailable", "RFC 7591 §2";
    /// The request object is no JWT of the kind that carries requests.
    RequestObjectMalformed = "request_object_malformed", "RFC 9101 §4, RFC 8725 §3.11";
    /// The request object is not signed with a key and algorithm that the client registered.
    RequestObjectUntrusted = "request_object_untrusted", "RFC 9101 §6.2, CIBA Core 1.0 §7.1.1";
    /// A claim of the request object is missing or wrong, or it would be good for too long.
    RequestObjectClaimWrong = "request_object_claim_wrong", "CIBA Core 1.0 §7.1.1, RFC 9101 §4";
    /// The request object has expired.
    RequestObjectExpired = "request_object_expired", "CIBA Core 1.0 §7.1.1";
    /// The request object was used before.
    RequestObjectReplayed = "request_object_replayed", "CIBA Core 1.0 §7.1.1, RFC 9101 §10.2";
    /// The redirect_uri is not one the client registered.
    RedirectUriMismatch = "redirect_uri_mismatch", "OpenID Connect Core 1.0 §3.1.2.1, RFC 9700 §2.1";
    /// The response_type is not one the provider knows.
    ResponseTypeUnsupported = "response_type_unsupported", "RFC 6749 §3.1.1";
    /// The client did not register the response_type or grant.
    GrantNotRegistered = "grant_not_registered", "RFC 7591 §2";
    /// The response_mode is unknown or forbidden with this response_type.
    ResponseModeForbidden = "response_mode_forbidden", "OAuth 2.0 Multiple Response Types §2.1";
    /// The client asked for a scope it did not register.
    ScopeNotRegistered = "scope_not_registered", "RFC 6749 §3.3";
    /// The scope is wider than what was granted.
    ScopeExceedsGrant = "scope_exceeds_grant", "RFC 6749 §6";
    /// PKCE is required and there is no code_challenge.
    CodeChallengeMissing = "code_challenge_missing", "RFC 7636 §4.4.1, RFC 9700 §2.1.1";
    /// The code_challenge_method is not allowed for the client.
    CodeChallengeMethodForbidden = "code_challenge_method_forbidden", "RFC 7636 §4.3";
    /// The code_challenge is not spelled as one.
    CodeChallengeMalformed = "code_challenge_malformed", "RFC 7636 §4.2";
    /// prompt is unknown or combines none with another value.
    PromptInvalid = "prompt_invalid", "OpenID Connect Core 1.0 §3.1.2.1";
    /// The id_token_hint was not issued by this provider to this client.
    IdTokenHintInvalid = "id_token_hint_invalid", "OpenID Connect Core 1.0 §3.1.2.1";
    /// A page would be needed to sign in and prompt=none forbids it.
    LoginRequired = "login_required", "OpenID Connect Core 1.0 §3.1.2.6";
    /// A page would be needed for consent and prompt=none forbids it.
    ConsentRequired = "consent_required", "OpenID Connect Core 1.0 §3.1.2.6";
    /// Somebody else is signed in than the id_token_hint names.
    HintedSubjectMismatch = "hinted_subject_mismatch", "OpenID Connect Core 1.0 §3.1.2.2";
    /// A parameter for a feature the provider does not offer.
    FeatureUnsupported = "feature_unsupported", "OpenID Connect Core 1.0 §3.1.2.6";
    /// There is no such resource server, or the client may not ask for it.
    TargetUnknown = "target_unknown", "RFC 8707 §2";
    /// Username or password is wrong.
    PasswordWrong = "password_wrong", "RFC 8176 §2 pwd";
    /// There is no such user. The page says the same as for a wrong password.
    UserUnknown = "user_unknown", "RFC 8176 §2 pwd";
    /// The user is disabled. The page says the same as for a wrong password.
    UserDisabled = "user_disabled", "security rule 4";
    /// The one-time code is not one of this moment.
    TotpWrong = "totp_wrong", "RFC 6238 §4";
    /// The one-time code, or a later one, was used before.
    TotpReplayed = "totp_replayed", "RFC 6238 §5.2";
    /// What the passkey sent cannot be read.
    PasskeyMalformed = "passkey_malformed", "Web Authentication Level 3 §6.1, §6.5";
    /// The passkey is not one of this user.
    PasskeyUnknown = "passkey_unknown", "Web Authentication Level 3 §7.2";
    /// The passkey was used for another site, or in a frame of another one.
    PasskeyOriginMismatch = "passkey_origin_mismatch", "Web Authentication Level 3 §7.2, §13.4.9";
    /// The authenticator did not verify who holds the passkey.
    PasskeyUserNotVerified = "passkey_user_not_verified", "Web Authentication Level 3 §7.2";
    /// The signature of the passkey is not over this challenge, or not by its key.
    PasskeySignatureInvalid = "passkey_signature_invalid", "Web Authentication Level 3 §7.2";
    /// The signature counter of the passkey went back: somebody may have a copy of it.
    PasskeyCloned = "passkey_cloned", "Web Authentication Level 3 §6.1.1";
    /// The challenge is not one this browser was given for this purpose, or it is too old.
    ChallengeMismatch = "challenge_mismatch", "Web Authentication Level 3 §13.4.3";
    /// The challenge was answered before.
    ChallengeReplayed = "challenge_replayed", "Web Authentication Level 3 §13.4.3";
    /// The user has no such factor, or has it already.
    FactorMismatch = "factor_mismatch", "Moneta factors of a user";
    /// Too many attempts in a short time.
    Throttled = "throttled", "security rule 15";
    /// The form was not the one this browser was given.
    CsrfMismatch = "csrf_mismatch", "RFC 6749 §10.12";
    /// The transaction belongs to another browser.
    BrowserMismatch = "browser_mismatch", "RFC 9700 §4.7";
    /// The end-user cancelled signing in.
    LoginCancelled = "login_cancelled", "OpenID Connect Core 1.0 §3.1.2.6";
    /// The end-user denied consent.
    ConsentDenied = "consent_denied", "RFC 6749 §4.1.2.1";
    /// Nobody finished the transaction in time.
    TransactionExpired = "transaction_expired", "Moneta transaction lifetime";
    /// The step does not fit the state the transaction is in.
    OutOfOrder = "out_of_order", "Moneta transaction states";
    /// The code was not issued by this provider.
    CodeUnknown = "code_unknown", "RFC 6749 §5.2";
    /// The code belongs to another client.
    CodeClientMismatch = "code_client_mismatch", "RFC 6749 §4.1.3";
    /// The code is too old.
    CodeExpired = "code_expired", "RFC 6749 §4.1.2";
    /// The code was used before.
    CodeReplayed = "code_replayed", "RFC 6749 §4.1.2, §10.5";
    /// The redirect_uri is not the one of the authorization request.
    CodeRedirectUriMismatch = "code_redirect_uri_mismatch", "RFC 6749 §4.1.3";
    /// The code_verifier is missing.
    CodeVerifierMissing = "code_verifier_missing", "RFC 7636 §4.6";
    /// The code_verifier does not fit the code_challenge.
    CodeVerifierMismatch = "code_verifier_mismatch", "RFC 7636 §4.6";
    /// There is a code_verifier, but there was no code_challenge.
    CodeVerifierUnexpected = "code_verifier_unexpected", "RFC 9700 §4.8.2";
    /// Too many wrong redemptions; the code is dead.
    CodeAttemptsExhausted = "code_attempts_exhausted", "security class 5";
    /// The refresh token was not issued by this provider.
    RefreshTokenUnknown = "refresh_token_unknown", "RFC 6749 §6";
    /// The refresh token belongs to another client.
    RefreshTokenClientMismatch = "refresh_token_client_mismatch", "RFC 6749 §6";
    /// The refresh token is too old.
    RefreshTokenExpired = "refresh_token_expired", "RFC 6749 §6";
    /// The refresh token was used before.
    RefreshTokenReplayed = "refresh_token_replayed", "RFC 9700 §4.14.2";
    /// The grant was revoked.
    GrantRevoked = "grant_revoked", "RFC 7009 §2.1";
    /// The password was changed after the grant was made.
    CredentialChanged = "credential_changed", "RFC 9700 §4.14.2";
    /// The session the grant is bound to has ended.
    SessionEnded = "session_ended", "OpenID Connect Core 1.0 §11";
    /// The grant_type is not one the provider knows.
    GrantTypeUnsupported = "grant_type_unsupported", "RFC 6749 §5.2";
    /// The stream holds as many events as it may.
    StreamFull = "stream_full", "security rule 15";
    /// The provider has too much to do, or its store does not answer.
    Overloaded = "overloaded", "RFC 6749 §4.1.2.1";
    /// The end-user did not know of the request and reported it.
    RequestReported = "request_reported", "CIBA Core 1.0 §14";
    /// Nobody decided the request, or fetched the tokens, in time.
    ApprovalExpired = "approval_expired", "CIBA Core 1.0 §11, RFC 8628 §3.5";
    /// The end-user has not decided yet.
    ApprovalPending = "approval_pending", "CIBA Core 1.0 §11, RFC 8628 §3.5";
    /// The client asks more often than it was told to.
    PolledTooSoon = "polled_too_soon", "CIBA Core 1.0 §11, RFC 8628 §3.5";
    /// The end-user denied the request.
    ApprovalDenied = "approval_denied", "CIBA Core 1.0 §11, RFC 8628 §3.5";
    /// There is no such request.
    ApprovalUnknown = "approval_unknown", "RFC 6749 §5.2";
    /// The tokens of the request were fetched before.
    ApprovalRedeemed = "approval_redeemed", "CIBA Core 1.0 §11, RFC 8628 §3.5";
    /// The request is another client's.
    ApprovalClientMismatch = "approval_client_mismatch", "CIBA Core 1.0 §11, RFC 8628 §3.4";
    /// The client is to be sent its tokens and may not fetch them.
    DeliveryModeMismatch = "delivery_mode_mismatch", "CIBA Core 1.0 §11";
    /// Somebody else is decided about than decides.
    ApprovalSubjectMismatch = "approval_subject_mismatch", "CIBA Core 1.0 §8";
    /// The other side did not take the notification.
    NotificationFailed = "notification_failed", "CIBA Core 1.0 §10.2, §10.3";
    /// The backchannel request has no hint, or more than one.
    HintCount = "hint_count", "CIBA Core 1.0 §7.1";
    /// The hint names nobody here.
    HintUnknown = "hint_unknown", "CIBA Core 1.0 §13";
    /// The login_hint_token is too old.
    LoginHintTokenExpired = "login_hint_token_expired", "CIBA Core 1.0 §13";
    /// The login_hint_token is not one of the client's, or names nobody.
    LoginHintTokenInvalid = "login_hint_token_invalid", "CIBA Core 1.0 §7.1";
    /// The user_code is missing.
    UserCodeMissing = "user_code_missing", "CIBA Core 1.0 §13";
    /// The user_code is wrong.
    UserCodeInvalid = "user_code_invalid", "CIBA Core 1.0 §13";
    /// The binding_message cannot be shown.
    BindingMessageInvalid = "binding_message_invalid", "CIBA Core 1.0 §13";
    /// The client_notification_token is missing or weak.
    NotificationTokenInvalid = "notification_token_invalid", "CIBA Core 1.0 §7.1";
    /// The request object is missing, or not signed as it must be.
    RequestObjectInvalid = "request_object_invalid", "CIBA Core 1.0 §7.1.1";
    /// Too many requests of this client to this end-user are open or were denied lately.
    RequestFatigue = "request_fatigue", "CIBA Core 1.0 §15, security rule 15";
    /// The access token does not work (any more).
    TokenInactive = "token_inactive", "RFC 6750 §3.1";
    /// The access token does not allow this.
    ScopeInsufficient = "scope_insufficient", "RFC 6750 §3.1";
}
