//! Paths of the endpoints below the issuer. Routes and metadata are built from the same constants.

/// RFC 6749 §3.1.
pub const AUTHORIZATION: &str = "/authorize";
/// RFC 6749 §3.2.
pub const TOKEN: &str = "/token";
/// OpenID Connect Core 1.0 §5.3.
pub const USERINFO: &str = "/userinfo";
/// RFC 7662 §2.
pub const INTROSPECTION: &str = "/introspect";
/// RFC 7009 §2.
pub const REVOCATION: &str = "/revoke";
/// RFC 8628 §3.1.
pub const DEVICE_AUTHORIZATION: &str = "/device_authorization";
/// `verification_uri` (RFC 8628 §3.2).
pub const DEVICE_VERIFICATION: &str = "/device";
/// CIBA Core 1.0 §7.
pub const BACKCHANNEL_AUTHENTICATION: &str = "/backchannel";
/// RFC 7517 §5.
pub const JWKS: &str = "/jwks";
/// OpenID Connect Discovery 1.0 §4.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// RFC 8414 §3.
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
