//! Table b-trees of SQLite: interior pages, leaves, and rows that overflow into further pages.

use super::pages::{FILE_HEADER, Pages};
use crate::ecosystem::rpm::bytes::{ByteOrder, index};
use crate::ecosystem::rpm::damage::{Budget, Damage};

const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// A page is never smaller than a cell of this size makes it (SQLite rounds up to it).
const MIN_CELL: usize = 4;

/// One value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Integer(i64),
    Real,
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// The values of one row, decoded when asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    /// The value of a column; `None` where the row does not have it or contradicts itself.
    pub(super) fn nth(&self, column: usize) -> Option<Value<'a>> {
        let (header_size, mut at) = varint(self.0)?;
        let header_size = usize::try_from(header_size).ok()?;
        let header = self.0.get(..header_size)?;
        let mut start = header_size;
        for _ in 0..column {
            let (kind, size) = varint(header.get(at..)?)?;
            at += size;
            start = start.checked_add(content_size(kind)?)?;
        }
        let (kind, _) = varint(header.get(at..)?)?;
        let content = self.0.get(start..)?.get(..content_size(kind)?)?;
        Some(match kind {
            0 => Value::Null,
            7 => Value::Real,
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            1..=6 => {
                let negative = content.first().is_some_and(|byte| *byte >= 0x80);
                let sign = if negative { -1 } else { 0 };
                Value::Integer(content.iter().fold(sign, |sum, byte| sum << 8 | i64::from(*byte)))
            }
            _ if kind % 2 == 0 => Value::Blob(content),
            _ => Value::Text(content),
        })
    }
}

/// Bytes that a value of a serial type takes; `None` for the two types that are reserved.
fn content_size(kind: u64) -> Option<usize> {
    Some(match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((kind - 12) / 2).ok()?,
    })
}

/// A big-endian number of seven bits a byte, eight in the ninth, and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (position, byte) in bytes.iter().enumerate().take(8) {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, position + 1));
        }
    }
    Some((value << 8 | u64::from(*bytes.get(8)?), 9))
}

/// Whoever is handed the rows: the row id, the values, and where to note damage.
pub(super) type RowSink<'a> = dyn FnMut(i64, Row<'_>, &mut Damage) + 'a;

/// Hands every row of a table to `sink`, in row id order.
pub(super) fn walk(pages: &Pages<'_>, root: u32, damage: &mut Damage, sink: &mut RowSink<'_>) {
    let mut walk = Walk {
        pages,
        visited: vec![false; index(pages.count()) + 1],
        budget: Budget::of(pages.total()),
        last_row: None,
        payload: Vec::new(),
    };
    // Pages still to be read, the next one last. Each is marked when it gets here, so that there
    // are never more of them than pages, however often they are pointed at.
    let mut pending = Vec::new();
    let mut children = vec![root];
    loop {
        for child in children.drain(..).rev() {
            if walk.visit(child) {
                pending.push(child);
            } else {
                damage.note(format_args!(
                    "page {child} of the SQLite database is missing or taken; packages may be missing"
                ));
            }
        }
        let Some(number) = pending.pop() else { return };
        let page = pages.get(number);
        let read = page.and_then(|page| walk.read_page(number, page, damage, sink, &mut children));
        if read.is_none() {
            damage.note(format_args!(
                "page {number} of the SQLite database is missing or broken; packages may be missing"
            ));
        }
    }
}

