//! What hostile archives run into, each limit with its reason.

/// The largest archive that is read. The largest real ones, engines of data with everything in
/// them, come to a gigabyte.
pub(super) const MAX_ARCHIVE: u64 = 2 << 30;

/// The largest archive that is kept in memory; nearly all real ones are smaller, and two threads
/// with one each do not make the memory of a whole analysis.
pub(super) const MAX_IN_MEMORY: u64 = 8 << 20;

/// The largest file about an archive, such as a manifest. A manifest names every file of a signed
/// archive, but states first what the archive is.
pub(super) const MAX_STATEMENT: u64 = 1 << 20;

/// The longest name or version. Maven Central has none of half that.
pub(super) const MAX_WORD: usize = 256;

/// The longest name of an entry that is looked at. A path in Linux has as many bytes.
pub(super) const MAX_NAME: usize = 4_096;

/// What one archive with everything inside may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How deep archives may lie in each other. Real ones are three deep: a library in a web
    /// application in an enterprise application.
    pub(super) depth: usize,
    /// Entries of all archives together. The largest real archives have half of it.
    pub(super) entries: u64,
    /// Archives in it. Real ones have a few hundred.
    pub(super) archives: u64,
    /// Bytes that are inflated whatever the size of the archive; and how many times its size they
    /// may come to beyond that. Archives in archives are compressed already, so real ones come to
    /// less than twice their size.
    pub(super) inflated: u64,
    /// See [`Self::inflated`].
    pub(super) expansion: u64,
    /// Bytes of inflated archives that are held in memory at once; more is kept elsewhere. Real
    /// libraries have a few megabytes.
    pub(super) held: u64,
    /// Packages. Real archives hold a few hundred.
    pub(super) packages: usize,
}

/// The limits that hold outside tests.
pub(super) const LIMITS: Limits = Limits {
    depth: 8,
    entries: 2_000_000,
    archives: 20_000,
    inflated: 256 << 20,
    expansion: 2,
    held: 16 << 20,
    packages: 20_000,
};
