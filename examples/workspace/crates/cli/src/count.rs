use std::io::BufRead;
use std::path::Path;

use anyhow::{Context, Result};
use lumber_record::Record;
use lumber_report::Tally;
use rayon::prelude::*;

use crate::args::Logs;

/// Counts the records of all files, several files at once.
pub fn files(logs: &Logs) -> Result<Tally> {
    logs.files
        .par_iter()
        .map(|path| file(logs, path).with_context(|| format!("reading {}", path.display())))
        .try_reduce(Tally::default, |left, right| Ok(left.merge(right)))
}

fn file(logs: &Logs, path: &Path) -> Result<Tally> {
    let mut tally = Tally::default();
    for (number, line) in (1..).zip(lumber_input::open(path)?.lines()) {
        match line?.parse::<Record>() {
            Ok(record) if logs.filters.iter().all(|filter| filter.matches(&record)) => {
                tally.add(match &logs.anonymize {
                    Some(key) => record.anonymized(key),
                    None => record,
                });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("{}:{number}: {error}", path.display());
                tally.add_malformed();
            }
        }
    }
    Ok(tally)
}
