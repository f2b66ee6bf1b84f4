//! What Perl sources load: `use`, `require`, `do`, and the parents of a class.

use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::Collection;
use super::lines::{first_word, here_documents, lines, literal, paths};

pub(super) fn read(content: &[u8], found: &mut Collection) {
    let mut in_documentation = false;
    let mut endings: Vec<Vec<u8>> = Vec::new();
    for (at, line) in lines(content) {
        if let Some(ending) = endings.first() {
            if line.trim_ascii() == ending.as_slice() {
                endings.remove(0);
            }
            continue;
        }
        // perlpod: a line that begins with an equals sign and a letter, up to `=cut`.
        if line.first() == Some(&b'=') && line.get(1).is_some_and(u8::is_ascii_alphabetic) {
            in_documentation = !line.starts_with(b"=cut");
            continue;
        }
        if in_documentation || line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        if matches!(line, b"__END__" | b"__DATA__") {
            return;
        }
        paths(line).for_each(|(_, path)| found.add(content, at, ReferenceKind::Path, path, ""));
        // `eval { require X; 1 }`, `BEGIN { use X; }`
        let mut rest = line;
        loop {
            rest = statement(content, at, rest, found).unwrap_or(rest);
            match memchr::memchr3(b';', b'{', b'(', rest) {
                Some(next) => rest = rest.get(next + 1..).unwrap_or_default(),
                None => break,
            }
        }
        endings = here_documents(line);
    }
}

/// `A::B::C`, as Perl's grammar has names of packages.
fn package(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b':';
    let length = text.iter().position(|byte| !is_word(byte)).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    let name = name.strip_suffix(b"::").unwrap_or(name);
    name.first().filter(|first| first.is_ascii_alphabetic() || **first == b'_').map(|_| (name, rest))
}

/// Reads the statement that a text begins with; what follows it, where all of it was taken.
fn statement<'a>(content: &[u8], at: usize, text: &'a [u8], found: &mut Collection) -> Option<&'a [u8]> {
    let (word, rest) = first_word(text);
    let by = match word {
        b"use" => "use",
        b"no" => "no",
        b"require" => "require",
        b"do" => {
            if let Some((target, _)) = literal(rest) {
                found.add(content, at, ReferenceKind::Source, target, "do");
            }
            return None;
        }
        _ => return None,
    };
    if by == "require"
        && let Some((target, _)) = literal(rest)
    {
        found.add(content, at, ReferenceKind::Source, target, by);
        return None;
    }
    match package(rest) {
        // `use v5.36` asks for a version of Perl; `require => 1` names a key.
        Some((name, behind)) if behind.trim_ascii_start().starts_with(b"=>") || is_version(name) => {}
        Some((name, behind)) => {
            found.add(content, at, ReferenceKind::Import, name, by);
            if !matches!(name, b"base" | b"parent" | b"lib") {
                return None;
            }
            let length = memchr::memchr(b';', behind).unwrap_or(behind.len());
            let (list, behind) = behind.split_at(length);
            if name == b"lib" {
                for (_, path) in paths(list) {
                    found.add(content, at, ReferenceKind::Path, path, "use lib");
                }
            } else {
                parents(content, at, list, found);
            }
            return Some(behind);
        }
        None if by == "require" && rest.first() == Some(&b'$') => {
            found.add(content, at, ReferenceKind::Open, b"require", "");
        }
        None => {}
    }
    None
}

fn is_version(name: &[u8]) -> bool {
    name.strip_prefix(b"v").is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
}

/// `use parent -norequire, "A", qw(B C)`.
fn parents(content: &[u8], at: usize, text: &[u8], found: &mut Collection) {
    if memchr::memmem::find(text, b"-norequire").is_some() {
        return;
    }
    let list = text.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b':'));
    for name in list.filter(|name| !matches!(*name, b"" | b"qw" | b"q" | b"qq")) {
        if let Some((name, _)) = package(name) {
            found.add(content, at, ReferenceKind::Import, name, "parent");
        }
    }
}
