//! What one database file of one layer becomes, and its encoding: a head with the identities of
//! the packages (all that a layer needs whose database no longer shows), then one record per
//! package, then the file itself where a write-ahead log may still change what it says.

use plimsoll_model::path::split;
use serde::{Deserialize, Serialize};

use super::damage::{Damage, MAX_PACKAGES};
use super::header::{self, Scratch};
use super::record::{Bytes, PackageRecord};
use super::{berkeley, manifest, ndb, sqlite};

/// The most files that are kept of one database. A full desktop installation has about half a
/// million; beyond this the memory for a hostile database would be the problem.
const MAX_FILES: usize = 4_000_000;

/// The most requirements and provisions that are kept of one database. Full installations have
/// some two hundred thousand; each becomes a text of its own.
const MAX_RELATIONS: usize = 1_000_000;

/// What kind of file, those that rpm prefers first: its order of database backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Format {
    Sqlite,
    Ndb,
    Berkeley,
    ManifestTable,
    ManifestNames,
    Wal,
}

impl Format {
    /// By the file's name, as rpm itself tells them apart.
    pub(super) fn of(path: &[u8]) -> Option<Self> {
        let (_, name) = split(path);
        Some(match name {
            b"rpmdb.sqlite" => Self::Sqlite,
            b"rpmdb.sqlite-wal" => Self::Wal,
            b"Packages.db" => Self::Ndb,
            b"Packages" => Self::Berkeley,
            b"container-manifest-2" => Self::ManifestTable,
            b"container-manifest-1" => Self::ManifestNames,
            _ => return None,
        })
    }

    /// Whether it is a list made at build time and no database.
    pub(super) const fn is_manifest(self) -> bool {
        matches!(self, Self::ManifestTable | Self::ManifestNames)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Head<'a> {
    format: Format,
    #[serde(borrow)]
    identities: Vec<Bytes<'a>>,
    /// Damage that stands only as long as no write-ahead log replaces what is damaged.
    deferred: Vec<String>,
    records_size: usize,
}

/// A fragment, decoded as far as every layer needs it.
#[derive(Debug)]
pub(super) struct Fragment<'a> {
    pub(super) format: Format,
    /// Who is in it, in the order of the records.
    pub(super) identities: Vec<Bytes<'a>>,
    /// Sentences about damage that count only without a write-ahead log.
    pub(super) deferred: Vec<String>,
    /// The packages, to be read with [`records`].
    pub(super) records: &'a [u8],
    /// The file itself, where it is needed.
    pub(super) raw: &'a [u8],
}

impl<'a> Fragment<'a> {
    /// Decodes what [`encode`] wrote.
    pub(super) fn decode(payload: &'a [u8]) -> Option<Self> {
        let (head, rest) = postcard::take_from_bytes::<Head<'a>>(payload).ok()?;
        let (records, raw) = rest.split_at_checked(head.records_size)?;
        Some(Self { format: head.format, identities: head.identities, deferred: head.deferred, records, raw })
    }
}

/// Encodes a fragment; `None` only where the encoder fails, which it has no reason to.
pub(super) fn encode(
    format: Format,
    packages: &Packages,
    deferred: Vec<String>,
    raw: &[u8],
) -> Option<Vec<u8>> {
    let head = Head {
        format,
        identities: packages.identities.iter().map(|identity| Bytes(identity)).collect(),
        deferred,
        records_size: packages.records.len(),
    };
    let mut payload = postcard::to_allocvec(&head).ok()?;
    payload.reserve_exact(packages.records.len() + raw.len());
    payload.extend_from_slice(&packages.records);
    payload.extend_from_slice(raw);
    Some(payload)
}

/// The packages out of what a fragment holds of them. A record that cannot be decoded ends the
/// iteration with an `Err`: the bytes are our own, so something outside has changed them.
pub(super) fn records(mut bytes: &[u8]) -> impl Iterator<Item = Result<PackageRecord<'_>, postcard::Error>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        match postcard::take_from_bytes(bytes) {
            Ok((record, rest)) => {
                bytes = rest;
                Some(Ok(record))
            }
            Err(error) => {
                bytes = &[];
                Some(Err(error))
            }
        }
    })
}

/// The packages of one database, encoded one after the other.
#[derive(Debug, Default)]
pub(super) struct Packages {
    pub(super) identities: Vec<Vec<u8>>,
    pub(super) records: Vec<u8>,
    files: usize,
    relations: usize,
}

impl Packages {
    /// Reads every package of a file.
    pub(super) fn read(
        format: Format,
        content: &[u8],
        wal: Option<&sqlite::Wal<'_>>,
        damage: &mut Damage,
    ) -> Self {
        let mut packages = Self::default();
        let mut scratch = Scratch::default();
        let mut on_header = |instance: u32, blob: &[u8], damage: &mut Damage| {
            if let Some(record) = header::read(instance, blob, &mut scratch, damage) {
                packages.add(record, damage);
            }
        };
        match format {
            Format::Sqlite => sqlite::read(content, wal, damage, &mut on_header),
            Format::Ndb => ndb::read(content, damage, &mut on_header),
            Format::Berkeley => berkeley::read(content, damage, &mut on_header),
            Format::ManifestTable => {
                manifest::read_table(content, damage, &mut |record, damage| {
                    packages.add(record, damage);
                });
            }
            Format::ManifestNames => {
                manifest::read_names(content, damage, &mut |record, damage| {
                    packages.add(record, damage);
                });
            }
            Format::Wal => {}
        }
        packages
    }

    fn add(&mut self, mut record: PackageRecord<'_>, damage: &mut Damage) {
        if self.identities.len() >= MAX_PACKAGES {
            damage.note("the database lists more packages than can be real; the rest is left out");
            return;
        }
        let count = |list: Bytes<'_>| memchr::memchr_iter(0, list.0).count();
        let files = count(record.files.names);
        let relations = count(record.requires.names) + count(record.provides.names);
        if self.files + files > MAX_FILES || self.relations + relations > MAX_RELATIONS {
            damage.note(format_args!(
                "the database lists more files or requirements than can be real; those of {} are left out",
                plimsoll_model::path::escape(record.name.0)
            ));
            record.files = Default::default();
            record.requires = Default::default();
            record.provides = Default::default();
        } else {
            self.files += files;
            self.relations += relations;
        }
        match postcard::to_allocvec(&record) {
            Ok(bytes) => {
                self.records.extend_from_slice(&bytes);
                self.identities.push(record.identity());
            }
            Err(error) => {
                damage.note(format_args!("a package cannot be stored and is left out ({error})"));
            }
        }
    }
}
