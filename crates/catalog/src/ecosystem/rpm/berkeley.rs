//! Berkeley DB hash files, rpm's `Packages` until 2020: fixed pages, of which the first is the
//! metadata; buckets are chains of pages; what does not fit on a page lies in a chain of
//! overflow pages. Written in the byte order of the machine that made it. The layout is that
//! of `dbinc/db_page.h` of Berkeley DB 4 and 5.

use std::collections::HashSet;

use super::bytes::{ByteOrder, index};
use super::damage::{BlobSink, Budget, Damage, MAX_PACKAGES};

const HASH_MAGIC: u32 = 0x0006_1561;
const BTREE_MAGIC: u32 = 0x0005_3162;
/// Versions of the hash format whose pages look the same: Berkeley DB 3.1 to 18.
const VERSIONS: std::ops::RangeInclusive<u32> = 7..=10;
const MIN_PAGE_SIZE: usize = 512;
const MAX_PAGE_SIZE: usize = 65_536;
/// Bytes before the item offsets of a page.
const PAGE_HEADER: usize = 26;
/// The same where pages carry a checksum.
const PAGE_HEADER_CHECKSUM: usize = 32;
const METADATA_HASH: u8 = 8;
const METADATA_CHECKSUM_FLAG: u8 = 1;
const SPARES_AT: usize = 96;
const SPARES: usize = 32;

const PAGE_UNUSED: u8 = 0;
const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH: u8 = 13;

const ITEM_KEY_DATA: u8 = 1;
const ITEM_OFF_PAGE: u8 = 3;

/// Hands every header blob to `sink`.
pub(super) fn read(content: &[u8], damage: &mut Damage, sink: &mut BlobSink<'_>) {
    match Database::open(content, damage) {
        Ok(mut database) => database.walk(damage, sink),
        Err(why) => damage.note(format_args!("{why}, so its packages are not listed")),
    }
}

struct Database<'a> {
    content: &'a [u8],
    order: ByteOrder,
    page_size: usize,
    page_header: usize,
    page_count: u32,
    max_bucket: u32,
    spares: [u32; SPARES],
    /// Pages that were read. No honest file leads to one twice, and a loop ends here.
    visited: Vec<bool>,
    instances: HashSet<u32>,
    budget: Budget,
    /// The blob that is being put together.
    blob: Vec<u8>,
}

