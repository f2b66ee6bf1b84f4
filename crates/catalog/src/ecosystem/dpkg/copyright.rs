//! Licences, from a package's `copyright` file.
//!
//! Two forms are read: the machine-readable one (Debian's copyright-format 1.0, also called
//! DEP-5), whose `License:` fields name licences, and free text, which points at the full texts
//! in `/usr/share/common-licenses`. Free text does not say whether "or later" holds, so its
//! GPL names stay as Debian writes them.

use std::collections::BTreeSet;

use super::control::Stanzas;

/// The longest name of a licence taken; longer "names" are prose that got into the field.
const MAX_NAME: usize = 80;

/// Most licences kept of one package: the longest real files name about a hundred.
const MAX_LICENSES: usize = 256;

/// The distinct licences that a copyright file names, sorted.
pub(super) fn licenses(text: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    if is_machine_readable(text) {
        for stanza in Stanzas::new(text) {
            for field in &stanza.fields {
                if field.name.eq_ignore_ascii_case("License") {
                    add_expression(field.value.lines().next().unwrap_or_default(), &mut found);
                }
            }
        }
    }
    if found.is_empty() {
        add_references(text, &mut found);
    }
    found.into_iter().take(MAX_LICENSES).collect()
}

fn is_machine_readable(text: &str) -> bool {
    Stanzas::new(text)
        .next()
        .is_some_and(|head| head.get("Format").or_else(|| head.get("Format-Specification")).is_some())
}

/// Takes an expression of short names apart: `GPL-2+ or Artistic`, `MIT and BSD-3-clause, Zlib`.
/// A field that holds prose instead names no licence.
fn add_expression(expression: &str, found: &mut BTreeSet<String>) {
    let mut names = vec![String::new()];
    for part in expression.split([',', '|', ';']) {
        for word in part.split_whitespace() {
            if ["and", "or", "and/or"].iter().any(|joint| word.eq_ignore_ascii_case(joint)) {
                names.push(String::new());
            } else if let Some(name) = names.last_mut() {
                if !name.is_empty() {
                    name.push(' ');
                }
                name.push_str(word);
            }
        }
        names.push(String::new());
    }
    if names.iter().all(|name| is_short_name(name)) {
        for name in &names {
            add_name(name, found);
        }
    }
}

/// Short names have no spaces, but for the exception that a licence is granted with
/// (copyright-format 1.0, "Short name" and "Syntax").
fn is_short_name(name: &str) -> bool {
    match name.split_once(' ') {
        None => true,
        Some((_, rest)) => rest.split_whitespace().next() == Some("with"),
    }
}

fn add_name(name: &str, found: &mut BTreeSet<String>) {
    let name = name.trim_matches(['(', ')', '.', ' ']);
    if !name.is_empty() && name.len() <= MAX_NAME {
        found.insert(spdx_identifier(name).unwrap_or_else(|| name.to_owned()));
    }
}

/// The names of full texts that a free text points at.
fn add_references(text: &str, found: &mut BTreeSet<String>) {
    const DIRECTORY: &str = "/usr/share/common-licenses/";
    for (start, _) in text.match_indices(DIRECTORY) {
        let rest = text.get(start + DIRECTORY.len()..).unwrap_or_default();
        let end = rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || "+-.".contains(character)))
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        if name.is_empty() || name.len() > MAX_NAME {
            continue;
        }
        // Which version of the GNU licences holds is said in prose, so only the others map.
        let mapped = if is_gnu(name) { None } else { spdx_identifier(name) };
        found.insert(match name {
            // The file of this name is the text of the three-clause licence of Berkeley.
            "BSD" => "BSD-3-Clause".to_owned(),
            _ => mapped.unwrap_or_else(|| name.to_owned()),
        });
    }
}

fn is_gnu(name: &str) -> bool {
    ["GPL", "LGPL", "AGPL", "GFDL"].iter().any(|family| name.starts_with(family))
}

