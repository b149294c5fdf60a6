//! RFC 6750 §2 and §3: access tokens in requests.

use moneta::protocol::{bearer, error::ErrorCode, params::Params};
use moneta_events::Reason;

#[test]
fn rfc6750_2_where_the_token_stands() {
    let table: [(&str, Option<&str>, &str, Result<Option<&str>, ErrorCode>); 10] = [
        ("header (§2.1)", Some("Bearer abc.-_~+/=="), "", Ok(Some("abc.-_~+/=="))),
        ("the scheme in any case", Some("bEARER abc"), "", Ok(Some("abc"))),
        ("form (§2.2)", None, "access_token=abc", Ok(Some("abc"))),
        ("nowhere", None, "", Ok(None)),
        ("another scheme (§3.1)", Some("Basic abc"), "", Ok(None)),
        ("both (§2)", Some("Bearer abc"), "access_token=abc", Err(ErrorCode::InvalidRequest)),
        ("no token", Some("Bearer"), "", Err(ErrorCode::InvalidRequest)),
        ("an empty token", Some("Bearer "), "", Err(ErrorCode::InvalidRequest)),
        ("two tokens", Some("Bearer a b"), "", Err(ErrorCode::InvalidRequest)),
        ("a comma", Some("Bearer a,b"), "", Err(ErrorCode::InvalidRequest)),
    ];
    for (case, header, form, expected) in table {
        let form = Params::read(form.as_bytes()).unwrap();
        assert_eq!(
            bearer::read(header, Some(&form)).map_err(|error| error.code),
            expected,
            "{case}"
        );
    }
    assert_eq!(bearer::read(Some("Bearer abc"), None), Ok(Some("abc")), "GET has no form");
}

#[test]
fn rfc6750_3_the_challenge() {
    assert_eq!(bearer::challenge(None), r#"Bearer realm="moneta""#);
    assert_eq!(
        bearer::challenge(Some(&bearer::invalid_token(Reason::TokenInactive))),
        r#"Bearer realm="moneta", error="invalid_token", error_description="the access token is unknown, expired or revoked""#
    );
}
