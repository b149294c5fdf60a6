//! Plays `tests/attacks/attacks.jsonl` against a running provider. In: the cases. Out: one test per
//! class, and `target/attacks-report.md`.
//!
//! Everything a case says is matched by its exact text: preconditions (`fixtures`), templates
//! (`template`), hand-made messages (`raw`), and what must and must not hold (`must`, `must_state`,
//! `must_not`). A text that nothing matches fails the case, so a case cannot pass unread. What waits for a
//! feature stands in `applicability` with the feature's name.

mod applicability;
mod bystander;
mod canary;
mod case;
mod factors;
mod fixtures;
mod guessing;
mod judge;
mod load;
mod must;
mod must_not;
mod must_state;
mod overload;
mod program;
mod race;
mod raw;
mod report;
mod run;
mod scenario;
mod stage;
mod tampering;
mod template;

use std::panic::AssertUnwindSafe;

use case::Case;
use futures_util::FutureExt;
use report::Outcome;

use crate::support::{logs, quiet, runtime};

/// Plays one case; all that is wrong, empty for a passed one.
async fn play(case: Case) -> Vec<String> {
    let options = fixtures::options(&case);
    let mut stage = stage::Stage::set(case, options).await;
    let run = match scenario::run(&mut stage).await {
        Some(run) => run,
        None => match fixtures::prepare(&mut stage).await {
            Ok(()) => run::run(&mut stage).await,
            Err(wrong) => Err(wrong),
        },
    };
    match run {
        Ok(run) => judge::judge(&mut stage, &run).await,
        Err(wrong) => vec![wrong],
    }
}

/// A harness that panics (a page without the expected button, say) fails its case and no other.
fn outcome(case: &Case) -> Outcome {
    if let Some(feature) = applicability::waits_for(case) {
        return Outcome::NotApplicable(feature);
    }
    let _alone = case.kind.measures().then(quiet::alone);
    let _shared = (!case.kind.measures()).then(quiet::shared);
    let played = runtime().block_on(AssertUnwindSafe(play(case.clone())).catch_unwind());
    match played {
        Ok(wrong) if wrong.is_empty() => Outcome::Passed,
        Ok(wrong) => Outcome::Failed(wrong),
        Err(panic) => Outcome::Failed(vec![format!("the harness: {}", message(&*panic))]),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    text.unwrap_or_default().chars().take(400).collect()
}

/// All cases of a class. `ATTACK=RED-001` in the environment plays that case alone.
fn class(prefix: &str) {
    logs::capture();
    let only = std::env::var("ATTACK").ok();
    let mut failed = Vec::new();
    for case in case::all().into_iter().filter(|case| case.prefix() == prefix) {
        if only.as_ref().is_some_and(|id| *id != case.id) {
            continue;
        }
        let outcome = outcome(&case);
        if let Outcome::Failed(wrong) = &outcome {
            let note = case.note.as_deref();
            let what = format!(
                "{} ({:?}, {}, {}) {}: {}",
                case.id, case.level, case.class, case.grant, case.title, case.source
            );
            let note = note.map_or_else(String::new, |note| format!(" ({note})"));
            failed.push(format!("{what}{note}\n    {}", wrong.join("\n    ")));
        }
        report::note(&case.id, outcome);
    }
    report::write();
    println!("{}", report::render());
    assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
}

macro_rules! classes {
    ($($name:ident = $prefix:literal),+ $(,)?) => {
        const PREFIXES: &[&str] = &[$($prefix),+];
        $(
            #[test]
            fn $name() {
                class($prefix);
            }
        )+
    };
}

classes! {
    redirect_uris = "RED", authorization_codes = "COD", pkce = "PKC", refresh_tokens = "RFT",
    introspection_and_revocation = "INT", implicit_and_hybrid = "IMP", mix_up = "MIX",
    markup_and_framing = "XSS", sessions_and_csrf = "SES", logs_and_privacy = "LOG", clocks = "CLK",
    http_edge = "HTP", authentication = "AUT", client_authentication = "CLA", overload = "OVL",
    cross_jwt = "XJW", administration = "ADM", pushed_requests = "PAR", request_objects = "JAR",
    dpop = "DPO", mutual_tls = "MTL", ciba = "CIB", devices = "DEV", token_exchange = "TEX",
    registration = "DCR", outgoing_requests = "SRF", logout = "LGO",
}

#[test]
fn every_case_belongs_to_a_class_and_no_entry_is_stale() {
    let cases = case::all();
    let homeless: Vec<_> = cases.iter().filter(|case| !PREFIXES.contains(&case.prefix())).collect();
    assert!(homeless.is_empty(), "{homeless:?}");
    assert_eq!(applicability::stale(&cases), Vec::<&str>::new());
}