/// The SPDX identifier of a short name, where both mean the same text and the same versions.
/// Names that Debian and SPDX use for different texts (`Artistic`, `BSD`, `public-domain`) have
/// none and stay as they are.
fn spdx_identifier(name: &str) -> Option<String> {
    const SAME: &[(&str, &str)] = &[
        ("0bsd", "0BSD"),
        ("afl-2.1", "AFL-2.1"),
        ("apache-1.1", "Apache-1.1"),
        ("apache-2", "Apache-2.0"),
        ("apache-2.0", "Apache-2.0"),
        ("artistic-2.0", "Artistic-2.0"),
        ("bsd-2-clause", "BSD-2-Clause"),
        ("bsd-3-clause", "BSD-3-Clause"),
        ("bsd-4-clause", "BSD-4-Clause"),
        ("bsd-4-clause-uc", "BSD-4-Clause-UC"),
        ("bsl-1.0", "BSL-1.0"),
        ("boost-1.0", "BSL-1.0"),
        ("cc0", "CC0-1.0"),
        ("cc0-1.0", "CC0-1.0"),
        ("cc-by-3.0", "CC-BY-3.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("cc-by-sa-3.0", "CC-BY-SA-3.0"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0"),
        ("cddl-1.0", "CDDL-1.0"),
        ("curl", "curl"),
        ("epl-1.0", "EPL-1.0"),
        ("epl-2.0", "EPL-2.0"),
        ("expat", "MIT"),
        ("fsfap", "FSFAP"),
        ("fsful", "FSFUL"),
        ("fsfullr", "FSFULLR"),
        ("ftl", "FTL"),
        ("isc", "ISC"),
        ("mpl-1.1", "MPL-1.1"),
        ("mpl-2.0", "MPL-2.0"),
        ("ofl-1.1", "OFL-1.1"),
        ("openldap-2.8", "OLDAP-2.8"),
        ("openssl", "OpenSSL"),
        ("postgresql", "PostgreSQL"),
        ("python-2.0", "Python-2.0"),
        ("sil-1.1", "OFL-1.1"),
        ("unlicense", "Unlicense"),
        ("wtfpl", "WTFPL"),
        ("wtfpl-2", "WTFPL"),
        ("zlib", "Zlib"),
        ("zpl-2.1", "ZPL-2.1"),
    ];
    let lower = name.to_ascii_lowercase();
    if let Some((_, identifier)) = SAME.iter().find(|(short, _)| *short == lower) {
        return Some((*identifier).to_owned());
    }
    gnu_identifier(name)
}

/// `GPL-2+` is `GPL-2.0-or-later`; without the plus sign this one version alone.
fn gnu_identifier(name: &str) -> Option<String> {
    const VERSIONS: &[(&str, &[&str])] = &[
        ("GPL", &["1.0", "2.0", "3.0"]),
        ("LGPL", &["2.0", "2.1", "3.0"]),
        ("AGPL", &["3.0"]),
        ("GFDL", &["1.1", "1.2", "1.3"]),
        ("GFDL-NIV", &["1.1", "1.2", "1.3"]),
    ];
    let (name, later) = name
        .strip_suffix('+')
        .or_else(|| name.strip_suffix("-or-later"))
        .map_or((name, false), |base| (base, true));
    let name = name.strip_suffix("-only").unwrap_or(name);
    let (family, version) = name.rsplit_once('-')?;
    let version = if version.contains('.') { version.to_owned() } else { format!("{version}.0") };
    let (family, versions) = VERSIONS.iter().find(|(known, _)| *known == family)?;
    if !versions.contains(&version.as_str()) {
        return None;
    }
    let end = if later { "or-later" } else { "only" };
    Some(match family.strip_suffix("-NIV") {
        Some(family) => format!("{family}-{version}-no-invariants-{end}"),
        None => format!("{family}-{version}-{end}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n";

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(licenses(text), expect, "{text:?}");
    }

    fn check_field(license: &str, expect: &[&str]) {
        check(&format!("{FORMAT}Files: *\nCopyright: somebody\nLicense: {license}\n"), expect);
    }

    #[test]
    fn short_names_become_spdx_identifiers_where_that_is_certain() {
        check_field("GPL-2+", &["GPL-2.0-or-later"]);
        check_field("GPL-2", &["GPL-2.0-only"]);
        check_field("LGPL-2.1+ or MPL-1.1", &["LGPL-2.1-or-later", "MPL-1.1"]);
        check_field("Expat and (BSD-3-clause), Zlib", &["BSD-3-Clause", "MIT", "Zlib"]);
        check_field("GFDL-NIV-1.3+", &["GFDL-1.3-no-invariants-or-later"]);
        check_field("Artistic or public-domain", &["Artistic", "public-domain"]);
        check_field("GPL-2+ with OpenSSL exception", &["GPL-2+ with OpenSSL exception"]);
        check_field("GPL-9", &["GPL-9"]);
        check_field("GPL-2 with Linux-syscall-note and MIT", &["GPL-2 with Linux-syscall-note", "MIT"]);
    }

    #[test]
    fn prose_in_the_field_is_no_licence() {
        check_field(
            "This file is free software, distribution of this file, with or without modification, are",
            &[],
        );
        check_field("Permission is hereby granted, free of charge", &[]);
        check_field("Different licenses apply to different files in this package. Here", &[]);
    }

    #[test]
    fn every_stanza_counts_once() {
        check(
            &format!(
                "{FORMAT}Files: a\nLicense: ISC\n text\n\nFiles: b\nLicense: ISC\n\nLicense: Expat\n see /usr/share/common-licenses/GPL-2\n"
            ),
            &["ISC", "MIT"],
        );
    }

    #[test]
    fn free_text_points_at_full_texts() {
        check(
            "This is free software.\nSee /usr/share/common-licenses/GPL-2.\nor `/usr/share/common-licenses/LGPL-2.1'",
            &["GPL-2", "LGPL-2.1"],
        );
        check(
            "/usr/share/common-licenses/Apache-2.0, /usr/share/common-licenses/BSD",
            &["Apache-2.0", "BSD-3-Clause"],
        );
        check("License: all rights reserved", &[]);
    }
}
