//! HTTP status codes: what they mean and which class they belong to.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

/// The class of a status code, its first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 1xx: the request goes on.
    Informational,
    /// 2xx: the request was understood and accepted.
    Success,
    /// 3xx: the client has to look elsewhere.
    Redirection,
    /// 4xx: the client is at fault.
    ClientError,
    /// 5xx: the server is at fault.
    ServerError,
}

impl Class {
    /// Returns the class of a code, or `None` for what is no status code.
    ///
    /// ```
    /// use lumber_status::Class;
    ///
    /// assert_eq!(Class::of(404), Some(Class::ClientError));
    /// assert_eq!(Class::of(42), None);
    /// ```
    #[must_use]
    pub const fn of(code: u16) -> Option<Self> {
        match code {
            100..=199 => Some(Self::Informational),
            200..=299 => Some(Self::Success),
            300..=399 => Some(Self::Redirection),
            400..=499 => Some(Self::ClientError),
            500..=599 => Some(Self::ServerError),
            _ => None,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        })
    }
}

/// Returns the reason phrase of a code.
#[must_use]
pub const fn reason(code: u16) -> Option<&'static str> {
    lookup(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_from_the_table() {
        assert_eq!(reason(200), Some("OK"));
        assert_eq!(reason(418), Some("I'm a teapot"));
        assert_eq!(reason(299), None);
    }

    #[test]
    fn every_known_code_has_a_class() {
        for code in (0..1000).filter(|&code| reason(code).is_some()) {
            assert!(Class::of(code).is_some(), "{code}");
        }
    }

    #[test]
    fn classes_are_shown_by_their_digit() {
        let shown: Vec<String> = [100, 200, 300, 400, 500]
            .into_iter()
            .filter_map(Class::of)
            .map(|class| class.to_string())
            .collect();
        assert_eq!(shown, ["1xx", "2xx", "3xx", "4xx", "5xx"]);
    }
}
