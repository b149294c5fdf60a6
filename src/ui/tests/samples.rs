//! Every page, with the same text in each of its fields.

use moneta_events::{ActorKind, Reason, Timestamp, Verdict};

use crate::ui::{
    Account, AccountNotice, AccountSignIn, Button, Chain, ClaimLine, ClientCard, Consent, Decided,
    DeviceDecision, DeviceEntry, DeviceOutcome, DeviceProblem, DeviceResult, ErrorPage, Flow,
    FormPost, Frame, Home, Inbox, InboxOffline, InboxOutcome, InboxRequest, Link, Login,
    LoginProblem, NewPassword, Panel, PasskeyButton, PasskeyLine, PasskeySetup, PasswordProblem,
    Playground, PlaygroundResult, ProofProblem, Qr, Reauthentication, RequestCard, ScopeLine,
    SecondFactor, SelectAccount, Status, Timeline, TimelineEntry, TotpSetup, Transaction,
    Transactions, render,
};

pub(super) const NONCE: &str = "bm9uY2U";
pub(super) const LOGO: &str = "https://cdn.example/logo.png";

/// The pages by name.
pub(super) fn pages(text: &str) -> Vec<(&'static str, String)> {
    let frame = Frame { brand: text, issuer: text };
    vec![
        ("login", login(frame, text)),
        ("second_factor", second_factor(frame, text)),
        ("account", account(frame, text)),
        ("account_sign_in", account_sign_in(frame, text)),
        ("totp_setup", totp_setup(frame, text)),
        ("passkey_setup", passkey_setup(frame, text)),
        ("new_password", new_password(frame, text)),
        ("select_account", select_account(frame, text)),
        ("consent", consent(frame, text)),
        ("device_entry", device_entry(frame, text)),
        ("device_decision", device_decision(frame, text)),
        ("device_outcome", device_outcome(frame, text)),
        ("error", error(frame, text)),
        ("form_post", form_post(frame, text)),
        ("home", render(&Home { frame, playground: true })),
        ("inbox", inbox(frame, text)),
        ("inbox_request", inbox_request(frame, text)),
        ("inbox_approved", inbox_outcome(frame, text, Decided::Approved)),
        ("inbox_denied", inbox_outcome(frame, text, Decided::Denied(Reason::ConsentDenied))),
        ("inbox_reported", inbox_outcome(frame, text, Decided::Denied(Reason::RequestReported))),
        ("inbox_expired", inbox_outcome(frame, text, Decided::Expired)),
        ("inbox_offline", render(&InboxOffline { frame })),
        ("playground", playground(frame, text)),
        ("playground_result", playground_result(frame, text)),
        ("timeline", timeline(frame, text)),
        ("transactions", transactions(frame, text)),
    ]
}

fn client(name: &str) -> ClientCard<'_> {
    ClientCard {
        name,
        logo: Link::web(LOGO),
        home: Link::web("https://rp.example/"),
        policy: Link::web("https://rp.example/policy?\"><script>"),
        terms: Link::web("https://rp.example/terms?'onclick='"),
    }
}

fn login(frame: Frame<'_>, text: &str) -> String {
    render(&Login {
        frame,
        client: client(text),
        action: text,
        csrf: text,
        username: text,
        problem: Some(LoginProblem::WrongCredentials),
        passkey: Some(PasskeyButton { options: text, nonce: NONCE }),
        reason: Some(Reauthentication::Asked),
    })
}

fn second_factor(frame: Frame<'_>, text: &str) -> String {
    render(&SecondFactor {
        frame,
        client: Some(client(text)),
        action: text,
        csrf: text,
        totp: true,
        passkey: Some(PasskeyButton { options: text, nonce: NONCE }),
        optional: true,
        problem: Some(LoginProblem::WrongCode),
    })
}

fn account(frame: Frame<'_>, text: &str) -> String {
    let at = Timestamp::from_seconds(1_800_000_000);
    let passkey = |used_at| PasskeyLine {
        credential: text.to_owned(),
        label: text.to_owned(),
        synced: used_at == Some(at),
        registered_at: at,
        used_at,
    };
    render(&Account {
        frame,
        account: text,
        csrf: text,
        has_password: true,
        password_changed_at: Some(at),
        totp_since: Some(at),
        totp_used_at: Some(at),
        passkeys: vec![passkey(Some(at)), passkey(None)],
        offers_passkeys: true,
        notice: Some(AccountNotice::PasskeyRegistered),
    })
}

fn account_sign_in(frame: Frame<'_>, text: &str) -> String {
    render(&AccountSignIn {
        frame,
        action: text,
        csrf: text,
        username: text,
        passkey: Some(PasskeyButton { options: text, nonce: NONCE }),
        again: true,
        for_device: false,
        problem: Some(LoginProblem::WrongCredentials),
    })
}

fn totp_setup(frame: Frame<'_>, text: &str) -> String {
    render(&TotpSetup {
        frame,
        account: text,
        csrf: text,
        setup: text,
        qr: Qr::of("otpauth://totp/x"),
        uri: Link::authenticator("otpauth://totp/x?issuer=\"><script>"),
        secret: "GEZDGNBVGY3TQOJQ",
        problem: Some(LoginProblem::WrongCode),
    })
}

fn passkey_setup(frame: Frame<'_>, text: &str) -> String {
    render(&PasskeySetup {
        frame,
        account: text,
        csrf: text,
        passkey: PasskeyButton { options: text, nonce: NONCE },
        problem: Some(LoginProblem::PasskeyRefused),
    })
}

