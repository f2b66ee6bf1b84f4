//! What the files of an image say beyond being there and belonging to packages.

/// Facts about files that are not packages, as they show in the merged image unless a fact says
/// otherwise. One field per kind of evidence; a kind that found nothing is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {}
