//! The files that installers of Perl distributions write.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::described::Described;

/// What is kept of install.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Install {
    /// `Foo-Bar-1.23`.
    distribution: String,
    /// `Foo::Bar`.
    module: String,
    version: Option<String>,
    /// `A/AU/AUTHOR/Foo-Bar-1.23.tar.gz`, where it came from CPAN or a mirror.
    path: Option<String>,
}

/// What is kept of MYMETA.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    name: String,
    version: String,
    summary: Option<String>,
    licenses: Vec<String>,
    requires: Vec<String>,
    url: Option<String>,
    author: Option<String>,
}

/// A string, or a number as it is written.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Install {
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(content).ok()?;
        Some(Self {
            distribution: text(value.get("dist")?)?,
            module: value.get("name").or_else(|| value.get("target")).and_then(text)?,
            version: value.get("version").and_then(text),
            path: value.get("pathname").and_then(text),
        })
    }

    /// The module that the distribution was asked for by.
    pub(super) fn module(&self) -> &str {
        &self.module
    }

    /// Who published it.
    pub(super) fn author(&self) -> Option<&str> {
        let mut parts = self.path.as_deref()?.split('/');
        let (first, second, author) = (parts.next()?, parts.next()?, parts.next()?);
        (author.starts_with(second) && second.starts_with(first) && !first.is_empty()).then_some(author)
    }

    /// Name and version as MYMETA.json states them; else the distribution's, whose last part is
    /// the version.
    pub(super) fn describe(&self, meta: Option<&Meta>) -> Option<Described> {
        if let Some(meta) = meta {
            return Some(Described {
                name: meta.name.clone(),
                version: meta.version.clone(),
                licenses: meta.licenses.clone(),
                requires: meta.requires.clone(),
                url: meta.url.clone(),
                summary: meta.summary.clone(),
                vendor: meta.author.clone(),
                ..Described::default()
            });
        }
        let (name, version) = self.distribution.rsplit_once('-')?;
        let version = version.strip_prefix('v').unwrap_or(version);
        if name.is_empty() || !version.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        Some(Described { name: name.to_owned(), version: version.to_owned(), ..Described::default() })
    }
}

/// The licences of CPAN's metadata that are one SPDX licence each; `restrictive`, `unknown` and the
/// like, which are many, stand as they are.
fn spdx(license: &str) -> &str {
    const KNOWN: &[(&str, &str)] = &[
        ("agpl_3", "AGPL-3.0-only"),
        ("apache_1_1", "Apache-1.1"),
        ("apache_2_0", "Apache-2.0"),
        ("artistic_1", "Artistic-1.0-Perl"),
        ("artistic_2", "Artistic-2.0"),
        ("bsd", "BSD-3-Clause"),
        ("freebsd", "BSD-2-Clause"),
        ("gfdl_1_2", "GFDL-1.2-only"),
        ("gfdl_1_3", "GFDL-1.3-only"),
        ("gpl_1", "GPL-1.0-only"),
        ("gpl_2", "GPL-2.0-only"),
        ("gpl_3", "GPL-3.0-only"),
        ("lgpl_2_1", "LGPL-2.1-only"),
        ("lgpl_3_0", "LGPL-3.0-only"),
        ("mit", "MIT"),
        ("mozilla_1_0", "MPL-1.0"),
        ("mozilla_1_1", "MPL-1.1"),
        ("openssl", "OpenSSL"),
        ("perl_5", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("qpl_1_0", "QPL-1.0"),
        ("zlib", "Zlib"),
    ];
    KNOWN.iter().find(|(name, _)| *name == license).map_or(license, |(_, spdx)| spdx)
}

impl Meta {
    pub(super) fn parse(content: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(content).ok()?;
        let list = |name: &str| -> Vec<String> {
            let items = value.get(name).and_then(Value::as_array);
            items.into_iter().flatten().filter_map(text).collect()
        };
        let requires = value.pointer("/prereqs/runtime/requires").and_then(Value::as_object);
        let require = |(module, version): (&String, &Value)| match text(version).as_deref() {
            None | Some("0") => module.clone(),
            Some(version) => format!("{module} {version}"),
        };
        Some(Self {
            name: text(value.get("name")?)?,
            version: text(value.get("version")?)?,
            summary: value.get("abstract").and_then(text).filter(|summary| summary != "unknown"),
            licenses: list("license")
                .iter()
                .filter(|name| *name != "unknown")
                .map(|name| spdx(name).to_owned())
                .collect(),
            requires: requires.into_iter().flatten().map(require).collect(),
            url: value.pointer("/resources/homepage").and_then(text),
            author: list("author").into_iter().next().filter(|author| author != "unknown"),
        })
    }
}

/// The files of a .packlist: a path in each line, behind which may stand `type=file` and the like.
pub(super) fn packlist(text: &str) -> Vec<String> {
    let path = |line: &str| line.split(" type=").next().unwrap_or_default().trim_end().to_owned();
    text.lines().map(path).filter(|path| path.starts_with('/')).collect()
}

/// The modules of a perllocal.pod with their versions.
pub(super) fn log(text: &str) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut module: Option<&str> = None;
    for line in text.lines() {
        if line.starts_with("=head2") {
            let link = line.split_once("C<Module> L<").and_then(|(_, rest)| rest.split(['|', '>']).next());
            module = link;
        } else if let (Some(name), Some(rest)) = (module, line.strip_prefix("C<VERSION: ")) {
            let version = rest.trim_end().trim_end_matches('>').trim();
            if !version.is_empty() {
                rows.push((name.to_owned(), version.to_owned()));
            }
            module = None;
        }
    }
    rows
}
