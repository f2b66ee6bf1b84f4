//! A gem's specification: a Ruby program, in the one form in which RubyGems writes it.
//!
//! ```text
//! # stub: rake 13.0.6 ruby lib
//!
//! Gem::Specification.new do |s|
//!   s.name = "rake".freeze
//!   s.version = "13.0.6"
//!   s.licenses = ["MIT".freeze]
//! ```

use std::collections::HashSet;

use plimsoll_model::Package;
use serde::{Deserialize, Serialize};

use super::{ANY_PLATFORM, TYPE};

/// What is kept of a specification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Specification {
    name: String,
    version: String,
    /// `ruby` or one such as `x86_64-linux`.
    platform: String,
    licenses: Vec<String>,
    requires: Vec<String>,
    url: Option<String>,
    summary: Option<String>,
}

impl Specification {
    /// `None` where the name or the version is not stated in a form that can be read.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut specification = Self::default();
        let mut for_old_versions = false;
        let mut needed = HashSet::new();
        for line in text.lines().map(str::trim) {
            // Behind `else`, RubyGems repeats the dependencies for versions of itself from
            // before it knew that some are only for development.
            for_old_versions |= line == "else";
            if let Some(stub) = line.strip_prefix("# stub: ") {
                specification.take_stub(stub);
            } else if let Some((field, value)) = assignment(line) {
                specification.take(field, value);
            } else if !for_old_versions
                && let Some(dependency) = dependency(line)
                && needed.insert(dependency.clone())
            {
                specification.requires.push(dependency);
            }
        }
        let whole = !specification.name.is_empty() && !specification.version.is_empty();
        whole.then_some(specification)
    }

    /// `NAME VERSION PLATFORM PATHS`, in the first lines; a second such line lists extensions.
    fn take_stub(&mut self, stub: &str) {
        let mut words = stub.split(' ');
        if let (true, Some(name), Some(version), Some(platform), Some(_)) =
            (self.name.is_empty(), words.next(), words.next(), words.next(), words.next())
        {
            self.name = name.to_owned();
            self.version = version.to_owned();
            self.platform = platform.to_owned();
        }
    }

    fn take(&mut self, field: &str, value: &str) {
        let text = || string(value.strip_prefix("Gem::Version.new(").unwrap_or(value)).map(|(text, _)| text);
        match field {
            "name" if self.name.is_empty() => self.name = text().unwrap_or_default(),
            "version" if self.version.is_empty() => self.version = text().unwrap_or_default(),
            "platform" if self.platform.is_empty() => self.platform = text().unwrap_or_default(),
            "license" => self.licenses.extend(text()),
            "licenses" => self.licenses.extend(strings(value)),
            "homepage" => self.url = text().filter(|url| !url.is_empty()),
            "summary" => self.summary = text().and_then(|summary| summary.lines().next().map(str::to_owned)),
            _ => {}
        }
    }

    /// `NAME-VERSION`, with the platform where it is for one: what RubyGems calls its files.
    pub(super) fn full_name(&self) -> String {
        match self.platform.as_str() {
            "" | ANY_PLATFORM => format!("{}-{}", self.name, self.version),
            platform => format!("{}-{}-{platform}", self.name, self.version),
        }
    }

    /// The package, without what its place tells.
    pub(super) fn describe(&self) -> Package {
        let mut package = Package::new(TYPE, &*self.name, &*self.version);
        if !matches!(self.platform.as_str(), "" | ANY_PLATFORM) {
            package.arch = Some(self.platform.clone());
        }
        package.licenses.clone_from(&self.licenses);
        package.requires.clone_from(&self.requires);
        package.url.clone_from(&self.url);
        package.summary.clone_from(&self.summary);
        package
    }
}

/// Field and value of `s.field = value`, whatever the variable is called.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (target, value) = line.split_once('=')?;
    let (variable, field) = target.trim().split_once('.')?;
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (is_word(variable) && is_word(field)).then(|| (field, value.trim()))
}

/// `rake (>= 12, < 14)` of `s.add_runtime_dependency(%q<rake>.freeze, [">= 12".freeze, "< 14"])`.
fn dependency(line: &str) -> Option<String> {
    let (_, call) = line.split_once('.')?;
    let rest = call.strip_prefix("add_runtime_dependency").or_else(|| call.strip_prefix("add_dependency"))?;
    let (name, rest) = string(rest.trim_start_matches(['(', ' ']))?;
    let ranges: Vec<String> = strings(rest).into_iter().filter(|range| range != ">= 0").collect();
    Some(if ranges.is_empty() { name } else { format!("{name} ({})", ranges.join(", ")) })
}

/// Every text in a list, up to one that is never closed.
fn strings(mut rest: &str) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(start) = rest.find(['"', '\'', '%']) {
        rest = &rest[start..];
        if rest.starts_with('%') && !rest.starts_with("%q<") {
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let Some((text, after)) = string(rest) else { return all };
        all.push(text);
        rest = after;
    }
    all
}

/// The text of a literal at the start: `"…"`, `'…'` or `%q<…>`, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let (close, rest) = if let Some(rest) = text.strip_prefix('"') {
        ('"', rest)
    } else if let Some(rest) = text.strip_prefix('\'') {
        ('\'', rest)
    } else {
        ('>', text.strip_prefix("%q<")?)
    };
    let mut value = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next()?.1 {
                'n' if close == '"' => value.push('\n'),
                't' if close == '"' => value.push('\t'),
                'u' if close == '"' => value.push(unicode(&mut letters)),
                // `#` is written so that Ruby does not compute what is in braces.
                other => value.push(other),
            },
            letter if letter == close => return Some((value, rest.get(at + letter.len_utf8()..)?)),
            letter => value.push(letter),
        }
    }
    None
}

/// The letter of `\uNNNN` or `\u{NNNN}`, in braces of six digits at most.
fn unicode(letters: &mut std::str::CharIndices<'_>) -> char {
    let rest = letters.as_str();
    let end = rest.bytes().take(8).position(|byte| byte == b'}');
    let (digits, length) = match rest.strip_prefix('{').zip(end) {
        Some((inner, end)) => (inner.get(..end - 1).unwrap_or_default(), end + 1),
        None => (rest.get(..4).unwrap_or_default(), 4),
    };
    let letter = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    if letter.is_some() {
        letters.nth(length - 1);
    }
    letter.unwrap_or(char::REPLACEMENT_CHARACTER)
}
