//! What a plan pins for all of its modules.

/// One run of the modules of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The response type under test.
    pub response_type: &'static str,
    /// Whether every answer comes by form post.
    pub form_post: bool,
}

impl Variant {
    /// Whether the authorization endpoint gives a code.
    pub fn code(self) -> bool {
        self.has("code")
    }

    /// Whether the authorization endpoint gives an ID Token.
    pub fn id_token(self) -> bool {
        self.has("id_token")
    }

    /// Whether the authorization endpoint gives an access token.
    pub fn token(self) -> bool {
        self.has("token")
    }

    /// Whether an ID Token is all there is, so that it brings the claims (OpenID Connect Core 1.0 §5.4).
    pub fn is_id_token_alone(self) -> bool {
        self.response_type == "id_token"
    }

    fn has(self, word: &str) -> bool {
        self.response_type.split(' ').any(|own| own == word)
    }

    /// The grants a client needs for it.
    pub fn grant_types(self) -> Vec<&'static str> {
        let mut grants = Vec::new();
        if self.code() {
            grants.extend(["authorization_code", "refresh_token"]);
        }
        if self.id_token() || self.token() {
            grants.push("implicit");
        }
        grants
    }
}
