//! Where an image is, told from how the user named it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::SourceError;
use super::archive::Archive;

/// Where an image is to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a registry, under this reference as the user wrote it.
    Registry(String),
    /// `oci:`: an OCI layout in a directory, and which of its images.
    OciDirectory(PathBuf, Option<String>),
    /// `oci-archive:`: an OCI layout in a tar archive, and which of its images.
    OciArchive(PathBuf, Option<String>),
    /// `docker-archive:`: what `docker save` writes, and which of its images.
    DockerArchive(PathBuf, Option<String>),
    /// `docker:`: in the store of the Docker daemon.
    DockerDaemon(String),
    /// `podman:`: in podman's store.
    PodmanDaemon(String),
    /// `dir:`: a root directory on this machine.
    Directory(PathBuf),
    /// `sbom:`: a CycloneDX or SPDX document.
    Sbom(PathBuf),
}

impl Place {
    /// Tells the place by its prefix; without one, a path that exists by what it holds, and
    /// anything else is a registry's.
    ///
    /// # Errors
    /// [`SourceError`] where a file exists and is no image in any form known.
    pub fn tell(name: &str) -> Result<Self, SourceError> {
        let layout = |rest: &str| split_reference(rest);
        if let Some((scheme, rest)) = name.split_once(':') {
            match scheme {
                "oci" => {
                    let (path, reference) = layout(rest);
                    return Ok(Self::OciDirectory(path, reference));
                }
                "oci-archive" => {
                    let (path, reference) = layout(rest);
                    return Ok(Self::OciArchive(path, reference));
                }
                "docker-archive" => {
                    let (path, reference) = layout(rest);
                    return Ok(Self::DockerArchive(path, reference));
                }
                "docker" | "docker-daemon" => return Ok(Self::DockerDaemon(rest.to_owned())),
                "podman" => return Ok(Self::PodmanDaemon(rest.to_owned())),
                "dir" => return Ok(Self::Directory(rest.into())),
                "sbom" => return Ok(Self::Sbom(rest.into())),
                "registry" => return Ok(Self::Registry(rest.to_owned())),
                _ => {}
            }
        }
        let path = Path::new(name);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let layout = path.join("oci-layout").is_file() && path.join("index.json").is_file();
                Ok(if layout { Self::OciDirectory(path.into(), None) } else { Self::Directory(path.into()) })
            }
            Ok(metadata) if metadata.is_file() => Self::tell_file(path),
            _ => Ok(Self::Registry(name.to_owned())),
        }
    }

    fn tell_file(path: &Path) -> Result<Self, SourceError> {
        let what = path.display().to_string();
        let fail = |source| SourceError::Read { what: what.clone(), source };
        let mut start = Vec::new();
        File::open(path).map_err(fail)?.take(512).read_to_end(&mut start).map_err(fail)?;
        if start.trim_ascii_start().first() == Some(&b'{') {
            return Ok(Self::Sbom(path.into()));
        }
        let archive = Archive::open(path).map_err(|_| SourceError::Damaged {
            what: what.clone(),
            why: "it is no image archive and no SBOM: expected a tar of docker save or an OCI layout, or CycloneDX or SPDX JSON".to_owned(),
        })?;
        if archive.size("oci-layout").is_some() && archive.size("index.json").is_some() {
            Ok(Self::OciArchive(path.into(), None))
        } else if archive.size("manifest.json").is_some() {
            Ok(Self::DockerArchive(path.into(), None))
        } else {
            let why = "the archive has neither manifest.json nor index.json, so it is no image; to look into a plain root file system, unpack it and name the directory".to_owned();
            Err(SourceError::Damaged { what, why })
        }
    }
}

/// Splits `PATH[:reference]`. A path that exists is never split: its name may hold a colon.
fn split_reference(rest: &str) -> (PathBuf, Option<String>) {
    if Path::new(rest).exists() {
        return (rest.into(), None);
    }
    for (at, _) in rest.match_indices(':') {
        let (path, reference) = (&rest[..at], &rest[at + 1..]);
        if Path::new(path).exists() && !reference.is_empty() {
            return (path.into(), Some(reference.to_owned()));
        }
    }
    (rest.into(), None)
}
