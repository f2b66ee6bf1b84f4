//! Licences as poms and manifests of Java state them, in the words of SPDX where there is no
//! doubt which one is meant.

use std::collections::HashSet;

/// Parts of an address, after its scheme and `www.`, that mean one licence.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache2.0", "Apache-2.0"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/licenses/bsd-2-clause", "BSD-2-Clause"),
    ("opensource.org/licenses/bsd-3-clause", "BSD-3-Clause"),
    ("opensource.org/licenses/isc", "ISC"),
    ("opensource.org/licenses/eclipse-1.0", "EPL-1.0"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/epl-v10", "EPL-1.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("mozilla.org/mpl/mpl-1.1", "MPL-1.1"),
    ("mozilla.org/mpl/2.0", "MPL-2.0"),
    ("mozilla.org/en-us/mpl/2.0", "MPL-2.0"),
    ("creativecommons.org/publicdomain/zero/1.0", "CC0-1.0"),
    ("unlicense.org", "Unlicense"),
    ("repository.jboss.org/licenses/cc0-1.0", "CC0-1.0"),
    ("glassfish.dev.java.net/public/cddl+gpl", "CDDL-1.0 OR GPL-2.0-only WITH Classpath-exception-2.0"),
];

/// Names in lower case, without `the` before and `license` around them, that mean one licence.
const NAMES: &[(&str, &str)] = &[
    ("apache 2", "Apache-2.0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache software 2.0", "Apache-2.0"),
    ("apache version 2.0", "Apache-2.0"),
    ("apache, version 2.0", "Apache-2.0"),
    ("apache software - version 2.0", "Apache-2.0"),
    ("apache software, version 2.0", "Apache-2.0"),
    ("apache v2", "Apache-2.0"),
    ("asl 2.0", "Apache-2.0"),
    ("asl, version 2", "Apache-2.0"),
    ("mit", "MIT"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("2-clause bsd", "BSD-2-Clause"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("new bsd", "BSD-3-Clause"),
    ("edl 1.0", "BSD-3-Clause"),
    ("eclipse distribution - v 1.0", "BSD-3-Clause"),
    ("eclipse public 1.0", "EPL-1.0"),
    ("eclipse public - v 1.0", "EPL-1.0"),
    ("eclipse public, version 1.0", "EPL-1.0"),
    ("epl 1.0", "EPL-1.0"),
    ("eclipse public 2.0", "EPL-2.0"),
    ("eclipse public - v 2.0", "EPL-2.0"),
    ("eclipse public v. 2.0", "EPL-2.0"),
    ("eclipse public v2.0", "EPL-2.0"),
    ("epl 2.0", "EPL-2.0"),
    ("mozilla public version 1.1", "MPL-1.1"),
    ("mpl 1.1", "MPL-1.1"),
    ("mozilla public version 2.0", "MPL-2.0"),
    ("mozilla public, version 2.0", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("cc0", "CC0-1.0"),
    ("unlicense", "Unlicense"),
    ("cddl 1.0", "CDDL-1.0"),
    ("cddl 1.1", "CDDL-1.1"),
    ("gpl2 w/ cpe", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("gnu lesser general public, version 2.1", "LGPL-2.1-only"),
];

/// One licence of a pom; `None` where it says nothing.
pub(super) fn of_pom(name: &str, address: &str) -> Option<String> {
    let known = by_name(name).or_else(|| by_address(address)).or_else(|| by_address(name));
    let stated = if name.is_empty() { address } else { name };
    known.map(str::to_owned).or_else(|| (!stated.is_empty()).then(|| stated.to_owned()))
}

/// The licences of OSGi's `Bundle-License`: names or addresses with attributes, between commas.
pub(super) fn of_bundle(text: &str) -> Vec<String> {
    let (mut licences, mut seen) = (Vec::new(), HashSet::new());
    for clause in clauses(text) {
        let mut parts = clause.split(';').map(|part| part.trim().trim_matches('"'));
        let name = parts.next().unwrap_or_default();
        let link = parts.find_map(|part| part.strip_prefix("link=")).unwrap_or_default();
        let licence = match name {
            "<<EXTERNAL>>" => of_pom("", link.trim_matches('"')),
            _ => of_pom(name, link.trim_matches('"')),
        };
        licences.extend(licence.filter(|licence| seen.insert(licence.clone())));
    }
    licences
}

/// Between commas that are not quoted; a comma inside a known name does not part it.
fn clauses(text: &str) -> Vec<&str> {
    if by_name(text).is_some() {
        return vec![text];
    }
    let mut quoted = false;
    text.split(|letter: char| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    })
    .map(str::trim)
    .filter(|clause| !clause.is_empty())
    .collect()
}

fn by_address(address: &str) -> Option<&'static str> {
    let address = address.trim().to_ascii_lowercase();
    let rest = address.split_once("://")?.1;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    ADDRESSES.iter().find_map(|(part, licence)| {
        let after = rest.strip_prefix(part)?;
        let ends = after.is_empty() || after.starts_with(['.', '/', '-', '#', '?']);
        // `mit` is not `mit-0`, which the same site has under an address that goes on with it.
        (ends && !after.starts_with("-0")).then_some(*licence)
    })
}

fn by_name(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    // A name that is SPDX's already, whatever its case.
    if let Some((_, id)) = NAMES.iter().find(|(_, id)| id.eq_ignore_ascii_case(name.trim())) {
        return Some(id);
    }
    let lower = lower.strip_prefix("the ").unwrap_or(&lower);
    let words: Vec<&str> = lower
        .split_whitespace()
        .filter_map(|word| match word {
            "license" | "licence" | "(the" => None,
            "license," | "licence," => Some(","),
            word => Some(word),
        })
        .collect();
    let words = words.join(" ").replace(" ,", ",");
    NAMES.iter().find(|(known, _)| *known == words).map(|(_, licence)| *licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, address: &str, expect: &str) {
        assert_eq!(of_pom(name, address).unwrap_or_default(), expect, "{name} {address}");
    }

    #[test]
    fn a_licence_without_doubt_is_spdx() {
        check("The Apache Software License, Version 2.0", "", "Apache-2.0");
        check("Apache License, Version 2.0", "https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0");
        check("Apache-2.0", "", "Apache-2.0");
        check("MIT License", "http://www.opensource.org/licenses/mit-license.php", "MIT");
        check("The MIT License", "", "MIT");
        check("Eclipse Public License - v 2.0", "", "EPL-2.0");
        check("", "https://www.eclipse.org/legal/epl-2.0/", "EPL-2.0");
    }

    #[test]
    fn any_other_is_what_is_stated() {
        check("BSD", "", "BSD");
        check("Our own", "https://example.org/licence", "Our own");
        check("", "https://opensource.org/licenses/mit-0", "https://opensource.org/licenses/mit-0");
        check("", "", "");
    }

    #[test]
    fn a_bundle_states_them_in_one_line() {
        let check = |text: &str, expect: &[&str]| assert_eq!(of_bundle(text), expect, "{text}");
        check("BSD-3-Clause;link=https://asm.ow2.io/LICENSE.txt", &["BSD-3-Clause"]);
        check("http://www.apache.org/licenses/LICENSE-2.0.txt", &["Apache-2.0"]);
        check(
            "\"Apache License 2.0\";link=\"http://x, y\", https://www.eclipse.org/legal/epl-v10.html",
            &["Apache-2.0", "EPL-1.0"],
        );
        check("Apache License, Version 2.0", &["Apache-2.0"]);
    }
}
