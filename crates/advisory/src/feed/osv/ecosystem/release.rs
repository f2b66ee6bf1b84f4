//! What follows the colon of an OSV ecosystem string: a release, and perhaps a repository.

use super::Place;

/// How a suffix is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Suffix {
    /// The release as os-release has it in `VERSION_ID`.
    Release,
    /// The same after a `v` (Alpine); `edge` has none.
    ReleaseAfterV,
    /// The major release; os-release has a minor one as well, and another `ID` before 3.
    AzureLinux,
    /// The address of a repository other than the ecosystem's own.
    Repository,
    /// `[Pro:][LINE:]YY.MM[:LTS]`.
    Ubuntu,
    /// A CPE without what stands before the product: `product:version:update:edition`.
    RedHat,
    /// The marketing name of a product.
    Suse,
    /// The marketing name of a distribution.
    OpenSuse,
    /// The distribution that the images are built of, and its release.
    HardenedImages,
}

impl Suffix {
    /// Puts what a suffix says into a place; false where it says nothing that is known.
    pub(super) fn apply(self, rest: &str, place: &mut Place) -> bool {
        match self {
            Self::Release => place.scope.release = Some(rest.to_owned()),
            Self::ReleaseAfterV => {
                place.scope.release = Some(rest.strip_prefix('v').unwrap_or(rest).to_owned());
            }
            Self::AzureLinux => apply_azure_linux(rest, place),
            Self::Repository => {
                if !rest.starts_with("http://") && !rest.starts_with("https://") {
                    return false;
                }
                place.repository = Some(rest.to_owned());
            }
            Self::Ubuntu => return apply_ubuntu(rest, place),
            Self::RedHat => apply_red_hat(rest, place),
            Self::Suse => return apply_suse(rest, place),
            Self::OpenSuse => return apply_open_suse(rest, place),
            Self::HardenedImages => {
                let Some((base, release)) = rest.split_once(':') else { return false };
                let kind = match base.to_ascii_lowercase().as_str() {
                    "alpine" => "apk",
                    "debian" => "deb",
                    _ => return false,
                };
                place.scope.kind = kind.to_owned();
                place.scope.release = Some(release.to_owned());
            }
        }
        true
    }
}

fn apply_azure_linux(rest: &str, place: &mut Place) {
    let release = if rest.contains('.') { rest.to_owned() } else { format!("{rest}.0") };
    if release.starts_with("1.") || release.starts_with("2.") {
        place.scope.distribution = Some("mariner".to_owned());
    }
    place.scope.release = Some(release);
}

fn apply_ubuntu(rest: &str, place: &mut Place) -> bool {
    let mut pro = false;
    let mut line: Vec<String> = Vec::new();
    for part in rest.split(':') {
        if is_dotted_number(part) {
            place.scope.release = Some(part.to_owned());
        } else if part == "Pro" {
            pro = true;
        } else if !matches!(part, "LTS" | "for" | "Kernel") {
            line.push(part.to_ascii_lowercase());
        }
    }
    place.repository = match (line.is_empty(), pro) {
        (false, _) => Some(line.join("-")),
        (true, true) => Some("esm".to_owned()),
        (true, false) => None,
    };
    place.scope.release.is_some()
}

/// Red Hat's products: the distribution itself (`enterprise_linux`), its extended streams
/// (`rhel_eus`, `rhel_aus`, `rhel_e4s`, `rhel_tus`, `rhel_els`, since 10 `enterprise_linux_eus`),
/// and products layered upon a major release that the edition names (`el8`).
fn apply_red_hat(rest: &str, place: &mut Place) {
    const STREAMS: &[&str] = &["eus", "aus", "e4s", "tus", "els", "eus_long_life"];
    let mut parts = rest.split(':');
    let product = parts.next().unwrap_or_default();
    let version = parts.next().filter(|version| !version.is_empty());
    let edition = parts.nth(1).filter(|edition| !edition.is_empty());
    let stream = product.strip_prefix("rhel_").or_else(|| product.strip_prefix("enterprise_linux_"));
    if product == "enterprise_linux" {
        place.scope.release = version.map(str::to_owned);
        place.repository = edition.map(str::to_owned);
    } else if let Some(stream) = stream.filter(|stream| STREAMS.contains(stream)) {
        place.scope.release = version.map(str::to_owned);
        place.repository = Some(stream.to_owned());
    } else if version.is_none() && is_dotted_number(product) {
        place.scope.release = Some(product.to_owned());
    } else {
        let major = edition.and_then(|edition| edition.strip_prefix("el"));
        place.scope.release = major.filter(|major| is_dotted_number(major)).map(str::to_owned);
        place.repository =
            Some(version.map_or_else(|| product.to_owned(), |version| format!("{product}:{version}")));
    }
}

