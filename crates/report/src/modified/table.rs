//! Modified files as a table for people. Where many are missing below one directory, one row stands
//! for all of them: whoever builds small images leaves documentation and translations out, and what
//! matters would drown in it. The other formats list each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use plimsoll_model::evidence::{Change, ModifiedFile};
use plimsoll_model::path::escape;

use super::{ModifiedList, words};
use crate::place::whose;
use crate::table::{Column, note, write as write_table};
use crate::units::{count, counted};

const COLUMNS: [Column; 5] = [
    Column::text("Changed"),
    Column::text("Package"),
    Column::text("Kind"),
    Column::text("From"),
    Column::text("Path"),
];

/// From so many missing files below one directory they share a row.
const FOLDED_FROM: usize = 5;

/// Directories that are told apart: `/usr/share/doc` has three.
const DEPTH: usize = 3;

/// The directory that a missing file counts for: the first components of its path.
fn group(file: &ModifiedFile) -> Vec<u8> {
    let path = file.recorded.path.as_bytes();
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let depth = DEPTH.min(parts.len().saturating_sub(1));
    parts.get(..depth).unwrap_or_default().join(&b'/')
}

fn is_missing(file: &ModifiedFile) -> bool {
    file.changes == [Change::Missing]
}

/// Files of which one row tells.
#[derive(Default)]
struct Folded<'a> {
    files: u64,
    packages: BTreeSet<&'a str>,
}

pub(super) fn write(list: &ModifiedList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<Vec<u8>, Folded<'_>> = BTreeMap::new();
    for file in list.files.iter().filter(|file| is_missing(file)) {
        let folded = groups.entry(group(file)).or_default();
        folded.files += 1;
        folded.packages.insert(list.package(file));
    }
    groups.retain(|_, folded| folded.files >= FOLDED_FROM as u64);
    let shown = list.files.iter().filter(|file| !is_missing(file) || !groups.contains_key(&group(file)));
    let single = shown.map(|file| {
        vec![
            words(file).join(", "),
            list.package(file).to_owned(),
            if file.recorded.is_configuration { "configuration".to_owned() } else { String::new() },
            whose(list.analysis, ModifiedList::layer(file, list.analysis)).to_owned(),
            file.recorded.path.to_string(),
        ]
    });
    let together = groups.iter().map(|(directory, folded)| {
        let package = match folded.packages.len() {
            1 => folded.packages.first().copied().unwrap_or_default().to_owned(),
            several => counted(several as u64, "package"),
        };
        let path = format!("/{}/… ({})", escape(directory), counted(folded.files, "path"));
        vec![Change::Missing.word().to_owned(), package, String::new(), String::new(), path]
    });
    let cells: Vec<Vec<String>> = single.chain(together).collect();
    write_table(out, &COLUMNS, &cells, list.width)?;
    if !groups.is_empty() {
        let files = groups.values().map(|folded| folded.files).sum();
        let all = count(list.files.len() as u64);
        writeln!(
            out,
            "\n{} of {all} are missing below {} and share a row each; --format csv or json lists every one.",
            counted(files, "path"),
            if groups.len() == 1 {
                "1 directory".to_owned()
            } else {
                format!("{} directories", groups.len())
            },
        )?;
    }
    note(list.analysis, out)
}
