//! Turns `codes.csv` into a function.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context, Result};

#[derive(serde::Deserialize)]
struct Row {
    code: u16,
    reason: String,
}

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=codes.csv");

    let mut arms = String::new();
    for row in csv::Reader::from_path("codes.csv")?.deserialize() {
        let Row { code, reason } = row.context("codes.csv")?;
        writeln!(arms, "        {code} => Some({reason:?}),")?;
    }
    let code = format!(
        "const fn lookup(code: u16) -> Option<&'static str> {{
    match code {{
{arms}        _ => None,
    }}
}}
"
    );

    let out = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR is not set")?);
    fs::write(out.join("codes.rs"), code).context("writing codes.rs")
}
