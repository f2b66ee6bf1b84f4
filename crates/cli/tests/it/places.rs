//! Where the program, the shared facts and the built images are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The shared folder of facts, if it lies beside the project.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let place = std::env::var_os("PLIMSOLL_SHARED").map_or_else(beside, PathBuf::from);
    place.join("data").is_dir().then_some(place)
}

/// The folder of images that were built with their truth tables, if they were.
pub(crate) fn images() -> Option<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/plimsoll-data"));
    let place = std::env::var_os("PLIMSOLL_DATA").map(PathBuf::from).or_else(home)?.join("out");
    place.is_dir().then_some(place)
}

/// Says on standard error that a test could not look.
#[expect(clippy::print_stderr, reason = "`./test` counts what was skipped")]
pub(crate) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// The program with a cache of its own and none of the user's environment.
pub(crate) fn plimsoll(cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.env_clear().env("PLIMSOLL_CACHE_DIR", cache);
    command
}

/// Runs the program and gives what it printed; anything but success fails the test.
pub(crate) fn run(cache: &Path, arguments: &[&str]) -> Vec<u8> {
    let output: Output = plimsoll(cache).args(arguments).output().expect("the program starts");
    assert!(
        output.status.success(),
        "{arguments:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// The rows of RFC 4180 text, each a list of fields, without the header.
pub(crate) fn csv(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut rows = Vec::new();
    let (mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), false);
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (quoted, byte) {
            (true, b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
                field.push(b'"');
            }
            (true, b'"') => quoted = false,
            (false, b'"') => quoted = true,
            (false, b',') => row.push(std::mem::take(&mut field)),
            (false, b'\r') => {}
            (false, b'\n') => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            (_, byte) => field.push(byte),
        }
    }
    assert!(!rows.is_empty(), "the header is missing");
    rows.remove(0);
    rows
}
