//! What there is to try.

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    /// Names it in forms.
    pub(super) id: &'static str,
    /// Its name for people.
    pub(super) title: &'static str,
    /// Who uses it, and what is worth seeing.
    pub(super) summary: &'static str,
    /// What is special about it, as label and value.
    pub(super) facts: &'static [(&'static str, &'static str)],
    /// What its button says.
    pub(super) label: &'static str,
    /// What it does.
    pub(super) kind: Kind,
}

/// How a flow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Through the browser, with these parameters beside the usual ones.
    Browser(&'static [(&'static str, &'static str)]),
    /// The same, with a mistake in the end.
    WrongVerifier,
    /// Without a browser.
    Service,
}

/// All of them, in the order they are shown.
pub(super) const FLOWS: [Flow; 8] = [
    Flow {
        id: "code",
        title: "Sign in",
        summary: "An app sends you to the provider and gets a code back. It buys tokens with the code \
                  and a secret that it made up for this one request, so a stolen code is worth nothing.",
        facts: &[("Grant", "authorization_code"), ("PKCE", "S256"), ("Client", "public")],
        label: "Sign in",
        kind: Kind::Browser(&[]),
    },
    Flow {
        id: "wrong_verifier",
        title: "Fail, and find out why",
        summary: "The code is redeemed with the wrong verifier, as a thief would do it. The app is told \
                  next to nothing. What is on record says precisely which rule refused it.",
        facts: &[("Grant", "authorization_code"), ("Error", "invalid_grant")],
        label: "Use the wrong verifier",
        kind: Kind::WrongVerifier,
    },
    Flow {
        id: "offline",
        title: "Stay signed in",
        summary: "The app goes on working while you are away. Its refresh token outlives your session, \
                  so you are always asked first, and each use replaces it by the next one.",
        facts: &[("Scope", "offline_access"), ("Parameter", "prompt=consent")],
        label: "Get a refresh token",
        kind: Kind::Browser(&[("prompt", "consent")]),
    },
    Flow {
        id: "service",
        title: "A service on its own",
        summary: "No person takes part: a service proves itself with its secret and gets a token to act \
                  for itself. That too is a transaction on record.",
        facts: &[("Grant", "client_credentials"), ("Client", "confidential")],
        label: "Get a token",
        kind: Kind::Service,
    },
    Flow {
        id: "login",
        title: "Sign in again",
        summary: "Before something important the app wants to be sure that it is still you. The \
                  provider asks for the password even if you are signed in.",
        facts: &[("Parameter", "prompt=login")],
        label: "Sign in again",
        kind: Kind::Browser(&[("prompt", "login")]),
    },
    Flow {
        id: "none",
        title: "Ask silently",
        summary: "The app wants an answer without any page. Here that is always an error: anybody may \
                  listen on a loopback address, so a code goes there only after you said yes.",
        facts: &[("Parameter", "prompt=none")],
        label: "Ask silently",
        kind: Kind::Browser(&[("prompt", "none")]),
    },
    Flow {
        id: "consent",
        title: "Ask for consent again",
        summary: "The app wants you to look once more at what it may do. Deny it, and see what the app \
                  learns and what goes on record.",
        facts: &[("Parameter", "prompt=consent")],
        label: "Ask me again",
        kind: Kind::Browser(&[("prompt", "consent")]),
    },
    Flow {
        id: "form_post",
        title: "Answer in a form",
        summary: "The code travels in a form that the browser posts, so it stands in no address, no \
                  history and no access log. It works without JavaScript, too.",
        facts: &[("Parameter", "response_mode=form_post")],
        label: "Sign in",
        kind: Kind::Browser(&[("response_mode", "form_post")]),
    },
];

impl Flow {
    /// The flow of that name.
    pub(super) fn find(id: &str) -> Option<&'static Self> {
        FLOWS.iter().find(|flow| flow.id == id)
    }

    /// The scope it asks for; `api` is what leads to a resource server, where there is one.
    pub(super) fn scope(&self, api: Option<&str>) -> String {
        let mut scope = "openid profile email".to_owned();
        if self.id == "offline" {
            scope.push_str(" offline_access");
        }
        if let Some(api) = api {
            scope.push(' ');
            scope.push_str(api);
        }
        scope
    }
}