struct Walk<'a, 'p> {
    pages: &'a Pages<'p>,
    /// Pages that were read. No honest file leads to one twice, and a loop ends here.
    visited: Vec<bool>,
    budget: Budget,
    last_row: Option<i64>,
    /// The row that is being put together.
    payload: Vec<u8>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, number: u32) -> bool {
        self.visited.get_mut(index(number)).is_some_and(|visited| !std::mem::replace(visited, true))
    }

    /// Reads a page: the rows of a leaf go to `sink`, the numbers of the pages below an interior
    /// page to `children`. `None` where it is no page of a table.
    fn read_page(
        &mut self,
        number: u32,
        page: &[u8],
        damage: &mut Damage,
        sink: &mut RowSink<'_>,
        children: &mut Vec<u32>,
    ) -> Option<()> {
        let header = if number == 1 { FILE_HEADER } else { 0 };
        let kind = *page.get(header)?;
        let cell_count = usize::from(ByteOrder::Big.u16(page, header + 3)?);
        let (pointers, right) = match kind {
            INTERIOR => (header + 12, Some(ByteOrder::Big.u32(page, header + 8)?)),
            LEAF => (header + 8, None),
            _ => return None,
        };
        let lowest = pointers + cell_count * 2;
        let mut taken = 0;
        for cell in 0..cell_count {
            if taken > page.len() {
                // Cells that overlap; what is wrong is noted below.
                break;
            }
            let at = usize::from(ByteOrder::Big.u16(page, pointers + cell * 2)?);
            let size = page.get(at..).filter(|_| at >= lowest).and_then(|bytes| {
                if kind == INTERIOR {
                    children.push(ByteOrder::Big.u32(bytes, 0)?);
                    Some(4 + varint(bytes.get(4..)?)?.1)
                } else {
                    self.read_cell(bytes, damage, sink)
                }
            });
            match size {
                Some(size) => taken += size.max(MIN_CELL),
                None => damage.note(format_args!(
                    "a cell of page {number} of the SQLite database is broken; packages may be missing"
                )),
            }
        }
        children.extend(right);
        if free_bytes(page, header).is_none_or(|free| free + taken != page.len()) {
            damage.note(format_args!(
                "the cells of page {number} of the SQLite database do not fill it as it says; packages may be missing"
            ));
        }
        Some(())
    }

    /// Hands the row of one cell of a leaf to `sink`; gives the bytes that it takes on the page.
    fn read_cell(&mut self, cell: &[u8], damage: &mut Damage, sink: &mut RowSink<'_>) -> Option<usize> {
        let (size, size_length) = varint(cell)?;
        let (row, row_length) = varint(cell.get(size_length..)?)?;
        let size = usize::try_from(size).ok()?;
        let start = size_length + row_length;
        let usable = self.pages.get(1)?.len();
        let local = local_size(size, usable);
        let on_page = cell.get(start..)?.get(..local)?;
        if !self.budget.take(size) {
            return None;
        }
        let row = row.cast_signed();
        if self.last_row.is_some_and(|last| last >= row) {
            damage.note(format_args!("row {row} of the SQLite database is out of order"));
        }
        self.last_row = Some(row);
        if local == size {
            sink(row, Row(on_page), damage);
            return Some(start + local);
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.clear();
        payload.extend_from_slice(on_page);
        let first = ByteOrder::Big.u32(cell, start + local)?;
        if self.read_overflow(first, size, &mut payload).is_none() {
            damage.note(format_args!(
                "row {row} of the SQLite database breaks off; its package is missing or incomplete"
            ));
        }
        // What was read of a broken row is worth showing; the rest of it reads as zeros.
        payload.resize(size, 0);
        sink(row, Row(&payload), damage);
        self.payload = payload;
        Some(start + local + 4)
    }

    fn read_overflow(&mut self, first: u32, size: usize, payload: &mut Vec<u8>) -> Option<()> {
        let mut next = first;
        while payload.len() < size {
            let page = self.pages.get(next)?;
            if !self.visit(next) {
                return None;
            }
            let (link, data) = page.split_at_checked(4)?;
            next = ByteOrder::Big.u32(link, 0)?;
            payload.extend_from_slice(data.get(..data.len().min(size - payload.len()))?);
        }
        (next == 0).then_some(())
    }
}

/// How much of a row of a table lies on its leaf: section 1.6 of the file format.
fn local_size(size: usize, usable: usize) -> usize {
    let most = usable - 35;
    if size <= most {
        return size;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let local = least + (size - least) % (usable - 4);
    if local <= most { local } else { least }
}

/// Bytes of a page that are no cells: headers, the gap, free blocks and fragments.
fn free_bytes(page: &[u8], header: usize) -> Option<usize> {
    let number = |at| ByteOrder::Big.u16(page, at).map(usize::from);
    let cells = match number(header + 5)? {
        0 => 65_536,
        start => start,
    };
    let pointers = header + if *page.get(header)? == INTERIOR { 12 } else { 8 };
    if cells < pointers + number(header + 3)? * 2 {
        return None;
    }
    let mut free = cells + usize::from(*page.get(header + 7)?);
    let mut block = number(header + 1)?;
    while block != 0 {
        let next = number(block)?;
        if next != 0 && next <= block {
            return None;
        }
        free += number(block + 2)?;
        block = next;
    }
    Some(free)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], value: Option<(u64, usize)>) {
        assert_eq!(varint(bytes), value, "{bytes:x?}");
    }

    #[test]
    fn numbers_take_one_to_nine_bytes() {
        check(&[0x7f], Some((127, 1)));
        check(&[0x81, 0x00], Some((128, 2)));
        check(&[0xff; 9], Some((u64::MAX, 9)));
        check(&[0x80], None);
        check(&[], None);
    }

    #[test]
    fn a_row_holds_integers_text_and_blobs() {
        let row = Row(&[5, 0, 1, 17, 16, 0xfe, b'h', b'i', 1, 2]);
        let values: Vec<_> = (0..5).map(|column| row.nth(column)).collect();
        assert_eq!(
            values,
            [
                Some(Value::Null),
                Some(Value::Integer(-2)),
                Some(Value::Text(b"hi")),
                Some(Value::Blob(&[1, 2])),
                None
            ]
        );
    }
}
