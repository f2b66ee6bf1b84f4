//! What an image says of itself that decides which statements are about its packages: releases,
//! streams of updates, extended maintenance.

use plimsoll_model::{Analysis, Distribution};

use super::release::{Candidate, Releases};

/// Streams of updates that Red Hat keeps alive for a minor release, as its products' CPEs name
/// them after `rhel_`, since RHEL 10 after `enterprise_linux_`.
const STREAMS: &[&str] = &["eus", "aus", "e4s", "tus", "els", "eus_long_life"];

/// The circumstances under which the packages of one kind are judged.
#[derive(Debug, Clone, Default)]
pub(super) struct Circumstances {
    /// The releases that statements may name; `None` for languages.
    pub(super) releases: Option<Releases>,
    /// The stream of updates that the image is on, with the minor release that it keeps.
    pub(super) stream: Option<(String, String)>,
    /// Whether the image takes updates of Ubuntu's extended maintenance: one of its packages is
    /// of it already.
    pub(super) extended: bool,
}

impl Circumstances {
    /// Those of an image, for statements about a distribution.
    pub(super) fn of(analysis: &Analysis, candidate: Option<&Candidate>) -> Self {
        let Some(candidate) = candidate else { return Self::default() };
        let distribution = analysis.distribution.as_ref();
        let own = distribution.filter(|distribution| distribution.id == candidate.distribution);
        let stream = own.and_then(stream);
        let mut releases = candidate.releases.clone();
        if let (Some((_, release)), Releases::Named(names)) = (&stream, &mut releases)
            && !names.contains(release)
        {
            names.push(release.clone());
        }
        let extended = analysis
            .installed()
            .any(|package| package.kind.as_str() == "deb" && is_extended(&package.version));
        Self { releases: Some(releases), stream, extended }
    }
}

/// Whether a version is one of Ubuntu's extended maintenance (`…~esm1`, `…+esm2`).
pub(super) fn is_extended(version: &str) -> bool {
    version.match_indices("esm").any(|(at, word)| {
        let before = version.get(..at).unwrap_or_default();
        let after = version.get(at + word.len()..).unwrap_or_default();
        before.ends_with(['~', '+', '.']) && after.starts_with(|next: char| next.is_ascii_digit())
    })
}

/// The stream that a distribution's `CPE_NAME` names (`cpe:/o:redhat:rhel_eus:8.6`).
fn stream(distribution: &Distribution) -> Option<(String, String)> {
    let cpe = distribution.cpe_name.as_deref()?;
    let rest = cpe.strip_prefix("cpe:/").or_else(|| cpe.strip_prefix("cpe:2.3:"))?;
    let [_, "redhat", product, version] = rest.split(':').take(4).collect::<Vec<_>>()[..] else {
        return None;
    };
    let class = product.strip_prefix("rhel_").or_else(|| product.strip_prefix("enterprise_linux_"))?;
    let is_release = version.split('.').all(|number| number.parse::<u16>().is_ok());
    (STREAMS.contains(&class) && is_release).then(|| (class.to_owned(), version.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cpe: &str, expect: Option<(&str, &str)>) {
        let distribution = Distribution { cpe_name: Some(cpe.to_owned()), ..Distribution::default() };
        let found = stream(&distribution);
        assert_eq!(
            found.as_ref().map(|(class, release)| (class.as_str(), release.as_str())),
            expect,
            "{cpe}"
        );
    }

    #[test]
    fn the_cpe_names_the_stream() {
        check("cpe:/o:redhat:rhel_eus:8.6", Some(("eus", "8.6")));
        check("cpe:/o:redhat:rhel_eus:8.6::baseos", Some(("eus", "8.6")));
        check("cpe:2.3:o:redhat:rhel_aus:8.4:*:*:*:*:*:*:*", Some(("aus", "8.4")));
        check("cpe:/o:redhat:enterprise_linux_eus:10.0", Some(("eus", "10.0")));
        check("cpe:/o:redhat:enterprise_linux:8::baseos", None);
        check("cpe:/o:redhat:rhel_software_collections:3", None);
        check("cpe:/o:oracle:linux:8", None);
        check("", None);
    }
}
