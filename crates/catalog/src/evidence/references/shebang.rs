//! The first line of a script: `#!`, the interpreter, and at most one argument, as Linux splits it
//! (execve(2)); `env -S` splits that further (env(1) of GNU coreutils).

use plimsoll_model::evidence::references::{Language, ReferenceKind};

use super::collection::Collection;

/// The longest first line that Linux reads (`BINPRM_BUF_SIZE`).
const MAX_LINE: usize = 256;

/// The words of the line, blanks between them.
fn words(content: &[u8]) -> Option<Vec<&[u8]>> {
    let line = content.get(..content.len().min(MAX_LINE))?.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n' || *byte == b'\r').next()?;
    Some(line.split(|byte| *byte == b' ' || *byte == b'\t').filter(|word| !word.is_empty()).collect())
}

fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// The name of the program that runs the script, looked up by `env` or not.
pub(super) fn program(content: &[u8]) -> Option<Vec<u8>> {
    let words = words(content)?;
    let first = *words.first()?;
    let runs = if name(first) == b"env" {
        let is_program = |word: &&&[u8]| !word.starts_with(b"-") && !word.contains(&b'=');
        words.iter().skip(1).find(is_program).copied().unwrap_or(first)
    } else if name(first) == b"busybox" {
        words.get(1).copied().unwrap_or(first)
    } else {
        first
    };
    Some(name(runs).to_vec())
}

/// What the scripts of a program are written in.
pub(super) fn language(program: &[u8]) -> Language {
    let stem = program.split(|byte| byte.is_ascii_digit() || *byte == b'.').next().unwrap_or_default();
    match stem {
        b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"mksh" | b"busybox" => Language::Shell,
        b"python" | b"pypy" => Language::Python,
        b"node" | b"nodejs" => Language::JavaScript,
        b"ruby" | b"jruby" => Language::Ruby,
        b"perl" => Language::Perl,
        b"php" | b"php-cli" => Language::Php,
        _ => Language::Other,
    }
}

/// Adds the interpreter, what `env` is to find, and arguments.
pub(super) fn read(content: &[u8], found: &mut Collection) {
    let Some(words) = words(content) else { return };
    let Some((first, rest)) = words.split_first() else { return };
    found.add(content, 0, ReferenceKind::Interpreter, first, "");
    let mut is_env = name(first) == b"env";
    for word in rest {
        let word = word.strip_prefix(b"-S".as_slice()).filter(|_| is_env).unwrap_or(word);
        let is_option = word.starts_with(b"-") || (is_env && word.contains(&b'='));
        if is_env && !is_option && !word.is_empty() {
            found.add(content, 0, ReferenceKind::Interpreter, word, "env");
            is_env = false;
        } else {
            found.add(content, 0, ReferenceKind::InterpreterArgument, word, "");
        }
    }
}
