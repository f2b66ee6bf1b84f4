//! Whether a package of a distribution is the same software as what lies in its files: a program, or
//! a package of a language.
//!
//! A package that lists a file may have something of another's inside. It is the same only where
//! both the name and the version agree. Else a vendored library, and its flaws, would be lost.

use plimsoll_model::Package;
use plimsoll_model::package::is_of_distribution;

/// Programs that distributions call otherwise.
const OTHER_NAMES: &[(&str, &str)] = &[("httpd", "apache2"), ("node", "nodejs")];

/// The longest name that is compared, in bytes. A hostile database may hold one of megabytes, which
/// every package in its files would be compared with; such a name is no software's.
const MAX_NAME: usize = 1_000;

/// Whether a package is one of a distribution and, by its name or its source's and by its version,
/// the software of this name and version. The name may be that of a program (`openssl`) or of a
/// package of a language in its registry's spelling (`PyYAML`, `@scope/name`, `group:artifact`,
/// `example.org/module/v2`).
#[must_use]
pub fn is_same_software(owner: &Package, name: &str, version: &str) -> bool {
    if name.len() > MAX_NAME
        || !is_of_distribution(owner.kind.as_str())
        || !shares_version(&owner.version, version)
    {
        return false;
    }
    // Of Maven's artifacts the group tells the project: Tomcat's are called catalina and coyote.
    let project = name.split_once(':').and_then(|(group, _)| group.rsplit('.').next()).map(plain);
    let name = plain(own_name(name));
    let other = OTHER_NAMES.iter().find(|(own, _)| *own == name).map(|(_, other)| (*other).to_owned());
    // Bindings are called by what they bind and by the language, in either order.
    let bound = name.strip_suffix("-python").or_else(|| name.strip_prefix("python-")).map(str::to_owned);
    let names: Vec<String> = [Some(name), other, bound, project].into_iter().flatten().collect();
    let source = owner.source.as_ref().map(|source| source.name.as_str());
    std::iter::once(owner.name.as_str())
        .chain(source)
        .filter(|text| text.len() <= MAX_NAME)
        .map(plain)
        .any(|text| names.iter().any(|name| holds_name(&text, name)))
}

/// The part of a registry's name that is the software's own: what follows the scope, the group or
/// the address, without a Go module's major version.
fn own_name(name: &str) -> &str {
    let is_major = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = name.rsplit(['/', ':']);
    let last = parts.next().unwrap_or(name);
    if is_major(last) { parts.next().unwrap_or(last) } else { last }
}

/// In lower case, with every separator the same.
fn plain(name: &str) -> String {
    let letter = |each: char| if each.is_alphanumeric() { each.to_ascii_lowercase() } else { '-' };
    name.chars().map(letter).collect()
}

/// Whether a name stands in another as words of its own: behind a separator or `lib`, and before a
/// separator or a number (`python3-yaml`, `libexpat1`, `php8.2-cli`).
fn holds_name(text: &str, name: &str) -> bool {
    let ends_in_digit = name.ends_with(|last: char| last.is_ascii_digit());
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default();
            let after = text.get(at + name.len()..).unwrap_or_default();
            (before.is_empty() || before.ends_with('-') || before == "lib" || before.ends_with("-lib"))
                && !after.starts_with(|next: char| {
                    next.is_alphabetic() || (ends_in_digit && next.is_ascii_digit())
                })
        })
}

