//! One line of a web server's access log.

mod parse;

use jiff::Timestamp;
use lumber_derive::Fields;
use serde::{Deserialize, Serialize};

pub use parse::ParseError;

/// A request that was served.
///
/// ```
/// use lumber_record::Record;
///
/// let line = r#"192.0.2.7 - ann [05/Mar/2025:10:01:02 +0100] "GET /docs HTTP/1.1" 200 5120"#;
/// let record: Record = line.parse()?;
/// assert_eq!(record.path, "/docs");
/// assert_eq!(record.time.to_string(), "2025-03-05T09:01:02Z");
/// # Ok::<(), lumber_record::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Fields)]
pub struct Record {
    /// The client's address or name.
    pub host: String,
    /// When the request came in.
    pub time: Timestamp,
    /// The request's method, such as `GET`.
    pub method: String,
    /// The request's target without the query.
    pub path: String,
    /// The status code of the response.
    pub status: u16,
    /// The size of the response's body in bytes.
    #[serde(default)]
    pub bytes: u64,
}

impl Record {
    /// Replaces the client's address by a pseudonym: the same address gives the
    /// same pseudonym under the same key.
    #[must_use]
    pub fn anonymized(mut self, key: &str) -> Self {
        let key = blake3::derive_key("lumber 2025 pseudonyms of hosts", key.as_bytes());
        let mut pseudonym = blake3::keyed_hash(&key, self.host.as_bytes()).to_hex();
        pseudonym.truncate(12);
        self.host = pseudonym.to_string();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(host: &str) -> Record {
        Record {
            host: host.to_owned(),
            time: Timestamp::UNIX_EPOCH,
            method: "GET".to_owned(),
            path: "/".to_owned(),
            status: 200,
            bytes: 12,
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        let record = record("192.0.2.1");
        assert_eq!(record.field("status").as_deref(), Some("200"));
        assert_eq!(record.field("referer"), None);
        for name in Record::FIELDS {
            assert!(record.field(name).is_some(), "{name}");
        }
    }

    #[test]
    fn pseudonyms_depend_on_host_and_key() {
        let ann = record("192.0.2.1").anonymized("secret");
        assert_eq!(ann.host.len(), 12);
        assert_eq!(ann, record("192.0.2.1").anonymized("secret"));
        assert_ne!(ann, record("192.0.2.2").anonymized("secret"));
        assert_ne!(ann, record("192.0.2.1").anonymized("other"));
    }
}
