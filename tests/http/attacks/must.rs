//! What must hold, as far as the answers alone tell. Texts are matched as they stand in the file.

use moneta::jose::{Alg, half_hash};

use crate::support::{answer::Answer, browser::Carried, html, rp::claims};

use super::{
    judge::{Verdict, arrived, ensure},
    run::Run,
    stage::Stage,
};

/// `None` for a text that needs more than the answers.
pub fn check(stage: &Stage, run: &Run, text: &str) -> Option<Verdict> {
    let issuer = stage.provider.http.issuer();
    Some(match text {
        "HTML error page rendered by the OP" => every(run, |answer| {
            ensure(answer.is_html() && html::has_id(&answer.text(), "op-error"), || {
                "no error page".to_owned()
            })
        }),
        "request proceeds to login or code" => {
            let page = run.first().text();
            let proceeds =
                html::has_id(&page, "login-submit") || html::has_id(&page, "consent-allow");
            ensure(proceeds || arrived(run, "code").is_some(), || {
                "neither login nor code".to_owned()
            })
        }
        "target is an opaque transaction id or is ignored" => {
            let asked = stage.case.param("return_to").unwrap_or_default();
            ensure(!run.first().whole().contains(asked), || "the return address is used".to_owned())
        }
        "exactly 1 success" => successes(run, 1),
        "losers get invalid_grant" => {
            let loses =
                |a: &Answer| a.status == 200 || a.error().as_deref() == Some("invalid_grant");
            ensure(run.answers.iter().all(loses), || "a loser got something else".to_owned())
        }
        "Allow: POST" => header(run, "allow", |allow| allow.contains("POST")),
        "iss and state present on errors" | "iss and state present" => ensure(
            arrived(run, "iss").as_deref() == Some(issuer)
                && arrived(run, "state").as_deref() == run.sent("state"),
            || format!("{:?}", run.arrival),
        ),
        "fragment only" => {
            ensure(run.arrival.as_ref().is_some_and(|a| a.carried == Carried::Fragment), || {
                format!("{:?}", run.arrival)
            })
        }
        "c_hash and at_hash correct" => {
            let claims = arrived(run, "id_token").map(|token| claims(&token)).unwrap_or_default();
            let right = |claim: &str, beside: &str| {
                let own = arrived(run, beside).map(|text| half_hash(Alg::RS256, &text));
                own.is_some() && claims.get(claim).and_then(|v| v.as_str()) == own.as_deref()
            };
            ensure(right("c_hash", "code") && right("at_hash", "access_token"), || {
                format!("{claims} beside {:?}", run.arrival)
            })
        }
        "issuer and endpoints from configuration" => {
            let document = run.first().json();
            let of_issuer = |value: &serde_json::Value| {
                value.as_str().is_none_or(|v| !v.contains("://") || v.starts_with(issuer))
            };
            let all = document.as_object().is_some_and(|members| members.values().all(of_issuer));
            ensure(all && document["issuer"] == issuer, || document.to_string())
        }
        "CSP without unsafe-inline" => html_header(run, "content-security-policy", |csp| {
            !csp.contains("unsafe-inline") && csp.contains("default-src 'none'")
        }),
        "X-Content-Type-Options nosniff" => {
            html_header(run, "x-content-type-options", |v| v == "nosniff")
        }
        "CSP frame-ancestors 'none' and X-Frame-Options DENY" => {
            html_header(run, "content-security-policy", |v| v.contains("frame-ancestors 'none'"))
                .and_then(|()| html_header(run, "x-frame-options", |v| v == "DENY"))
        }
        "Referrer-Policy no-referrer or strict" | "Referrer-Policy set" => {
            html_header(run, "referrer-policy", |v| {
                matches!(
                    v,
                    "no-referrer"
                        | "strict-origin"
                        | "strict-origin-when-cross-origin"
                        | "same-origin"
                )
            })
        }
        "COOP same-origin" => {
            html_header(run, "cross-origin-opener-policy", |v| v == "same-origin")
        }
        "__Host- prefix, Secure, HttpOnly, SameSite=Lax or Strict, Path=/" => cookie_flags(run),
        "exactly 1 code" => ensure(codes(run) == 1, || format!("{} codes", codes(run))),
        "connection closed" => {
            ensure(!run.closed.is_empty() && run.closed.iter().all(|c| *c), || {
                format!("closed: {:?}", run.closed)
            })
        }
        "within 50 ms" => {
            let slowest = run.answers.iter().map(|a| a.took).max().unwrap_or_default();
            ensure(slowest.as_millis() < 50, || format!("took {slowest:?}"))
        }
        "no Access-Control-Allow-Credentials with a reflected origin" => every(run, |answer| {
            ensure(answer.header("access-control-allow-credentials").is_none(), || {
                "credentials are allowed".to_owned()
            })
        }),
        _ => return None,
    })
}

fn every(run: &Run, check: impl Fn(&Answer) -> Verdict) -> Verdict {
    run.answers.iter().try_for_each(check)
}

fn header(run: &Run, name: &str, fits: impl Fn(&str) -> bool) -> Verdict {
    every(run, |answer| {
        let value = answer.header(name);
        ensure(value.is_some_and(&fits), || format!("{name}: {value:?}"))
    })
}

/// The same for every page on the way; there must be one, or else the last answer leads to a client.
fn html_header(run: &Run, name: &str, fits: impl Fn(&str) -> bool) -> Verdict {
    let mut pages = run.hops.iter().filter(|answer| answer.is_html()).peekable();
    if pages.peek().is_none() && run.arrival.is_some() {
        return Ok(());
    }
    ensure(pages.peek().is_some(), || "no page was shown".to_owned())?;
    pages.try_for_each(|answer| {
        let value = answer.header(name);
        ensure(value.is_some_and(&fits), || format!("{name}: {value:?}"))
    })
}

/// How many answers are a success.
pub fn successes(run: &Run, expected: usize) -> Verdict {
    let found = run.answers.iter().filter(|answer| answer.status == 200).count();
    ensure(found == expected, || format!("{found} successes of {}", run.answers.len()))
}

/// How many different codes went out.
pub fn codes(run: &Run) -> usize {
    let code = |answer: &Answer| crate::support::answer::parameter(answer.location()?, "code");
    let mut codes: Vec<_> = run.hops.iter().filter_map(code).collect();
    if let Some(arrival) = run.arrival.as_ref().filter(|a| a.carried == Carried::FormPost) {
        codes.extend(arrival.get("code").map(str::to_owned));
    }
    codes.sort_unstable();
    codes.dedup();
    codes.len()
}

fn cookie_flags(run: &Run) -> Verdict {
    let fields: Vec<_> = run
        .hops
        .iter()
        .flat_map(|answer| answer.header_all("set-cookie"))
        .map(str::to_owned)
        .collect();
    ensure(!fields.is_empty(), || "no cookie was set".to_owned())?;
    for field in fields {
        let lower = field.to_ascii_lowercase();
        let flags = ["; secure", "; httponly", "; path=/"].iter().all(|flag| lower.contains(flag));
        let site = lower.contains("; samesite=lax") || lower.contains("; samesite=strict");
        let name = field.split('=').next().unwrap_or_default();
        ensure(name.starts_with("__Host-") && flags && site, || format!("flags of cookie {name}"))?;
    }
    Ok(())
}
