//! Counts what is in an access log and shows it.

mod table;
mod tally;

use serde::Serialize;

pub use tally::Tally;

/// What a [`Tally`] comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All requests.
    pub requests: u64,
    /// The lines that could not be read.
    pub malformed: u64,
    /// All bytes sent.
    pub bytes: u64,
    /// The number of clients.
    pub hosts: usize,
    /// The first and last request, in RFC 3339.
    pub period: Option<(String, String)>,
    /// Requests by status code, in the order of the codes.
    pub statuses: Vec<Status>,
    /// The paths that were asked for most.
    pub paths: Vec<Count>,
}

/// The number of responses with one status code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The code.
    pub code: u16,
    /// The reason phrase, empty for an unknown code.
    pub reason: &'static str,
    /// The number of responses.
    pub requests: u64,
}

/// The number of requests for one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// What was counted.
    pub name: String,
    /// How often it was there.
    pub requests: u64,
}
