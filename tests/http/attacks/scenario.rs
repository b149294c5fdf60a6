//! Cases that are more than one request: floods, slow clients, a slow store, scans for secrets. Found by
//! the text of their precondition.

use super::{canary, factors, guessing, load, overload, run::Run, stage::Stage, tampering};

/// `None` for a case that is sent as it is written.
pub async fn run(stage: &mut Stage) -> Option<Result<Run, String>> {
    let precondition = stage.case.precondition.clone();
    Some(match precondition.as_str() {
        "alice has a passkey" => factors::passkey(stage).await,
        "code accepted once" => factors::code_twice(stage).await,
        "50 logins share one code" => factors::code_race(stage).await,
        "password known; OTP unknown" => factors::guess_codes(stage).await,
        "password done, second factor required and not done" => {
            factors::skip_second_factor(stage).await
        }
        "session live" if stage.case.endpoint == "account" => {
            factors::wrong_old_password(stage).await
        }
        "10^5 random tokens" => guessing::tokens(stage).await,
        "random wrong secrets" => guessing::secrets(stage).await,
        "100 000 distinct ui_locales values" => load::locales(stage).await,
        "200 parallel requests with 1 MiB passwords" => load::huge_passwords(stage).await,
        "logins at 10x the hashing capacity" => load::hashing_flood(stage).await,
        "5 000 connections send 1 byte per 10 s" => load::slow_clients(stage).await,
        "mailbox limit reached, store paused 5 s" => overload::shed(stage).await,
        "store answers after the client's timeout, client retries with the same code" => {
            overload::late_answer(stage).await
        }
        "CR, LF, ANSI escapes and U+2028 in username, client_id, user agent, credential id, state" => {
            canary::forged_lines(stage).await
        }
        "full run of all flows with canary values, TRACE level, forced panics" => {
            canary::logs(stage).await
        }
        "same run" => canary::store(stage).await,
        "one byte of a stored event flipped off-line" => tampering::flipped_byte(stage).await,
        _ => return None,
    })
}
