//! Reads an SBOM in the place of an image.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use plimsoll_model::Analysis;

use crate::error::EngineError;

/// Bytes of an SBOM that are read; the largest real ones, with every file listed, have tens of
/// megabytes.
const MAX_SBOM: u64 = 256 * 1024 * 1024;

/// Reads the packages that an SBOM lists.
pub(crate) fn read(name: &str, path: &Path) -> Result<Analysis, EngineError> {
    let fail = |reason: String| EngineError::Sbom { image: name.to_owned(), reason };
    let file = File::open(path).map_err(|error| fail(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    file.take(MAX_SBOM + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| fail(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_SBOM {
        return Err(fail("it is larger than 256 MiB, more than any real SBOM".to_owned()));
    }
    let mut analysis = plimsoll_report::sbom::read(&bytes).map_err(|error| fail(error.to_string()))?;
    analysis.identity.name = name.to_owned();
    Ok(analysis)
}
