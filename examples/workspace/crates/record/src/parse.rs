use std::num::ParseIntError;
use std::str::FromStr;

use jiff::Timestamp;
use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited, eof, seq};
use winnow::prelude::*;
use winnow::token::{take_till, take_until, take_while};

use crate::Record;

/// Why a line is no record.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The line is neither in the common log format nor JSON.
    #[error("not in the common log format")]
    Format,
    /// The line begins like JSON and is not a record.
    #[error("not a record: {0}")]
    Json(#[from] serde_json::Error),
    /// A number is too large.
    #[error("bad number: {0}")]
    Number(#[from] ParseIntError),
    /// The time is not a time.
    #[error("bad time: {0}")]
    Time(#[from] jiff::Error),
}

/// What matters of a line in the common log format or, with more at the end,
/// the combined one.
struct Common<'a> {
    host: &'a str,
    time: &'a str,
    method: &'a str,
    path: &'a str,
    status: &'a str,
    bytes: &'a str,
}

fn common<'a>(line: &mut &'a str) -> winnow::Result<Common<'a>> {
    seq! {Common {
        host: word,
        _: (' ', word, ' ', word, ' '),
        time: delimited('[', take_until(1.., ']'), "] "),
        _: '"',
        method: take_while(1.., 'A'..='Z'),
        _: ' ',
        path: take_till(1.., [' ', '?', '"']),
        _: (take_until(0.., '"'), "\" "),
        status: take_while(3, '0'..='9'),
        _: ' ',
        bytes: alt(("-", digit1)),
        _: alt((" ", eof)),
    }}
    .parse_next(line)
}

fn word<'a>(line: &mut &'a str) -> winnow::Result<&'a str> {
    take_till(1.., ' ').parse_next(line)
}

impl FromStr for Record {
    type Err = ParseError;

    fn from_str(mut line: &str) -> Result<Self, ParseError> {
        if line.starts_with('{') {
            return Ok(serde_json::from_str(line)?);
        }
        let parts = common(&mut line).map_err(|_| ParseError::Format)?;
        Ok(Self {
            host: parts.host.to_owned(),
            time: parse_time(parts.time)?,
            method: parts.method.to_owned(),
            path: parts.path.to_owned(),
            status: parts.status.parse()?,
            bytes: match parts.bytes {
                "-" => 0,
                digits => digits.parse()?,
            },
        })
    }
}

fn parse_time(text: &str) -> Result<Timestamp, jiff::Error> {
    Timestamp::strptime("%d/%b/%Y:%H:%M:%S %z", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &str = r#"192.0.2.7 - - [05/Mar/2025:10:01:02 +0100] "GET /a?b=c HTTP/1.1" 404 -"#;

    #[test]
    fn reads_the_common_format() {
        let record: Record = LINE.parse().unwrap();
        assert_eq!(record.host, "192.0.2.7");
        assert_eq!(record.time, "2025-03-05T09:01:02Z".parse().unwrap());
        assert_eq!(record.method, "GET");
        assert_eq!(record.path, "/a");
        assert_eq!(record.status, 404);
        assert_eq!(record.bytes, 0);
    }

    #[test]
    fn reads_the_combined_format() {
        let line = format!(r#"{LINE} "https://example.com/" "curl/8.5.0""#);
        assert_eq!(
            line.parse::<Record>().unwrap(),
            LINE.parse::<Record>().unwrap()
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, want) in [
            ("", "not in the common log format"),
            ("{}", "not a record: missing field `host`"),
            (&LINE.replace("Mar", "Mrz"), "bad time: "),
            (&LINE.replace("404 -", "4040 -"), "not in the common"),
            (
                &LINE.replace("404 -", &format!("404 {}", "9".repeat(30))),
                "bad number: ",
            ),
        ] {
            let error = line.parse::<Record>().unwrap_err().to_string();
            assert!(error.starts_with(want), "{line}: {error}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(line in ".*") {
            let _ = line.parse::<Record>();
        }

        #[test]
        fn json_comes_back(host in "[a-z0-9.]{1,20}", path in "/[ -~]{0,20}", status in 100..600u16, bytes: u64) {
            let record = Record {
                host,
                time: Timestamp::UNIX_EPOCH,
                method: "PUT".to_owned(),
                path,
                status,
                bytes,
            };
            let line = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(line.parse::<Record>().unwrap(), record);
        }
    }
}
