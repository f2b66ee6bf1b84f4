//! Small images for the tests of rules.

use plimsoll_model::{Analysis, Evidence, FileKind, FileTableBuilder, ImageConfig, Lint, NewFile, NodeId};

use crate::Inputs;

/// An image with a configuration, and one file that says nothing.
pub(crate) fn analysis() -> Analysis {
    let mut builder = FileTableBuilder::new();
    let file = NewFile { kind: FileKind::File, ..NewFile::IMPLICIT_DIRECTORY };
    builder.insert(NodeId::ROOT, b"program", &file);
    Analysis {
        files: builder.finish().0,
        config: Some(ImageConfig::default()),
        has_files: true,
        evidence: Some(Evidence::default()),
        ..Analysis::default()
    }
}

/// What the rules chosen say about an image on a fixed day.
pub(crate) fn check(analysis: &Analysis, wanted: &dyn Fn(&str) -> bool) -> Lint {
    let inputs = Inputs { now: Some("2026-07-01T12:00:00Z".to_owned()), ..Inputs::default() };
    crate::check(analysis, &inputs, wanted)
}
