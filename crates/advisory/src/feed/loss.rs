//! What is lost by a problem of a feed: nothing, an entry, or the rest of a file. A feed of which
//! something was lost is incomplete, and its silence is worth less.

/// What a problem means for what was read of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Everything was read; the problem is a remark.
    Nothing,
    /// One entry, or a part of one, could not be read.
    Entry,
    /// A file was read up to some place, or not at all.
    Rest,
}

/// Remarks. Problems of entries that hold nothing to match with (commits only, no version) lose
/// nothing that was there.
const REMARKS: &[&str] = &[
    "secdb-id-repaired",
    "secdb-id-unknown",
    "secdb-contradiction",
    "zip-entry-unknown",
    "osv-no-package",
    "osv-no-versions",
    "osv-commits-only",
    "osv-events-doubtful",
    "osv-ecosystem-unknown",
    "cvss-vector-damaged",
    "debian-release-unknown",
    "debian-status-unknown",
    "oval-more-problems",
    "update-more-problems",
];

/// Problems of whole files.
const OF_FILES: &[&str] = &[
    "feed-file-unreadable",
    "feed-file-too-large",
    "feed-unreadable",
    "feed-too-large",
    "feed-truncated",
    "feed-malformed",
    "feed-empty",
    "release-unknown",
    "xml-document-type-refused",
    "xml-too-deep",
    "zip-damaged",
    "zip-bomb",
    "secdb-unreadable",
    "secdb-release-unknown",
    "debian-tracker-damaged",
    "kev-unreadable",
    "kev-incomplete",
    "epss-unreadable",
    "epss-too-large",
    "distro-info-unreadable",
    "endoflife-unreadable",
];

/// What is lost by a problem with this code.
#[must_use]
pub fn of(code: &str) -> Loss {
    if REMARKS.contains(&code) {
        Loss::Nothing
    } else if OF_FILES.contains(&code) {
        Loss::Rest
    } else {
        Loss::Entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repaired_id_loses_nothing_and_a_cut_file_its_rest() {
        assert_eq!(of("osv-record-unreadable"), Loss::Entry);
        assert_eq!(of("feed-truncated"), Loss::Rest);
        assert_eq!(of("secdb-id-repaired"), Loss::Nothing);
        // What nobody entered here counts as a loss.
        assert_eq!(of("something-new"), Loss::Entry);
    }
}
