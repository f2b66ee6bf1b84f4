//! The orders of versions, compared with what the languages' own tools say of the same pairs.
