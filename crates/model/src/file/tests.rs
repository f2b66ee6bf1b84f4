//! Building, walking, looking up and storing file tables.

use super::*;

fn file(kind: FileKind, link: &[u8]) -> NewFile<'_> {
    NewFile { kind, link, implicit: false, ..NewFile::IMPLICIT_DIRECTORY }
}

fn add(builder: &mut FileTableBuilder, path: &str, kind: FileKind, link: &str) -> NodeId {
    let mut at = NodeId::ROOT;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let last = names.peek().is_none();
        let new = if last { file(kind, link.as_bytes()) } else { NewFile::IMPLICIT_DIRECTORY };
        at = builder.child(at, name.as_bytes()).unwrap_or_else(|| builder.insert(at, name.as_bytes(), &new));
    }
    at
}

fn sample() -> FileTable {
    let mut builder = FileTableBuilder::new();
    add(&mut builder, "usr/lib/b", FileKind::File, "");
    add(&mut builder, "usr/lib/a", FileKind::File, "");
    add(&mut builder, "usr/lib-x", FileKind::File, "");
    add(&mut builder, "lib", FileKind::Symlink, "usr/lib");
    add(&mut builder, "loop", FileKind::Symlink, "/loop");
    let gone = add(&mut builder, "tmp/x/y", FileKind::File, "");
    let tmp = builder.child(NodeId::ROOT, b"tmp").unwrap();
    builder.remove(tmp, &mut |_| {});
    assert!(!builder.is_alive(gone));
    builder.finish().0
}

fn listing(table: &FileTable) -> Vec<String> {
    table.ids().map(|id| table.path(id).to_string()).collect()
}

#[test]
fn files_are_listed_directory_by_directory() {
    let table = sample();
    assert_eq!(
        listing(&table),
        ["/", "/lib", "/loop", "/usr", "/usr/lib", "/usr/lib/a", "/usr/lib/b", "/usr/lib-x"]
    );
    let usr = table.index().resolve(b"/usr").unwrap();
    let below: Vec<_> = table.children(usr).map(|id| table.path(id).to_string()).collect();
    assert_eq!(below, ["/usr/lib", "/usr/lib-x"]);
}

#[test]
fn look_ups_follow_links_as_the_kernel_does() {
    let table = sample();
    let index = table.index();
    let at = |path: &str| index.resolve(path.as_bytes()).map(|id| table.path(id).to_string());
    assert_eq!(at("/lib/a").as_deref(), Some("/usr/lib/a"));
    assert_eq!(at("lib").as_deref(), Some("/lib"));
    assert_eq!(at("/lib/../lib-x").as_deref(), Some("/usr/lib-x"));
    assert_eq!(at("/usr/lib/a/b"), None);
    assert_eq!(at("/loop/a"), None);
    assert_eq!(index.follow(b"/lib").map(|id| table.path(id).to_string()).as_deref(), Some("/usr/lib"));
    assert_eq!(index.follow(b"/loop"), None);
}

#[test]
fn a_table_comes_back_from_its_bytes() {
    let table = sample();
    let mut bytes = Vec::new();
    table.encode(&mut bytes);
    bytes.extend_from_slice(b"rest");
    let (again, rest) = FileTable::decode(&bytes).unwrap();
    assert_eq!(again, table);
    assert_eq!(rest, b"rest");
}

#[test]
fn damaged_bytes_are_an_error_and_never_a_panic() {
    let mut bytes = Vec::new();
    sample().encode(&mut bytes);
    for cut in 0..bytes.len() {
        assert!(FileTable::decode(&bytes[..cut]).is_err());
    }
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0xff;
        if let Ok((table, _)) = FileTable::decode(&damaged) {
            let _ = listing(&table);
            let _ = table.index().resolve(b"usr/lib/a");
        }
    }
}
