//! Which release and class of repositories a Red Hat product is, by its CPE.

/// Where a statement holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Platform {
    /// `9`, or `9.2` where the class keeps one minor release alive; `None` where the product
    /// does not tell.
    pub(super) release: Option<String>,
    /// The class of repositories; `None` for the ordinary ones of the release.
    pub(super) repository: Option<String>,
    /// Whether it is RHEL itself, which ships nothing but rpm packages and images.
    pub(super) is_rhel: bool,
}

/// Reads a CPE such as `cpe:/a:redhat:rhel_eus:9.0::appstream`.
///
/// `enterprise_linux` is the release itself, whatever repository of it (`::appstream`, `::baseos`,
/// `::crb`) follows. `rhel_CLASS` are its other classes: `eus`, `aus`, `tus`, `e4s`, `els`,
/// `extras` and so on. All others are layered products, which say in their edition (`::el8`)
/// what they run on; they are classes of their own, named by product and version.
pub(super) fn of(cpe: &str) -> Option<Platform> {
    let rest = cpe.strip_prefix("cpe:/").or_else(|| cpe.strip_prefix("cpe:2.3:"))?;
    let mut parts = rest.split(':').skip(1).map(|part| if part == "*" { "" } else { part });
    if parts.next() != Some("redhat") {
        return None;
    }
    let product = parts.next().filter(|product| !product.is_empty())?;
    let version = parts.next().unwrap_or_default();
    let edition = parts.find_map(|part| {
        let major = part.strip_prefix("el")?;
        major.parse::<u8>().ok().map(|major| major.to_string())
    });
    let release = |text: &str| {
        let is_release = text.split('.').all(|number| number.parse::<u16>().is_ok());
        (is_release && !text.is_empty()).then(|| text.to_owned())
    };
    if product == "enterprise_linux" {
        return Some(Platform { release: release(version).or(edition), repository: None, is_rhel: true });
    }
    // Software collections, and Satellite's client, carry a version of their own.
    if let (Some(class), None) = (product.strip_prefix("rhel_"), &edition) {
        return Some(Platform {
            release: release(version),
            repository: Some(class.to_owned()),
            is_rhel: true,
        });
    }
    let repository = if version.is_empty() { product.to_owned() } else { format!("{product}:{version}") };
    Some(Platform { release: edition, repository: Some(repository), is_rhel: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cpe: &str, release: Option<&str>, repository: Option<&str>) {
        let platform = of(cpe).unwrap();
        assert_eq!(
            (platform.release.as_deref(), platform.repository.as_deref()),
            (release, repository),
            "{cpe}"
        );
    }

    #[test]
    fn releases_and_their_repositories_are_the_ordinary_ones() {
        check("cpe:/o:redhat:enterprise_linux:8", Some("8"), None);
        check("cpe:/a:redhat:enterprise_linux:9::appstream", Some("9"), None);
        check("cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*", Some("9"), None);
        check("cpe:/o:redhat:enterprise_linux:10.0", Some("10.0"), None);
    }

    #[test]
    fn classes_keep_a_minor_release_alive() {
        check("cpe:/a:redhat:rhel_eus:9.0::appstream", Some("9.0"), Some("eus"));
        check("cpe:/o:redhat:rhel_aus:8.2::baseos", Some("8.2"), Some("aus"));
        check("cpe:/a:redhat:rhel_e4s:8.6::sap", Some("8.6"), Some("e4s"));
        check("cpe:/o:redhat:rhel_els:7", Some("7"), Some("els"));
        check("cpe:/a:redhat:rhel_extras:7", Some("7"), Some("extras"));
    }

    #[test]
    fn layered_products_are_classes_of_their_own() {
        check("cpe:/a:redhat:satellite:6.14::el8", Some("8"), Some("satellite:6.14"));
        check("cpe:/a:redhat:rhel_satellite_client:6::el7", Some("7"), Some("rhel_satellite_client:6"));
        check(
            "cpe:/a:redhat:rhel_software_collections:3::el7",
            Some("7"),
            Some("rhel_software_collections:3"),
        );
        check("cpe:/a:redhat:storage:3", None, Some("storage:3"));
    }

    #[test]
    fn what_is_not_of_red_hat_is_nothing() {
        assert_eq!(of("cpe:/a:vendor:thing:1"), None);
        assert_eq!(of("nonsense"), None);
        assert_eq!(of(""), None);
    }
}
