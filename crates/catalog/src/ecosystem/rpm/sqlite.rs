//! `rpmdb.sqlite`: the rows of one table, read straight from the pages of the file as the
//! "Database File Format" of SQLite describes them. No SQL, no SQLite, nothing written.

mod pages;
mod tree;
mod wal;

use super::damage::{BlobSink, Damage};
use pages::Pages;
use tree::{Value, walk};

pub(super) use wal::Wal;

/// The table that rpm keeps its headers in: `Packages (hnum INTEGER PRIMARY KEY, blob BLOB)`.
const TABLE: &[u8] = b"Packages";
const COLUMN: &[u8] = b"blob";
/// Where the header is in a row whose declaration cannot be understood.
const USUAL_POSITION: usize = 1;
/// The page that SQLite's own table of tables begins on.
const SCHEMA_ROOT: u32 = 1;

/// Whether a write-ahead log may hold newer pages than the database itself. SQLite keeps 2 in
/// the header's version fields while a database is in that mode, which is rpm's default.
pub(super) fn may_have_wal(content: &[u8]) -> bool {
    content.get(18) == Some(&2) || content.get(19) == Some(&2)
}

/// Hands every header blob to `sink`, as the database stands with the transactions of `wal`.
pub(super) fn read(content: &[u8], wal: Option<&Wal<'_>>, damage: &mut Damage, sink: &mut BlobSink<'_>) {
    let pages = match Pages::open(content, wal, damage) {
        Ok(pages) => pages,
        Err(why) => {
            damage.note(format_args!("{why}, so its packages are not listed"));
            return;
        }
    };
    let Some((root, position)) = find_table(&pages, damage) else {
        damage.note("the SQLite database has no table of packages, so none is listed");
        return;
    };
    walk(&pages, root, damage, &mut |row, values, damage| {
        let number = u32::try_from(row).unwrap_or(0);
        match values.nth(position) {
            Some(Value::Blob(header)) if number != 0 => {
                sink(number, header, damage);
            }
            _ => damage.note(format_args!(
                "row {row} of the SQLite database holds no header; its package is missing"
            )),
        }
    });
}

/// The root page of the table of packages, and the place of the header in its rows.
fn find_table(pages: &Pages<'_>, damage: &mut Damage) -> Option<(u32, usize)> {
    let mut found = None;
    walk(pages, SCHEMA_ROOT, damage, &mut |_, values, _| {
        let is_table = values.nth(0) == Some(Value::Text(b"table"));
        let named = matches!(values.nth(1), Some(Value::Text(name)) if name.eq_ignore_ascii_case(TABLE));
        if let (true, true, None, Some(Value::Integer(root))) = (is_table, named, found, values.nth(3)) {
            let position = match values.nth(4) {
                Some(Value::Text(declaration)) => column_position(declaration),
                _ => None,
            };
            found = u32::try_from(root).ok().map(|root| (root, position.unwrap_or(USUAL_POSITION)));
        }
    });
    found
}

/// The place of the header's column in `CREATE TABLE`: every column begins with its name, and
/// rpm's declarations have no comma within a column.
fn column_position(declaration: &[u8]) -> Option<usize> {
    let open = declaration.iter().position(|byte| *byte == b'(')?;
    declaration.get(open + 1..)?.split(|byte| *byte == b',').position(|column| {
        let name = column.trim_ascii().split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let quotes: &[u8] = b"'\"`[]";
        let bare = name.iter().filter(|byte| !quotes.contains(byte)).copied();
        bare.eq(COLUMN.iter().copied())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declaration: &str, position: Option<usize>) {
        assert_eq!(column_position(declaration.as_bytes()), position, "{declaration}");
    }

    #[test]
    fn the_header_is_where_the_table_declares_it() {
        check("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)", Some(1));
        check("CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, added INTEGER, \"blob\" BLOB)", Some(2));
        check("CREATE TABLE Packages(hnum INTEGER PRIMARY KEY)", None);
        check("CREATE TABLE Packages", None);
    }
}
