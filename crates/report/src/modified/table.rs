//! Modified files as a table for people.

use std::io::{self, Write};

use super::{ModifiedList, words};
use crate::table::{Column, write as write_table};

const COLUMNS: [Column; 4] =
    [Column::text("Changed"), Column::text("Package"), Column::text("Kind"), Column::text("Path")];

pub(super) fn write(list: &ModifiedList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let cells: Vec<Vec<String>> = list
        .files
        .iter()
        .map(|file| {
            vec![
                words(file).join(", "),
                list.package(file).to_owned(),
                if file.recorded.is_configuration { "configuration".to_owned() } else { String::new() },
                file.recorded.path.to_string(),
            ]
        })
        .collect();
    write_table(out, &COLUMNS, &cells, list.width)
}
