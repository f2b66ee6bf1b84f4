//! Every limit on what an image may ask of the machine that reads it, in one place, each with
//! its reason. All of an image is hostile until shown otherwise.

/// Index, manifest and configuration documents, in bytes. The distribution specification asks
/// registries to take manifests of at least 4 MiB; nothing real comes near it.
pub const MAX_DOCUMENT: u64 = 8 * 1024 * 1024;

/// Layers of one image. Overlay file systems stop at about 500, Docker at 127.
pub const MAX_LAYERS: usize = 1_000;

/// Manifests in one index. Real ones hold tens.
pub const MAX_MANIFESTS: usize = 4_096;

/// Indexes inside indexes. Real ones are one deep; two leaves room for a layout around it.
pub const MAX_INDEX_DEPTH: usize = 4;

/// Artefacts attached to one image that are looked at. Real images have some tens; each costs a
/// request.
pub const MAX_ATTACHED: usize = 256;

/// Pages of one list of referrers. A page holds a hundred and more.
pub const MAX_REFERRER_PAGES: usize = 16;

/// Blobs of one attached artefact that are looked at: one per signature or attestation.
pub const MAX_ATTACHED_BLOBS: usize = 64;

/// Entries of one layer, replaced ones among them. The largest real image that we know of has
/// three million files; an entry costs about 150 bytes of memory.
pub const MAX_ENTRIES: usize = 8_000_000;

/// Names, link targets and attributes of one layer, in bytes. They are held in memory; positions
/// in them are 32 bits wide.
pub const MAX_NAME_BYTES: usize = 1_500_000_000;

/// Bytes of one extended header (PAX records, GNU long name). Go's archive/tar, which container
/// engines unpack with, refuses more than 1 MiB too.
pub const MAX_EXTENDED_HEADER: u64 = 1024 * 1024;

/// The longest link target taken, in bytes: Linux's `PATH_MAX`, beyond which no link can be made.
pub const MAX_LINK_TARGET: usize = 4_096;

/// Extended attributes of one entry. Linux file systems hold some hundreds at the most.
pub const MAX_ATTRIBUTES: usize = 1_024;

/// Entries of all layers of one image together. They are in memory at once.
pub const MAX_IMAGE_ENTRIES: usize = 12_000_000;

/// Fragments of one sparse file. Go's archive/tar bounds them by the extended header's size.
pub const MAX_SPARSE_FRAGMENTS: usize = 65_536;

/// Zero bytes of holes in sparse files that one layer may ask to be hashed: eight gibibytes take
/// about five seconds. A file beyond that is listed without a digest, and said so.
pub const MAX_HOLE_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// Uncompressed bytes of one layer that are always read, whatever its compressed size.
pub const UNPACKED_FLOOR: u64 = 32 * 1024 * 1024 * 1024;

/// Beyond [`UNPACKED_FLOOR`], how many uncompressed bytes one compressed byte may stand for.
/// Deflate cannot exceed 1,032; real layers lie below 20. Zstandard has no bound of its own.
pub const MAX_EXPANSION: u64 = 100;

/// Base-two logarithm of the largest Zstandard window accepted: 128 MiB, what the format's own
/// command-line tool takes without being asked.
pub const MAX_ZSTD_WINDOW_LOG: u32 = 27;

/// Entries of an archive of a whole image (`docker save`), which holds a few per layer.
pub const MAX_ARCHIVE_ENTRIES: usize = 100_000;