fn new_password(frame: Frame<'_>, text: &str) -> String {
    let problem = Some(PasswordProblem::OldIsWrong);
    render(&NewPassword { frame, account: text, csrf: text, problem })
}

fn select_account(frame: Frame<'_>, text: &str) -> String {
    render(&SelectAccount { frame, client: client(text), action: text, csrf: text, account: text })
}

fn consent(frame: Frame<'_>, text: &str) -> String {
    render(&Consent {
        frame,
        client: ClientCard { logo: None, ..client(text) },
        action: text,
        csrf: text,
        account: text,
        scopes: vec![ScopeLine {
            sentence: text,
            claims: vec![ClaimLine { name: text, value: text.to_owned() }],
        }],
        redirect: Link::redirect("https://rp.example/cb").unwrap(),
        may_remember: true,
    })
}

fn error(frame: Frame<'_>, text: &str) -> String {
    render(
        &ErrorPage::bad_request(frame, text).reference(text).back(Link::web("https://rp.example/")),
    )
}

fn form_post(frame: Frame<'_>, text: &str) -> String {
    render(&FormPost {
        frame,
        client: text,
        redirect: Link::redirect("https://rp.example/cb?\"><script>").unwrap(),
        fields: vec![("state", text), (text, text)],
        nonce: NONCE,
    })
}

fn request<'a>(id: &'a str, text: &'a str) -> RequestCard<'a> {
    RequestCard {
        id,
        path: text,
        csrf: text,
        client: client(text),
        binding_message: Some(text),
        scopes: vec![ScopeLine {
            sentence: text,
            claims: vec![ClaimLine { name: text, value: text.to_owned() }],
        }],
        asked_at: Timestamp::from_seconds(1_795_386_999),
        place: Some(text),
        seconds_left: 83,
    }
}

fn inbox(frame: Frame<'_>, text: &str) -> String {
    let requests = vec![request("1", text), request("2", text), request("3", text)];
    render(&Inbox { frame, account: text, requests, nonce: NONCE })
}

fn inbox_request(frame: Frame<'_>, text: &str) -> String {
    render(&InboxRequest {
        frame,
        account: text,
        request: request("1", text),
        totp: true,
        passkey: Some(PasskeyButton { options: text, nonce: NONCE }),
        problem: Some(ProofProblem::WrongPassword),
        nonce: NONCE,
    })
}

fn inbox_outcome(frame: Frame<'_>, text: &str, outcome: Decided) -> String {
    render(&InboxOutcome { frame, client: client(text), outcome })
}

fn button(text: &str) -> Button<'_> {
    Button { label: text, action: text, post: true, fields: vec![(text, text)] }
}

fn playground(frame: Frame<'_>, text: &str) -> String {
    let flow = Flow { title: text, summary: text, facts: vec![(text, text)], start: button(text) };
    render(&Playground {
        frame,
        credentials: Some((text, text)),
        flows: vec![flow.clone(), flow],
        transactions: text,
    })
}

fn playground_result(frame: Frame<'_>, text: &str) -> String {
    let panel = Panel {
        title: text,
        source: text,
        on_record: true,
        note: text,
        rows: vec![(text, text.to_owned())],
        body: text.to_owned(),
    };
    render(&PlaygroundResult {
        frame,
        flow: text,
        heading: text,
        success: true,
        summary: text,
        buttons: vec![button(text), button(text)],
        panels: vec![panel.clone(), panel],
    })
}

fn timeline(frame: Frame<'_>, text: &str) -> String {
    let entry = TimelineEntry {
        at: Timestamp::from_seconds(1_795_386_999),
        since_previous: Some(1),
        actor: ActorKind::User,
        event_type: text.to_owned(),
        sentence: text.to_owned(),
        outcome: Verdict::Refused,
        reason: Some(Reason::PasswordWrong),
        raw_json: text.to_owned(),
    };
    render(&Timeline {
        frame,
        transaction: text,
        status: Status::Refused,
        client: text,
        subject: Some(text),
        facts: vec![(text, text.to_owned())],
        chain: Chain::Verified { head: text.to_owned() },
        entries: vec![entry.clone(), TimelineEntry { actor: ActorKind::System, ..entry }],
        back: Some(text),
    })
}

fn transactions(frame: Frame<'_>, text: &str) -> String {
    render(&Transactions {
        frame,
        back: Some((text, text)),
        action: text,
        client: text,
        subject: text,
        status: Some(Status::Denied),
        rows: vec![Transaction {
            href: text.to_owned(),
            started: Timestamp::from_seconds(1_795_386_999),
            client: text.to_owned(),
            subject: Some(text.to_owned()),
            status: Status::Replayed,
            reason: Some(Reason::CodeReplayed),
            took: 1,
            events: 9,
        }],
        next: Some(text),
    })
}

fn device_entry(frame: Frame<'_>, text: &str) -> String {
    render(&DeviceEntry {
        frame,
        action: text,
        csrf: text,
        account: text,
        user_code: text,
        problem: Some(DeviceProblem::Unknown),
    })
}

fn device_decision(frame: Frame<'_>, text: &str) -> String {
    let claims = vec![ClaimLine { name: text, value: text.to_owned() }];
    render(&DeviceDecision {
        frame,
        client: client(text),
        action: text,
        csrf: text,
        account: text,
        user_code: text,
        scopes: vec![ScopeLine { sentence: text, claims }],
        asked_at: Timestamp::from_seconds(1_800_000_000),
        seconds_ago: 61,
        place: Some(text.to_owned()),
        is_elsewhere: true,
    })
}

fn device_outcome(frame: Frame<'_>, text: &str) -> String {
    render(&DeviceOutcome { frame, client: client(text), result: DeviceResult::Allowed })
}
