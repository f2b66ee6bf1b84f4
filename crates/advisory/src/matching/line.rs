//! Lines of versions: packages of one name whose versions do not compare, because they are built
//! side by side. What a fix in one line says of another is nothing.

use plimsoll_model::Package;

use crate::database::StatementRow;

use super::applicable::bounds;

/// What Amazon Linux 2's repositories beside the ordinary ones are called, before their topic.
const EXTRAS: &str = "amzn2extra-";

/// The line that a kernel of Oracle's (`kernel-uek…`) is of, by its version: `5.4` of
/// `5.4.17-2136.300.7.el8uek`. Oracle maintains several for one release and gives all of them
/// the same name; their packages are updated within the line, never from one to the next.
pub(super) fn kernel_line<'v>(name: &str, version: &'v str) -> Option<&'v str> {
    if !name.starts_with("kernel-uek") {
        return None;
    }
    let version = version.split_once(':').map_or(version, |(_, version)| version);
    // Linux 2.6 counted its releases in the third number.
    let parts = if version.starts_with("2.6.") { 3 } else { 2 };
    let end = version.match_indices(['.', '-']).nth(parts - 1).map_or(version.len(), |(at, _)| at);
    let line = version.get(..end)?;
    line.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some(line)
}

/// The line of kernels that a statement is about, where that is another one than the package's.
pub(super) fn other_kernel_line<'a>(row: &StatementRow<'a>, package: &Package) -> Option<&'a str> {
    let own = kernel_line(&package.name, &package.version)?;
    let mut stated = bounds(row).filter_map(|bound| kernel_line(&package.name, bound)).peekable();
    let first = *stated.peek()?;
    stated.all(|line| line != own).then_some(first)
}

/// What is known about a package and one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// It comes from there.
    Of,
    /// It comes from elsewhere.
    NotOf,
    /// Nothing says.
    Unknown,
}

/// Whether a package comes from the extra repository that a class (`amzn2extra-php8.2`) names;
/// `None` where the class is none.
///
/// Neither rpm's database nor the package says which repository it came from. What its SBOM says
/// counts; else the topic, where it is a name and a version (`postgresql14`): packages whose
/// name starts so are of it in versions that start so, and in no other.
pub(super) fn of_extras(class: &str, package: &Package) -> Option<Membership> {
    let topic = class.strip_prefix(EXTRAS)?;
    let purl = |key: &str| package.purl.as_ref().and_then(|purl| purl.qualifier(key));
    let stated = package
        .origin
        .as_deref()
        .or_else(|| purl("repository_id"))
        .filter(|from| from.starts_with(EXTRAS) || from.starts_with("amzn2-core") || *from == topic);
    if let Some(from) = stated {
        let same = from == topic || from.eq_ignore_ascii_case(class);
        return Some(if same { Membership::Of } else { Membership::NotOf });
    }
    let number = topic.len() - topic.bytes().rev().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (stem, number) = topic.split_at_checked(number)?;
    let stem = stem.trim_end_matches('-');
    if number.is_empty() || stem.is_empty() || !package.name.starts_with(stem) {
        return Some(Membership::Unknown);
    }
    let version = package.version.split_once(':').map_or(package.version.as_str(), |(_, version)| version);
    let same = version.strip_prefix(number).is_some_and(|rest| rest.starts_with(['.', '-']));
    Some(if same { Membership::Of } else { Membership::NotOf })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::PackageType;

    fn check(package: &str, class: &str, origin: Option<&str>, expect: Option<Membership>) {
        let (name, version) = package.split_once(' ').unwrap();
        let mut package = Package::new(PackageType::new("rpm"), name, version);
        package.origin = origin.map(str::to_owned);
        assert_eq!(of_extras(class, &package), expect, "{name} {version} {class}");
    }

    #[test]
    fn a_topic_with_a_version_has_packages_of_that_version() {
        use Membership::{NotOf, Of, Unknown};
        check("postgresql-server 14.8-1.amzn2", "amzn2extra-postgresql14", None, Some(Of));
        check("postgresql-server 9.2.24-8.amzn2", "amzn2extra-postgresql14", None, Some(NotOf));
        check("postgresql 1:13.8-1.amzn2", "amzn2extra-postgresql13", None, Some(Of));
        check("kernel 5.10.205-195.804.amzn2", "amzn2extra-kernel-5.10", None, Some(Of));
        check("kernel 5.1.205-195.804.amzn2", "amzn2extra-kernel-5.10", None, Some(NotOf));
        check("kernel 4.14.355-271.amzn2", "amzn2extra-kernel-5.10", None, Some(NotOf));
        check("libpq 14.8-1.amzn2", "amzn2extra-postgresql14", None, Some(Unknown));
        check("docker 20.10.25-1.amzn2", "amzn2extra-docker", None, Some(Unknown));
        check("docker 20.10.25-1.amzn2", "amzn2extra-docker", Some("amzn2extra-docker"), Some(Of));
        check("docker 20.10.25-1.amzn2", "amzn2extra-ecs", Some("amzn2extra-docker"), Some(NotOf));
        check("docker 20.10.25-1.amzn2", "amzn2extra-ecs", Some("amzn2-core"), Some(NotOf));
        check("docker 1-1", "eus", None, None);
    }

    #[test]
    fn oracle_s_kernels_are_of_the_line_that_their_version_says() {
        for (version, expect) in [
            ("5.4.17-2136.300.7.el8uek", Some("5.4")),
            ("4.14.35-2047.510.5.5.el7uek", Some("4.14")),
            ("2.6.39-400.17.1.el6uek", Some("2.6.39")),
            ("0:3.8.13-118.2.1.el7uek", Some("3.8")),
            ("5.15-1", Some("5.15")),
            ("x.y-1", None),
            ("", Some("")),
        ] {
            let line = kernel_line("kernel-uek", version);
            assert_eq!(line, expect, "{version}");
        }
        assert_eq!(kernel_line("kernel", "5.4.17-1"), None);
    }
}
