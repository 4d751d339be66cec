//! Runs the program as a user would.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use flate2::Compression;
use flate2::write::GzEncoder;
use predicates::prelude::*;
use predicates::str::contains;

const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/access.log");

fn lumber() -> Command {
    Command::cargo_bin("lumber").unwrap()
}

#[test]
fn prints_a_table() {
    lumber()
        .args(["report", LOG])
        .assert()
        .success()
        .stdout(contains(
            "7 requests from 4 hosts, 23675 bytes, 1 malformed lines",
        ))
        .stdout(contains("Not Found").and(contains("/wp-login.php")))
        .stderr(contains("access.log:7: not in the common log format"));
}

#[test]
fn filters_records() {
    lumber()
        .args([
            "report",
            "--where",
            "status=404",
            "--where",
            "method=GET",
            LOG,
        ])
        .assert()
        .success()
        .stdout(contains("2 requests from 1 hosts"));
}

#[test]
fn counts_compressed_files_and_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let packed = dir.path().join("access.log.1");
    let text = std::fs::read(LOG).unwrap();
    GzEncoder::new(File::create(&packed).unwrap(), Compression::fast())
        .write_all(&text)
        .unwrap();
    lumber()
        .args(["report", "--format", "json", "--top", "1", "-"])
        .arg(&packed)
        .write_stdin(text)
        .assert()
        .success()
        .stdout(contains(r#""requests": 14"#).and(contains(r#""hosts": 4"#)));
}

#[test]
fn hides_hosts() {
    let count = |key: &str| {
        lumber()
            .args([
                "report",
                "--anonymize",
                key,
                "--where",
                "host=192.0.2.7",
                LOG,
            ])
            .assert()
            .success()
            .stdout(contains("2 requests from 1 hosts").and(contains("192.0.2.7").not()));
    };
    count("one");
    count("two");
}

#[test]
fn says_what_is_wrong() {
    lumber()
        .args(["report", "missing.log"])
        .assert()
        .failure()
        .stderr(contains("reading missing.log"));
    lumber()
        .args(["report", "--where", "colour=red", LOG])
        .assert()
        .code(2)
        .stderr(contains("no field colour"));
}

#[test]
fn serves_the_report() {
    let mut server = Process::new(cargo_bin("lumber"))
        .args(["serve", "--listen", "127.0.0.1:0", LOG])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let address = url
        .trim()
        .trim_start_matches("http://")
        .trim_end_matches("/report");

    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /report HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let response = std::io::read_to_string(stream).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK"), "{response}");
    assert!(response.contains(r#""requests":7"#), "{response}");
}
