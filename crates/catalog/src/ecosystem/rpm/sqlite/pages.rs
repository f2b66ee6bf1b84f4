//! The pages of a SQLite database, those of a write-ahead log over those of the file.

use super::wal::Wal;
use crate::ecosystem::rpm::bytes::{ByteOrder, index};
use crate::ecosystem::rpm::damage::Damage;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the header at the beginning of page 1.
pub(super) const FILE_HEADER: usize = 100;
const UTF_8: u32 = 1;
/// The least that SQLite lets a page keep after its reserved bytes.
const MIN_USABLE: usize = 480;

/// All pages, numbered from 1.
#[derive(Debug)]
pub(super) struct Pages<'a> {
    content: &'a [u8],
    wal: Option<&'a Wal<'a>>,
    size: usize,
    usable: usize,
    count: u32,
}

impl<'a> Pages<'a> {
    pub(super) fn open(
        content: &'a [u8],
        wal: Option<&'a Wal<'a>>,
        damage: &mut Damage,
    ) -> Result<Self, &'static str> {
        if content.is_empty() {
            // SQLite itself deletes the log of an empty database.
            return Err("the SQLite database is empty");
        }
        let wal = wal.filter(|wal| wal.pages() > 0);
        let header = wal.and_then(|wal| wal.page(1)).unwrap_or(content);
        if !header.starts_with(MAGIC) || header.len() < FILE_HEADER {
            return Err("the file does not begin like a SQLite database");
        }
        let number = |at| ByteOrder::Big.u32(header, at).unwrap_or(0);
        let size = match ByteOrder::Big.u16(header, 16) {
            Some(1) => 65_536,
            Some(size) => usize::from(size),
            None => 0,
        };
        if !size.is_power_of_two() || size < 512 {
            return Err("the SQLite database has an impossible page size");
        }
        let reserved = usize::from(header.get(20).copied().unwrap_or(0));
        let usable = size.saturating_sub(reserved);
        if usable < MIN_USABLE {
            return Err("the SQLite database reserves more of its pages than SQLite allows");
        }
        if number(56) != UTF_8 {
            damage.note("the SQLite database does not keep its text as UTF-8, as rpm's does");
        }
        let held = u32::try_from(content.len() / size).map_err(|_| "the SQLite database is too large")?;
        let count = if let Some(wal) = wal {
            if wal.page_size() != size {
                return Err("the SQLite database and its write-ahead log have different page sizes");
            }
            wal.pages()
        } else {
            // The header's count holds only if the change counter was written along with it.
            let counted = if number(24) == number(92) { number(28) } else { 0 };
            if !content.len().is_multiple_of(size) || counted > held {
                damage.note(format_args!(
                    "the SQLite database says that it has {counted} pages, but the file holds {held}; packages may be missing"
                ));
            }
            held
        };
        Ok(Self { content, wal, size, usable, count })
    }

    /// The usable part of a page; `None` where it does not exist.
    pub(super) fn get(&self, number: u32) -> Option<&'a [u8]> {
        if number == 0 || number > self.count {
            return None;
        }
        if let Some(page) = self.wal.and_then(|wal| wal.page(number)) {
            return page.get(..self.usable);
        }
        let start = index(number - 1).checked_mul(self.size)?;
        self.content.get(start..start.checked_add(self.size)?)?.get(..self.usable)
    }

    /// How many pages there are.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of all pages that exist: no more can be read without reading one twice.
    pub(super) fn total(&self) -> usize {
        let log = self.wal.map_or(0, Wal::bytes);
        index(self.count).saturating_mul(self.size).min(self.content.len().saturating_add(log))
    }
}
