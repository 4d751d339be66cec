use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use lumber_status::Class;

use crate::Report;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests from {} hosts, {} bytes",
            self.requests, self.hosts, self.bytes
        )?;
        if self.malformed > 0 {
            write!(f, ", {} malformed lines", self.malformed)?;
        }
        if let Some((first, last)) = &self.period {
            write!(f, "\n{first} to {last}")?;
        }
        if self.requests == 0 {
            return Ok(());
        }

        let mut statuses = table(["class", "status", "", "requests"]);
        for status in &self.statuses {
            let class = Class::of(status.code).map_or_else(String::new, |class| class.to_string());
            statuses.add_row([
                class,
                status.code.to_string(),
                status.reason.to_owned(),
                status.requests.to_string(),
            ]);
        }
        let mut paths = table(["path", "requests"]);
        for path in &self.paths {
            paths.add_row([path.name.clone(), path.requests.to_string()]);
        }
        write!(f, "\n\n{}\n\n{}", statuses.trim_fmt(), paths.trim_fmt())
    }
}

/// Starts a table without lines whose last column holds numbers.
fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(header);
    if let Some(column) = table.column_mut(N - 1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use crate::{Count, Report, Status};

    #[test]
    fn an_empty_log_is_one_line() {
        let text = Report::default().to_string();
        assert_eq!(text, "0 requests from 0 hosts, 0 bytes");
    }

    #[test]
    fn shows_classes_and_counts() {
        let report = Report {
            requests: 1200,
            malformed: 3,
            statuses: vec![
                Status {
                    code: 404,
                    reason: "Not Found",
                    requests: 1199,
                },
                Status {
                    code: 999,
                    reason: "",
                    requests: 1,
                },
            ],
            paths: vec![Count {
                name: "/missing".to_owned(),
                requests: 1200,
            }],
            ..Report::default()
        };
        let text = report.to_string();
        assert!(text.contains("3 malformed lines"), "{text}");
        for row in [
            &["4xx", "404", "Not Found", "1199"][..],
            &["/missing", "1200"],
        ] {
            let found = text
                .lines()
                .any(|line| row.iter().all(|cell| line.contains(cell)));
            assert!(found, "{row:?} in\n{text}");
        }
    }

    #[test]
    fn is_json_too() {
        let json = serde_json::to_value(Report::default()).unwrap();
        assert_eq!(json["requests"], 0);
        assert_eq!(json["paths"], serde_json::json!([]));
    }
}
