//! What distributions had before `os-release`, each a file of its own.

use plimsoll_model::Distribution;

/// Reads one file; `None` where it does not say which distribution this is.
pub(super) type Form = fn(&str) -> Option<Distribution>;

/// The files, the most telling first: rebuilds of RHEL also have its `redhat-release`, with
/// their own words or with Red Hat's, and everything made from Debian has a `debian_version`.
pub(super) const FORMS: &[(&str, Form)] = &[
    ("etc/oracle-release", read_release_line),
    ("etc/enterprise-release", read_release_line),
    ("etc/centos-release", read_release_line),
    ("etc/almalinux-release", read_release_line),
    ("etc/rocky-release", read_release_line),
    ("etc/fedora-release", read_release_line),
    ("etc/photon-release", read_release_line),
    ("etc/mariner-release", read_release_line),
    ("etc/azurelinux-release", read_release_line),
    ("etc/system-release", read_release_line),
    ("etc/redhat-release", read_release_line),
    ("etc/SuSE-release", read_suse),
    ("etc/lsb-release", read_lsb),
    ("etc/alpine-release", read_alpine),
    ("etc/arch-release", read_arch),
    ("etc/debian_version", read_debian),
];

/// How the line in `…-release` begins, in the order in which they are tried, and the id that
/// the same distribution has in its later `os-release`.
const BEGINNINGS: &[(&str, &str)] = &[
    ("CentOS", "centos"),
    ("Red Hat Enterprise Linux", "rhel"),
    ("Red Hat Linux", "redhat"),
    ("Oracle", "ol"),
    ("Enterprise Linux Enterprise Linux", "ol"),
    ("Fedora", "fedora"),
    ("Scientific Linux", "scientific"),
    ("Amazon Linux", "amzn"),
    ("AlmaLinux", "almalinux"),
    ("Rocky Linux", "rocky"),
    ("CloudLinux", "cloudlinux"),
    ("Virtuozzo", "virtuozzo"),
    ("EulerOS", "euleros"),
    ("openEuler", "openeuler"),
    ("Mageia", "mageia"),
    ("VMware Photon", "photon"),
    ("CBL-Mariner", "mariner"),
    ("Microsoft Azure Linux", "azurelinux"),
    ("openSUSE", "opensuse"),
    ("SUSE Linux Enterprise Server", "sles"),
    ("SUSE Linux Enterprise Desktop", "sled"),
];

fn named(id: &str, line: &str) -> Distribution {
    Distribution {
        id: id.to_owned(),
        pretty_name: Some(line.trim().to_owned()).filter(|line| !line.is_empty()),
        ..Distribution::default()
    }
}

/// `CentOS release 5.11 (Final)`: a name, the first word that starts with a digit, and a code
/// name in parentheses.
fn read_release_line(text: &str) -> Option<Distribution> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let (_, id) = BEGINNINGS.iter().find(|(beginning, _)| line.starts_with(beginning))?;
    let mut distribution = named(id, line);
    let words = || line.split_whitespace();
    distribution.version_id = words()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .map(|word| word.trim_end_matches([',', ')']).to_owned());
    let name: Vec<&str> = words()
        .take_while(|word| *word != "release" && !word.starts_with(|first: char| first.is_ascii_digit()))
        .collect();
    distribution.name = Some(name.join(" ")).filter(|name| !name.is_empty());
    distribution.codename = line
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(inside, _)| inside.trim().to_owned())
        .filter(|inside| !inside.is_empty());
    Some(distribution)
}

/// Its first line is like others'; `VERSION` and `PATCHLEVEL` below are exact.
fn read_suse(text: &str) -> Option<Distribution> {
    let mut distribution = read_release_line(text)?;
    let get = |name: &str| {
        text.lines().find_map(|line| {
            let (known, value) = line.split_once('=')?;
            (known.trim() == name).then(|| value.trim().to_owned()).filter(|value| !value.is_empty())
        })
    };
    if let Some(version) = get("VERSION") {
        distribution.version_id = Some(match get("PATCHLEVEL").filter(|level| level != "0") {
            Some(level) => format!("{version}.{level}"),
            None => version,
        });
    }
    // The word in parentheses is the processor here.
    distribution.codename = get("CODENAME");
    Some(distribution)
}

fn read_lsb(text: &str) -> Option<Distribution> {
    let settings = super::Settings::parse(text.as_bytes());
    let id = settings.get("DISTRIB_ID")?;
    Some(Distribution {
        id: id.to_ascii_lowercase(),
        name: Some(id.to_owned()),
        pretty_name: settings.get("DISTRIB_DESCRIPTION").map(str::to_owned),
        version_id: settings.get("DISTRIB_RELEASE").map(str::to_owned),
        codename: settings.get("DISTRIB_CODENAME").map(str::to_owned),
        ..Distribution::default()
    })
}

fn version_word(text: &str) -> Option<&str> {
    text.split_whitespace().next().filter(|word| word.starts_with(|first: char| first.is_ascii_digit()))
}

fn read_alpine(text: &str) -> Option<Distribution> {
    let version = version_word(text)?;
    let mut distribution = named("alpine", &format!("Alpine Linux {version}"));
    distribution.name = Some("Alpine Linux".to_owned());
    distribution.version_id = Some(version.to_owned());
    Some(distribution)
}

/// The file is empty; that it is there says it.
fn read_arch(_: &str) -> Option<Distribution> {
    let mut distribution = named("arch", "Arch Linux");
    distribution.name = Some("Arch Linux".to_owned());
    Some(distribution)
}

/// `6.0.10`, whose first number is the release as feeds name it, or `trixie/sid`, which has none.
fn read_debian(text: &str) -> Option<Distribution> {
    let word = text.split_whitespace().next()?;
    let mut distribution = named("debian", &format!("Debian GNU/Linux {word}"));
    distribution.name = Some("Debian GNU/Linux".to_owned());
    match version_word(text) {
        Some(version) => distribution.version_id = version.split('.').next().map(str::to_owned),
        None => distribution.codename = word.split('/').next().map(str::to_owned),
    }
    Some(distribution)
}
