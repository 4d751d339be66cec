use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, Subcommand, ValueEnum};
use lumber_record::Record;

/// Tells what is in a web server's access log.
#[derive(Parser)]
#[command(version)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Prints a report
    Report {
        #[command(flatten)]
        logs: Logs,
        /// How many paths to show
        #[arg(long, default_value_t = 10)]
        top: usize,
        /// How to show the report
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
    /// Serves the report as JSON until Ctrl-C
    Serve {
        #[command(flatten)]
        logs: Logs,
        /// The address to listen on
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
    },
}

/// Which lines of which files to count.
#[derive(clap::Args)]
pub struct Logs {
    /// Log files, plain or compressed by gzip; - is the standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Count only records with this value in a field
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    pub filters: Vec<Filter>,
    /// Replace hosts by pseudonyms made with this key
    #[arg(long, value_name = "KEY")]
    pub anonymize: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// A value that a field must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    field: String,
    value: String,
}

impl Filter {
    pub fn matches(&self, record: &Record) -> bool {
        record.field(&self.field).as_deref() == Some(&self.value)
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, value) = text.split_once('=').ok_or("must be FIELD=VALUE")?;
        if !Record::FIELDS.contains(&field) {
            let known = Record::FIELDS.join(", ");
            return Err(format!("no field {field}, there are {known}"));
        }
        Ok(Self {
            field: field.to_owned(),
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn filters_name_a_field() {
        let filter: Filter = "status=404".parse().unwrap();
        assert_eq!((&*filter.field, &*filter.value), ("status", "404"));
        assert_eq!("404".parse::<Filter>().unwrap_err(), "must be FIELD=VALUE");
        let error = "code=404".parse::<Filter>().unwrap_err();
        assert!(error.contains("status"), "{error}");
    }

    #[test]
    fn filters_compare_values() {
        let record: Record = r#"192.0.2.7 - - [05/Mar/2025:10:01:02 +0100] "GET / HTTP/1.1" 404 -"#
            .parse()
            .unwrap();
        for (filter, want) in [("status=404", true), ("status=40", false), ("path=/", true)] {
            let filter: Filter = filter.parse().unwrap();
            assert_eq!(filter.matches(&record), want, "{filter:?}");
        }
    }
}
