//! How transactions end, as pages say it.

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not finished yet.
    InProgress,
    /// The client has its tokens.
    Completed,
    /// The person said no.
    Denied,
    /// A rule refused it.
    Refused,
    /// Nobody finished it in time.
    Expired,
    /// Its tokens were revoked.
    Revoked,
    /// A used code or refresh token came back.
    Replayed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::InProgress,
        Self::Completed,
        Self::Denied,
        Self::Refused,
        Self::Expired,
        Self::Revoked,
        Self::Replayed,
    ];

    /// Its value in the filter of the list.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Replayed => "replayed",
        }
    }

    /// The status of a filter's value.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == value)
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::InProgress => "In progress",
            Self::Completed => "Completed",
            Self::Denied => "Denied",
            Self::Refused => "Refused",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
            Self::Replayed => "Replay stopped",
        }
    }

    /// The class that colours it.
    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::Completed => "good",
            Self::Refused | Self::Replayed => "bad",
            Self::Denied | Self::Revoked => "no",
            Self::InProgress | Self::Expired => "idle",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_value_names_its_status() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("open"), None);
    }
}
