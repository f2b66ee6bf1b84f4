//! Which distribution an image's root file system is.

use serde::{Deserialize, Serialize};

/// A distribution as `os-release` and its older kin name it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID`: lower case, such as `debian`, `ol`, `alpine`.
    pub id: String,
    /// `ID_LIKE`, split.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_like: Vec<String>,
    /// `NAME`, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `PRETTY_NAME`, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretty_name: Option<String>,
    /// `VERSION_ID`, such as `12` or `3.20.3`. Rolling distributions and Debian's testing have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    /// `VERSION_CODENAME`, such as `bookworm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codename: Option<String>,
    /// `VARIANT_ID`, such as `container`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_id: Option<String>,
    /// `BUILD_ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// `CPE_NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe_name: Option<String>,
    /// `SUPPORT_END`, a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_end: Option<String>,
    /// The finer release that Debian keeps in `/etc/debian_version`, such as `12.8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_release: Option<String>,
    /// The absolute path that the answer was read from.
    pub evidence: String,
}

impl Distribution {
    /// One line for people: the pretty name, or what can be made of the rest.
    #[must_use]
    pub fn title(&self) -> String {
        if let Some(pretty) = &self.pretty_name {
            return pretty.clone();
        }
        let name = self.name.as_deref().unwrap_or(&self.id);
        self.version_id.as_ref().map_or_else(|| name.to_owned(), |version| format!("{name} {version}"))
    }
}
