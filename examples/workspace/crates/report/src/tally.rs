use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use lumber_record::Record;

use crate::{Count, Report, Status};

/// Counts of requests. Tallies of parts of a log can be merged.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    requests: u64,
    malformed: u64,
    bytes: u64,
    hosts: HashSet<String>,
    period: Option<(jiff::Timestamp, jiff::Timestamp)>,
    statuses: BTreeMap<u16, u64>,
    paths: HashMap<String, u64>,
}

impl Tally {
    /// Counts a request.
    pub fn add(&mut self, record: Record) {
        self.requests += 1;
        self.bytes += record.bytes;
        self.hosts.insert(record.host);
        self.extend_period((record.time, record.time));
        *self.statuses.entry(record.status).or_default() += 1;
        *self.paths.entry(record.path).or_default() += 1;
    }

    /// Counts a line that is no request.
    pub fn add_malformed(&mut self) {
        self.malformed += 1;
    }

    /// Adds the counts of another part of the log.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.requests += other.requests;
        self.malformed += other.malformed;
        self.bytes += other.bytes;
        self.hosts.extend(other.hosts);
        if let Some(period) = other.period {
            self.extend_period(period);
        }
        for (code, requests) in other.statuses {
            *self.statuses.entry(code).or_default() += requests;
        }
        for (path, requests) in other.paths {
            *self.paths.entry(path).or_default() += requests;
        }
        self
    }

    /// Sums up, with the `top` paths. Paths with the same count are in
    /// alphabetical order.
    #[must_use]
    pub fn report(&self, top: usize) -> Report {
        let mut paths: Vec<_> = self.paths.iter().collect();
        paths.sort_unstable_by_key(|&(path, &requests)| (Reverse(requests), path));
        Report {
            requests: self.requests,
            malformed: self.malformed,
            bytes: self.bytes,
            hosts: self.hosts.len(),
            period: self
                .period
                .map(|(first, last)| (first.to_string(), last.to_string())),
            statuses: self.statuses.iter().map(status).collect(),
            paths: paths.into_iter().take(top).map(count).collect(),
        }
    }

    fn extend_period(&mut self, (first, last): (jiff::Timestamp, jiff::Timestamp)) {
        self.period = Some(match self.period {
            Some((from, to)) => (from.min(first), to.max(last)),
            None => (first, last),
        });
    }
}

fn status((&code, &requests): (&u16, &u64)) -> Status {
    Status {
        code,
        reason: lumber_status::reason(code).unwrap_or_default(),
        requests,
    }
}

fn count((name, &requests): (&String, &u64)) -> Count {
    Count {
        name: name.clone(),
        requests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(second: i64, path: &str, status: u16) -> Record {
        Record {
            host: format!("host{}", second % 2),
            time: jiff::Timestamp::from_second(second).unwrap(),
            method: "GET".to_owned(),
            path: path.to_owned(),
            status,
            bytes: 10,
        }
    }

    fn tally(records: impl IntoIterator<Item = Record>) -> Tally {
        let mut tally = Tally::default();
        records.into_iter().for_each(|record| tally.add(record));
        tally
    }

    #[test]
    fn nothing_is_empty() {
        assert_eq!(Tally::default().report(5), Report::default());
    }

    #[test]
    fn counts_requests() {
        let report = tally([
            record(2, "/b", 200),
            record(0, "/a", 404),
            record(1, "/b", 200),
        ])
        .report(5);
        assert_eq!((report.requests, report.bytes, report.hosts), (3, 30, 2));
        assert_eq!(
            report.period.unwrap(),
            ("1970-01-01T00:00:00Z".into(), "1970-01-01T00:00:02Z".into())
        );
        assert_eq!(report.statuses[0].reason, "OK");
        assert_eq!(report.statuses[1].requests, 1);
    }

    #[test]
    fn top_paths_are_ordered() {
        let tally = tally(["/c", "/a", "/b", "/b"].map(|path| record(0, path, 200)));
        let names = |top| -> Vec<String> {
            let paths = tally.report(top).paths;
            paths.into_iter().map(|path| path.name).collect()
        };
        assert_eq!(names(9), ["/b", "/a", "/c"]);
        assert_eq!(names(1), ["/b"]);
    }

    #[test]
    fn merging_parts_is_counting_the_whole() {
        let records: Vec<Record> = (0..20)
            .map(|i| record(i, &format!("/{}", i % 3), 200 + u16::from(i % 7 == 0)))
            .collect();
        let mut whole = tally(records.clone());
        whole.add_malformed();
        for cut in 0..=records.len() {
            let (left, right) = records.split_at(cut);
            let mut right = tally(right.to_vec());
            right.add_malformed();
            let merged = tally(left.to_vec()).merge(right);
            assert_eq!(merged.report(9), whole.report(9), "cut at {cut}");
        }
    }
}