impl<'a> Database<'a> {
    fn open(content: &'a [u8], damage: &mut Damage) -> Result<Self, &'static str> {
        const SHORT: &str = "the file is too short for a Berkeley DB database";
        let magic = ByteOrder::Little.u32(content, 12).ok_or(SHORT)?;
        let order = match magic {
            HASH_MAGIC => ByteOrder::Little,
            _ if magic.swap_bytes() == HASH_MAGIC => ByteOrder::Big,
            _ if magic == BTREE_MAGIC || magic.swap_bytes() == BTREE_MAGIC => {
                return Err("the file is a Berkeley DB btree where rpm keeps a hash");
            }
            _ => return Err("the file does not begin like a Berkeley DB hash database"),
        };
        let number = |at| order.u32(content, at).ok_or(SHORT);
        if !VERSIONS.contains(&number(16)?) {
            damage
                .note("the Berkeley DB database is of a version that is not known; it is read as version 9");
        }
        let page_size = index(number(20)?);
        if !page_size.is_power_of_two() || !(MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&page_size) {
            return Err("the Berkeley DB database has an impossible page size");
        }
        if content.get(24).is_none_or(|algorithm| *algorithm != 0) {
            return Err("the Berkeley DB database is encrypted");
        }
        if content.get(25).is_none_or(|kind| *kind != METADATA_HASH) {
            damage.note("the metadata of the Berkeley DB database is not marked as that of a hash");
        }
        let flags = content.get(26).copied().unwrap_or(0);
        let last_page = number(32)?;
        let page_count = u32::try_from(content.len() / page_size).map_err(|_| SHORT)?;
        if last_page.checked_add(1) != Some(page_count) || !content.len().is_multiple_of(page_size) {
            damage.note(format_args!(
                "the Berkeley DB database says that its last page is {last_page}, but the file holds {page_count} pages; packages may be missing"
            ));
        }
        let mut spares = [0; SPARES];
        for (position, spare) in spares.iter_mut().enumerate() {
            *spare = number(SPARES_AT + position * 4)?;
        }
        let mut max_bucket = number(72)?;
        if max_bucket >= page_count {
            damage.note("the Berkeley DB database says that it has more buckets than pages");
            max_bucket = page_count.saturating_sub(1);
        }
        let checksum = flags & METADATA_CHECKSUM_FLAG != 0;
        Ok(Self {
            content,
            order,
            page_size,
            page_header: if checksum { PAGE_HEADER_CHECKSUM } else { PAGE_HEADER },
            page_count,
            max_bucket,
            spares,
            visited: vec![false; index(page_count)],
            instances: HashSet::new(),
            budget: Budget::of(content.len()),
            blob: Vec::new(),
        })
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = index(number).checked_mul(self.page_size)?;
        self.content.get(start..start.checked_add(self.page_size)?)
    }

    /// Marks a page as read; `false` where it does not exist or was read before.
    fn visit(&mut self, number: u32) -> bool {
        match self.visited.get_mut(index(number)) {
            Some(visited) => !std::mem::replace(visited, true),
            None => false,
        }
    }

    /// The first page of a bucket, by the macro `BS_TO_PAGE` of Berkeley DB.
    fn bucket_page(&self, bucket: u32) -> Option<u32> {
        let doubling = 32 - bucket.leading_zeros();
        bucket.checked_add(*self.spares.get(index(doubling))?)
    }

    fn walk(&mut self, damage: &mut Damage, sink: &mut BlobSink<'_>) {
        self.visit(0);
        for bucket in 0..=self.max_bucket {
            let mut next = self.bucket_page(bucket).filter(|page| *page != 0);
            if next.is_none() {
                damage.note(format_args!("bucket {bucket} of the Berkeley DB database has no page"));
            }
            while let Some(number) = next {
                let (Some(page), true) = (self.page(number), self.visit(number)) else {
                    damage.note(format_args!(
                        "bucket {bucket} of the Berkeley DB database leads to page {number}, which is missing or taken; packages may be missing"
                    ));
                    break;
                };
                self.read_page(number, page, damage, sink);
                next = self.order.u32(page, 16).filter(|next| *next != 0);
            }
        }
        // An intact file has no packages outside its buckets. In a damaged one a broken chain
        // hides good pages, and those are worth showing.
        for number in 1..self.page_count {
            let Some(page) = self.page(number) else { break };
            let holds_items = matches!(page.get(25), Some(&(PAGE_HASH | PAGE_HASH_UNSORTED)))
                && self.order.u16(page, 20).is_some_and(|entries| entries > 0);
            if holds_items && self.visit(number) {
                damage.note(format_args!(
                    "no bucket of the Berkeley DB database leads to page {number}; its packages are shown all the same"
                ));
                self.read_page(number, page, damage, sink);
            }
        }
    }

    fn read_page(&mut self, number: u32, page: &[u8], damage: &mut Damage, sink: &mut BlobSink<'_>) {
        let kind = page.get(25).copied().unwrap_or(PAGE_UNUSED);
        let own_number = self.order.u32(page, 8).unwrap_or(0);
        if kind == PAGE_UNUSED && own_number == 0 {
            // Buckets are given their pages by the group; one never written to is all zero.
            return;
        }
        if !matches!(kind, PAGE_HASH | PAGE_HASH_UNSORTED) || own_number != number {
            damage.note(format_args!(
                "page {number} of the Berkeley DB database is not what its bucket says; packages may be missing"
            ));
            return;
        }
        let Some(items) = self.items(page) else {
            damage.note(format_args!(
                "the items of page {number} of the Berkeley DB database contradict each other; packages may be missing"
            ));
            return;
        };
        for pair in items.chunks_exact(2) {
            let [key, value] = pair else { continue };
            self.read_pair(number, key, value, damage, sink);
        }
    }

    /// The items of a page in their order. They lie back to back from the end of the page, each
    /// up to where the one before it begins.
    fn items<'p>(&self, page: &'p [u8]) -> Option<Vec<&'p [u8]>> {
        let entries = usize::from(self.order.u16(page, 20)?);
        let lowest = self.page_header + entries * 2;
        let mut end = page.len();
        let mut items = Vec::with_capacity(entries.min(page.len()));
        for position in 0..entries {
            let start = usize::from(self.order.u16(page, self.page_header + position * 2)?);
            if start < lowest || start >= end {
                return None;
            }
            items.push(page.get(start..end)?);
            end = start;
        }
        // Where free space ends is kept a second time; 64 KiB pages wrap to zero when empty.
        let free_end = usize::from(self.order.u16(page, 22)?);
        (entries.is_multiple_of(2) && (free_end == end || (entries == 0 && free_end == 0))).then_some(items)
    }

    fn read_pair(
        &mut self,
        page: u32,
        key: &[u8],
        value: &[u8],
        damage: &mut Damage,
        sink: &mut BlobSink<'_>,
    ) {
        let (&[ITEM_KEY_DATA, a, b, c, d], Some((kind, data))) = (key, value.split_first()) else {
            damage.note(format_args!(
                "an entry on page {page} of the Berkeley DB database has no number; its package is missing"
            ));
            return;
        };
        if self.instances.len() >= MAX_PACKAGES {
            damage
                .note("the Berkeley DB database lists more packages than can be real; the rest is not read");
            return;
        }
        let mut blob = std::mem::take(&mut self.blob);
        blob.clear();
        let complete = match *kind {
            ITEM_KEY_DATA if self.budget.take(data.len()) => {
                blob.extend_from_slice(data);
                true
            }
            ITEM_OFF_PAGE => self.read_overflow(value, &mut blob).is_some(),
            _ => false,
        };
        let instance = self.order.u32(&[a, b, c, d], 0).unwrap_or(0);
        // Entry 0 is not a package but the highest number given out so far.
        if instance == 0 && complete && blob.len() == 4 {
        } else if !complete && blob.is_empty() {
            damage.note(format_args!("the header of package {instance} of the Berkeley DB database cannot be found; the package is missing"));
        } else if instance == 0 || !self.instances.insert(instance) {
            damage.note(format_args!(
                "the Berkeley DB database numbers two packages alike ({instance}); one is left out"
            ));
        } else {
            if !complete {
                damage.note(format_args!(
                    "the header of package {instance} of the Berkeley DB database breaks off"
                ));
            }
            sink(instance, &blob, damage);
        }
        self.blob = blob;
    }

    /// Puts together what lies in a chain of overflow pages; `None` where it breaks off.
    fn read_overflow(&mut self, item: &[u8], blob: &mut Vec<u8>) -> Option<()> {
        let mut next = self.order.u32(item, 4)?;
        let length = index(self.order.u32(item, 8)?);
        if length == 0 || !self.budget.take(length) {
            return None;
        }
        while blob.len() < length {
            let page = self.page(next)?;
            if next == 0 || page.get(25) != Some(&PAGE_OVERFLOW) || !self.visit(next) {
                return None;
            }
            let held = usize::from(self.order.u16(page, 22)?);
            let data = page.get(self.page_header..)?.get(..held)?;
            blob.extend_from_slice(data);
            next = self.order.u32(page, 16)?;
        }
        // A chain that is longer than it says contradicts itself.
        if blob.len() == length && next == 0 {
            Some(())
        } else {
            blob.truncate(length);
            None
        }
    }
}
