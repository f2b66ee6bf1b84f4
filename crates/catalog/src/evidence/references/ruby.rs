//! What Ruby sources load: `require`, `require_relative`, `load`, `autoload`.

use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::Collection;
use super::lines::{first_word, here_documents, lines, literal, paths};

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let mut in_comment = false;
    let mut endings: Vec<Vec<u8>> = Vec::new();
    for (at, line) in lines(content) {
        if let Some(ending) = endings.first() {
            if line.trim_ascii() == ending.as_slice() {
                endings.remove(0);
            }
            continue;
        }
        if line.starts_with(b"=begin") || line.starts_with(b"=end") {
            in_comment = line.starts_with(b"=begin");
            continue;
        }
        if in_comment || line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        if line == b"__END__" {
            return;
        }
        paths(line).for_each(|(_, path)| found.add(content, at, ReferenceKind::Path, path, ""));
        let mut rest = line;
        // `begin; require "x"; rescue LoadError; end`
        loop {
            statement(content, at, rest, found);
            match memchr::memchr(b';', rest) {
                Some(next) => rest = rest.get(next + 1..).unwrap_or_default(),
                None => break,
            }
        }
        endings = here_documents(line);
    }
}

fn statement(content: &[u8], at: usize, text: &[u8], found: &mut Collection) {
    let (mut word, mut rest) = first_word(text);
    while matches!(word, b"begin" | b"then" | b"else" | b"do" | b"rescue") {
        (word, rest) = first_word(rest);
    }
    if word == b"Kernel" && rest.starts_with(b".") {
        (word, rest) = first_word(rest.get(1..).unwrap_or_default());
    }
    let argument = rest.strip_prefix(b"(".as_slice()).unwrap_or(rest).trim_ascii_start();
    let (kind, by) = match word {
        b"require" => (ReferenceKind::Import, "require"),
        b"load" => (ReferenceKind::Source, "load"),
        b"require_relative" => (ReferenceKind::Relative, "require_relative"),
        b"autoload" => {
            // `autoload :Name, "path"`
            let comma = memchr::memchr2(b',', b';', argument).filter(|at| argument.get(*at) == Some(&b','));
            let path = comma.and_then(|comma| argument.get(comma + 1..));
            if let Some((path, _)) = path.and_then(|path| literal(path.trim_ascii_start())) {
                found.add(content, at, ReferenceKind::Import, path, "autoload");
            }
            return;
        }
        _ => return,
    };
    match literal(argument) {
        Some((target, _)) => found.add(content, at, kind, target, by),
        // `require = 1`, `load.something` are other things.
        None if argument
            .first()
            .is_some_and(|first| first.is_ascii_alphabetic() || b"\"'@$".contains(first)) =>
        {
            found.add(content, at, ReferenceKind::Open, by.as_bytes(), "");
        }
        None => {}
    }
}