/// SUSE's products: `Linux Enterprise Server 15 SP4-LTSS` is release 15.4 of `sles` in `ltss`.
/// Products whose number is not the distribution's (`Enterprise Storage 7`) keep it in their
/// name, and a word without any number is no product.
fn apply_suse(rest: &str, place: &mut Place) -> bool {
    let Some((name, release, tail)) = split_release(rest) else { return false };
    let name = name.strip_prefix("SUSE ").unwrap_or(name);
    let inner = name.strip_prefix("Linux Enterprise ");
    let (id, repository) = match inner {
        Some("Server") => ("sles", None),
        Some("Desktop") => ("sled", None),
        Some("Server for SAP Applications") => ("sles_sap", None),
        Some("High Performance Computing") => ("sle_hpc", None),
        Some("Micro") => ("sle-micro", None),
        Some(product) => ("sles", Some(kebab(product))),
        None if name == "Linux Micro" => ("sl-micro", None),
        None if name == "Package Hub" => ("sles", Some(kebab(name))),
        None => {
            place.repository = Some(kebab(rest));
            return true;
        }
    };
    place.scope.distribution = Some(id.to_owned());
    place.scope.release = Some(release);
    let tail = (!tail.is_empty()).then(|| kebab(tail));
    place.repository = match (repository, tail) {
        (Some(repository), Some(tail)) => Some(format!("{repository}-{tail}")),
        (repository, tail) => repository.or(tail),
    };
    true
}

fn apply_open_suse(rest: &str, place: &mut Place) -> bool {
    let rest = rest.strip_prefix("openSUSE ").unwrap_or(rest);
    if rest == "Tumbleweed" {
        place.scope.distribution = Some("opensuse-tumbleweed".to_owned());
        return true;
    }
    if let Some(base) = rest.strip_prefix("Backports SLE-") {
        let base = format!("SLE {}", base.replace("-SP", " SP"));
        let Some((_, release, _)) = split_release(&base) else { return false };
        place.scope.distribution = Some("opensuse-leap".to_owned());
        place.scope.release = Some(release);
        place.repository = Some("backports".to_owned());
        return true;
    }
    let Some((name, release, tail)) = split_release(rest) else { return false };
    let id = match name {
        "Leap" => "opensuse-leap",
        "Leap Micro" => "opensuse-leap-micro",
        _ => return false,
    };
    place.scope.distribution = Some(id.to_owned());
    place.scope.release = Some(release);
    place.repository = (!tail.is_empty()).then(|| kebab(tail));
    true
}

/// Splits `NAME 15 SP4-LTSS` into its name, the release as os-release has it (15.4) and the
/// rest (LTSS).
fn split_release(text: &str) -> Option<(&str, String, &str)> {
    let mut start = 0;
    for word in text.split(' ') {
        let digits = word.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        if digits > 0 && start > 0 {
            let name = text.get(..start)?.trim_end();
            let number = word.get(..digits)?;
            let after = text.get(start + digits..)?;
            let (release, tail) = match after.trim_start().strip_prefix("SP") {
                Some(pack) => {
                    let digits = pack.bytes().take_while(u8::is_ascii_digit).count();
                    let (pack, tail) = pack.split_at_checked(digits)?;
                    if pack.is_empty() {
                        return None;
                    }
                    (format!("{number}.{pack}"), tail)
                }
                None => (number.to_owned(), after),
            };
            return Some((name, release, tail.trim_matches([' ', '-'])));
        }
        start += word.len() + 1;
    }
    None
}

fn kebab(text: &str) -> String {
    text.split([' ', '-', ':', '/'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase()
}

fn is_dotted_number(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
