//! Opens log files. What is compressed is told by its first bytes, not by its
//! name: logs are rotated under many names.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Opens a file for reading line by line, `-` being the standard input.
///
/// # Errors
///
/// Fails if the file cannot be opened or read.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        decode(io::stdin())
    } else {
        decode(File::open(path)?)
    }
}

/// Reads plain text out of what may be compressed by gzip.
///
/// ```
/// use std::io::Read;
///
/// let mut text = String::new();
/// lumber_input::decode(&b"plain"[..])?.read_to_string(&mut text)?;
/// assert_eq!(text, "plain");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Fails if the first bytes cannot be read.
pub fn decode<'a>(input: impl Read + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut input = BufReader::new(input);
    let start = input.fill_buf()?;
    Ok(if start.starts_with(&GZIP) {
        Box::new(BufReader::new(MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::GzEncoder;
    use std::io::Write;

    const TEXT: &[u8] = b"first\nsecond\n";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        GzEncoder::new(text, Compression::fast())
            .read_to_end(&mut packed)
            .unwrap();
        packed
    }

    fn lines(input: &[u8]) -> io::Result<Vec<String>> {
        decode(input)?.lines().collect()
    }

    #[test]
    fn reads_plain_text() {
        assert_eq!(lines(TEXT).unwrap(), ["first", "second"]);
        assert!(lines(b"").unwrap().is_empty());
    }

    #[test]
    fn reads_gzip_of_several_members() {
        let packed = [gzip(TEXT), gzip(TEXT)].concat();
        assert_eq!(
            lines(&packed).unwrap(),
            ["first", "second", "first", "second"]
        );
    }

    #[test]
    fn says_when_a_file_is_cut_off() {
        let packed = gzip(TEXT);
        assert!(lines(&packed[..packed.len() - 4]).is_err());
    }

    #[test]
    fn opens_files() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(TEXT).unwrap();
        assert_eq!(open(file.path()).unwrap().lines().count(), 2);
        assert!(open(Path::new("does/not/exist")).is_err());
    }
}
