//! Which distribution an image is: `os-release` (os-release(5)) and what came before it.

mod legacy;
mod syntax;
#[cfg(test)]
mod tests;

use plimsoll_model::{Distribution, FileId, Problem};

use self::syntax::Settings;
use crate::claim::{Claim, Pattern};
use crate::reader::{Doc, Joined, LayerFragment, LayeredImage, Reader};

/// Decides the distribution.
#[derive(Debug, Clone, Copy)]
pub struct OsRelease;

/// Real files have one or two kilobytes.
const MAX_FILE: u64 = 64 << 10;

const OS_RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
const DEBIAN_VERSION: &str = "etc/debian_version";

const DOC: Doc = Doc {
    id: "os-release",
    title: "Distribution",
    summary: "Which distribution an image is, and its release.",
    explanation: "Reads /etc/os-release, through links, else /usr/lib/os-release. Images from before \
these (CentOS 5 and 6, RHEL, Oracle Linux and Fedora of that time, SUSE 11) are known by the files \
that each had: oracle-release, centos-release, redhat-release, system-release, SuSE-release, \
lsb-release, alpine-release, debian_version and their like.\n\nThe finer release of Debian (12.8) \
comes from /etc/debian_version. An image with none of these files has no distribution, which is \
not an error.",
};

impl Reader for OsRelease {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        // Links from /etc/os-release lead to a file of the same name nearly anywhere.
        const CLAIMS: &[Claim] = &[
            Claim { pattern: Pattern::Name("os-release"), limit: MAX_FILE },
            Claim { pattern: Pattern::In("etc", "-release"), limit: MAX_FILE },
            Claim { pattern: Pattern::Path(DEBIAN_VERSION), limit: MAX_FILE },
        ];
        CLAIMS
    }

    /// Keeps the file as it is: which of them counts shows only in the merged tree.
    fn read(&self, _: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        Some(content.to_vec())
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let find = |path: &str| find(image, path);
        for path in OS_RELEASE {
            let Some(fragment) = find(path) else { continue };
            let settings = Settings::parse(fragment.payload);
            if !settings.broken.is_empty() {
                joined.problems.push(damage(fragment, &settings));
            }
            if !settings.is_empty() {
                joined.distribution = Some(describe(&settings, fragment));
                break;
            }
        }
        if joined.distribution.is_none() {
            joined.distribution = legacy::FORMS.iter().find_map(|(path, read)| {
                let fragment = find(path)?;
                let mut distribution = read(&String::from_utf8_lossy(fragment.payload))?;
                distribution.evidence = absolute(fragment);
                Some(distribution)
            });
        }
        if let Some(debian) = joined.distribution.as_mut().filter(|known| known.id == "debian") {
            debian.point_release = find(DEBIAN_VERSION)
                .map(|fragment| String::from_utf8_lossy(fragment.payload).trim().to_owned())
                .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()));
        }
    }
}

/// The fragment of the file that a path leads to, through links.
fn find<'a>(image: &LayeredImage<'a>, path: &str) -> Option<&'a LayerFragment<'a>> {
    let file: FileId = image.files.follow(path.as_bytes())?;
    image.fragments.iter().rfind(|fragment| fragment.file == Some(file))
}

fn absolute(fragment: &LayerFragment<'_>) -> String {
    format!("/{}", plimsoll_model::path::escape(fragment.path))
}

fn damage(fragment: &LayerFragment<'_>, settings: &Settings) -> Problem {
    let lines: Vec<String> = settings.broken.iter().take(5).map(ToString::to_string).collect();
    Problem::new(
        "os-release-damaged",
        absolute(fragment),
        format!(
            "{} lines are no proper NAME=value (line {}{}); the rest counts",
            settings.broken.len(),
            lines.join(", "),
            if settings.broken.len() > lines.len() { ", …" } else { "" }
        ),
    )
}

fn describe(settings: &Settings, fragment: &LayerFragment<'_>) -> Distribution {
    let get = |name: &str| settings.get(name).map(str::to_owned);
    Distribution {
        // os-release(5): "If not set, a default of ID=linux may be used."
        id: settings.get("ID").unwrap_or("linux").to_ascii_lowercase(),
        id_like: settings
            .get("ID_LIKE")
            .map(|like| like.split_whitespace().map(str::to_ascii_lowercase).collect())
            .unwrap_or_default(),
        name: get("NAME"),
        pretty_name: get("PRETTY_NAME"),
        version_id: get("VERSION_ID"),
        codename: get("VERSION_CODENAME"),
        variant_id: get("VARIANT_ID"),
        build_id: get("BUILD_ID"),
        cpe_name: get("CPE_NAME"),
        support_end: get("SUPPORT_END"),
        point_release: None,
        evidence: absolute(fragment),
    }
}