/// Whether a distribution's version (`1:2.36-9+deb12u4`, `1:1.3.dfsg+really1.3.2-4`) is of this
/// upstream version, or of a longer or shorter spelling of it. The distribution's may be the shorter
/// one by zeros, or where it has two numbers at least (`5.1` of `5.1.4`): a package of version 2 is not
/// of every 2.x.
fn shares_version(distribution: &str, upstream: &str) -> bool {
    let version = distribution.split_once(':').map_or(distribution, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(version, _)| version);
    let version = version.split_once("really").map_or(version, |(_, version)| version);
    let upstream = upstream.strip_prefix('v').unwrap_or(upstream);
    let rest_of = |long: &str, short: &str| {
        let rest = long.strip_prefix(short).filter(|_| !short.is_empty())?;
        (!rest.starts_with(|next: char| next.is_ascii_alphanumeric())).then(|| rest.to_owned())
    };
    let is_zero = |rest: &str| rest.chars().all(|next| next == '.' || next == '0');
    rest_of(version, upstream).is_some()
        || rest_of(upstream, version).is_some_and(|rest| is_zero(&rest) || version.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{PackageType, SourcePackage};

    fn check(software: &str, owner: (&'static str, &str, &str, &str), expect: bool) {
        let (kind, name, version, source) = owner;
        let mut package = Package::new(PackageType::new(kind), name, version);
        package.source = Some(SourcePackage { name: source.to_owned(), version: None });
        let (name, version) = software.split_once(' ').unwrap();
        assert_eq!(is_same_software(&package, name, version), expect, "{software} {owner:?}");
    }

    #[test]
    fn a_package_is_the_program_where_name_and_version_agree() {
        check("openssl 3.0.22", ("deb", "libssl3", "3.0.22-1~deb12u2", "openssl"), true);
        check("openssl 1.1.1n", ("apk", "libcrypto1.1", "1.1.1n-r0", "openssl"), true);
        check("httpd 2.4.71", ("deb", "apache2-bin", "2.4.71-1~deb12u1", "apache2"), true);
        check("bash 5.1.4", ("deb", "bash", "5.1-2+deb11u1", "bash"), true);
        check("zlib 1.3.2", ("deb", "zlib1g", "1:1.3.dfsg+really1.3.2-4", "zlib"), true);
        check("node 18.20.4", ("deb", "nodejs", "18.20.4+dfsg-1~deb12u1", "nodejs"), true);
        check("php 8.2.29", ("deb", "php8.2-cli", "8.2.29-1~deb12u1", "php8.2"), true);
        check(
            "openjdk 17.0.16",
            ("rpm", "java-17-openjdk-headless", "1:17.0.16.0.8-2.el9", "java-17-openjdk"),
            true,
        );
    }

    #[test]
    fn names_without_end_are_nobody_s() {
        let long = "a".repeat(16 << 20);
        check("a 1", ("deb", "x", "1-1", &long), false);
        check(&format!("{long} 1"), ("deb", "a", "1-1", "a"), false);
    }

    #[test]
    fn a_package_of_a_language_is_known_by_its_own_name() {
        check("PyYAML 6.0", ("deb", "python3-yaml", "6.0-3+b2", "pyyaml"), true);
        check("python-dateutil 2.8.2", ("rpm", "python3-dateutil", "1:2.8.2-6.el9", "python-dateutil"), true);
        check(
            "typing_extensions 4.4.0",
            ("deb", "python3-typing-extensions", "4.4.0-1", "python-typing-extensions"),
            true,
        );
        check("systemd-python 234", ("rpm", "python3-systemd", "234-18.el9", "python-systemd"), true);
        check("selinux 3.6", ("rpm", "python3-libselinux", "3.6-1.el9", "libselinux"), true);
        check("npm 10.8.2", ("rpm", "npm", "1:10.8.2-1.20.18.2.1.el9", "nodejs"), true);
        check("github.com/opencontainers/runc v1.1.5", ("deb", "runc", "1.1.5+ds1-1", "runc"), true);
        check("example.org/tool/v2 v2.1.0", ("rpm", "tool", "2.1.0-1", "tool"), true);
        check("org.gnu.gettext:libintl 0.21", ("deb", "gettext-base", "0.21-12", "gettext"), true);
        check("org.apache.ant:ant 1.10.13", ("deb", "ant", "1.10.13-1", "ant"), true);
    }

    #[test]
    fn a_library_inside_of_another_package_is_not_that_package() {
        // Another version, another name, and both: none may be lost.
        check("openssl 3.5.0", ("rpm", "openssl-libs", "1:3.0.7-2.el9", "openssl"), false);
        check("openssl 3.5.0", ("rpm", "agent", "3.5.0-1", "agent"), false);
        check("zlib 1.2.11", ("deb", "libnode108", "18.20.4+dfsg-1~deb12u3", "nodejs"), false);
        check("urllib3 2.0.4", ("deb", "fluent-bit", "2.0.4", "fluent-bit"), false);
        check("go 1.19.8", ("deb", "mongodb-server", "1.19.8-1", "mongodb"), false);
        check("six 1.16.0", ("deb", "sixteen", "1.16.0-1", "sixteen"), false);
        check("openssl 3.0.22", ("pypi", "openssl", "3.0.22", "openssl"), false);
    }

    #[test]
    fn versions_are_the_same_up_to_what_the_distribution_adds() {
        let check = |distribution: &str, upstream: &str, expect: bool| {
            assert_eq!(shares_version(distribution, upstream), expect, "{distribution} {upstream}");
        };
        check("38.0.4-3+deb12u1", "38.0.4", true);
        check("1:2.31.0+dfsg-1", "2.31.0", true);
        check("3.11.2-1", "3.11.2", true);
        check("2022.9.24-1", "2022.9.24", true);
        check("1.26-r0", "1.26.0", true);
        check("2-1", "2.0", true);
        check("65.5.0-4.el9", "59.6.0", false);
        check("3.11.2-1", "3.1", false);
        check("2-1", "2.14.1", false);
        check("3.11.2-1", "", false);
    }
}
