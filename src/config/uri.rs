//! The URIs a client may register. What is accepted here is compared byte for byte later, so a URI must
//! already be in the form in which browsers use it.

use moneta_events::client::ApplicationType;
use url::{Host, Url};

const MAX_LENGTH: usize = 2048;

/// Parameters of authorization responses, which a redirect URI must not bring along (RFC 6749 §4.1.2,
/// RFC 9207 §2, JARM §2.3).
const RESPONSE_PARAMETERS: [&str; 12] = [
    "access_token",
    "code",
    "error",
    "error_description",
    "error_uri",
    "expires_in",
    "id_token",
    "iss",
    "response",
    "session_state",
    "state",
    "token_type",
];

/// A redirect URI (RFC 6749 §3.1.2, RFC 8252 §7, OpenID Connect Dynamic Client Registration 1.0 §2).
pub(super) fn redirect_uri(uri: &str, application_type: ApplicationType) -> Result<(), String> {
    spelling(uri)?;
    if uri.contains('*') {
        return Err("has a `*`, but there are no wildcards; register each URI in full".to_owned());
    }
    let native = application_type == ApplicationType::Native;
    match scheme(uri)? {
        "https" => {
            let url = with_host(uri)?;
            free_of_response_parameters(&url)
        }
        "http" => {
            let url = with_host(uri)?;
            match url.host() {
                Some(Host::Ipv4(address)) if address.octets() == [127, 0, 0, 1] => {}
                Some(Host::Ipv6(address)) if address.is_loopback() => {}
                Some(Host::Domain("localhost")) => {
                    return Err("names `localhost`, which may resolve elsewhere; use \
                                http://127.0.0.1 or http://[::1] (RFC 8252 §8.3)"
                        .to_owned());
                }
                _ => {
                    return Err(
                        "is plain http; use https (only http://127.0.0.1 and http://[::1] \
                                may do without)"
                            .to_owned(),
                    );
                }
            }
            free_of_response_parameters(&url)
        }
        scheme if native && scheme.contains('.') => private_use(uri, scheme),
        scheme if scheme.contains('.') => Err(format!(
            "has the private-use scheme `{scheme}`, which only a native application can receive; \
             set application_type = \"native\" or use https"
        )),
        scheme if native => Err(format!(
            "has the scheme `{scheme}`; use https, http://127.0.0.1, or a private-use scheme made of a \
             domain name, such as com.example.app:/callback (RFC 8252 §7.1)"
        )),
        scheme => Err(format!("has the scheme `{scheme}`; use https")),
    }
}

/// RFC 8252 §7.1: no authority, so one slash.
fn private_use(uri: &str, scheme: &str) -> Result<(), String> {
    let rest = &uri[scheme.len() + 1..];
    if rest.starts_with("//") || !rest.starts_with('/') {
        return Err(format!(
            "must have one slash after the scheme, such as {scheme}:/callback (RFC 8252 §7.1)"
        ));
    }
    let url = Url::parse(uri).map_err(|error| format!("is not a URI: {error}"))?;
    as_browsers_write_it(uri, &url)?;
    free_of_response_parameters(&url)
}

/// A page or picture for end-users: https, or http on this machine.
pub(super) fn link(uri: &str) -> Result<(), String> {
    spelling(uri)?;
    let secure = match scheme(uri)? {
        "https" => true,
        "http" => is_loopback(&with_host(uri)?),
        scheme => return Err(format!("has the scheme `{scheme}`; use https")),
    };
    if !secure {
        return Err("is plain http; use https".to_owned());
    }
    with_host(uri).map(drop)
}

/// The origin of a script (RFC 6454 §6.2).
pub(super) fn origin(text: &str) -> Result<(), String> {
    let expected =
        "is not an origin; write scheme, host and port only, such as https://app.example.com";
    let url = Url::parse(text).map_err(|_| expected.to_owned())?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("is plain http; use https".to_owned()),
        _ => return Err(expected.to_owned()),
    }
    match url.origin().ascii_serialization() {
        origin if origin == text => Ok(()),
        origin => Err(format!("is not an origin as browsers send it; write `{origin}`")),
    }
}

/// A resource identifier (RFC 8707 §2).
pub(super) fn resource(uri: &str) -> Result<(), String> {
    spelling(uri)?;
    Url::parse(uri).map(drop).map_err(|_| {
        "is not an absolute URI; write one such as https://api.example.com (RFC 8707 §2)".to_owned()
    })
}

/// Whether `url` names this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// RFC 3986's characters, and no fragment.
fn spelling(uri: &str) -> Result<(), String> {
    if uri.len() > MAX_LENGTH {
        return Err(format!("is longer than {MAX_LENGTH} characters"));
    }
    if !uri.is_ascii() {
        return Err("has characters outside ASCII; write the host in its xn-- form and \
                    percent-encode the rest"
            .to_owned());
    }
    let forbidden = |byte: u8| byte <= b' ' || byte == 0x7f || br#""<>\^`{|}"#.contains(&byte);
    if let Some(byte) = uri.bytes().find(|byte| forbidden(*byte)) {
        let character = char::from(byte).escape_default();
        return Err(format!("has the character `{character}`, which no URI may have"));
    }
    if uri.contains('#') {
        return Err("has a fragment; remove it from the `#` on".to_owned());
    }
    let mut after_percent = uri.split('%').skip(1);
    let encoded =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if !after_percent.all(encoded) {
        return Err("has a `%` that does not begin a percent-encoded byte".to_owned());
    }
    Ok(())
}

fn scheme(uri: &str) -> Result<&str, String> {
    let valid = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    match uri.split_once(':') {
        Some((scheme, _)) if !valid(scheme) => Err("does not begin with a scheme".to_owned()),
        Some((scheme, _)) if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            Err("has a scheme in capitals; write it in small letters".to_owned())
        }
        Some((scheme, _)) => Ok(scheme),
        None => Err("is not absolute; begin with https://".to_owned()),
    }
}

/// An http(s) URI with a host and nothing that parsers disagree about.
fn with_host(uri: &str) -> Result<Url, String> {
    let after_scheme = uri.split_once("://").map_or("", |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err("has no host".to_owned());
    }
    if authority.contains('@') {
        return Err(
            "has user information before the host; remove everything up to the `@`".to_owned()
        );
    }
    let url = Url::parse(uri).map_err(|error| format!("is not a URI: {error}"))?;
    as_browsers_write_it(uri, &url)?;
    Ok(url)
}

/// Browsers rewrite `..`, hosts in capitals, default ports and short IP addresses; then the bytes that
/// arrive are not those that were registered.
fn as_browsers_write_it(uri: &str, url: &Url) -> Result<(), String> {
    // An empty path may be left out.
    let shortened = url.path() == "/"
        && url.as_str().replacen("//", "", 1).replacen('/', "", 1) == uri.replacen("//", "", 1);
    if url.as_str() == uri || shortened {
        Ok(())
    } else {
        Err(format!("is read by browsers as `{url}`; write it in that form"))
    }
}

fn free_of_response_parameters(url: &Url) -> Result<(), String> {
    match url.query_pairs().find(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_ref())) {
        Some((name, _)) => Err(format!(
            "has the query parameter `{name}`, which belongs to authorization responses; rename it"
        )),
        None => Ok(()),
    }
}
