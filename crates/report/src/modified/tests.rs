//! What `plimsoll files --modified` shows.

use plimsoll_model::TreePath;
use plimsoll_model::evidence::{Change, ModifiedFile, RecordedFile};

use super::{Modified, ModifiedList};
use crate::sample;
use crate::schemas::tests::{check as check_schema, written};

fn modified() -> ModifiedFile {
    ModifiedFile {
        recorded: RecordedFile {
            package: 0,
            path: TreePath::parse(b"etc/a.conf").unwrap(),
            file: None,
            digest: None,
            size: None,
            mode: None,
            owner: None,
            is_configuration: true,
            may_be_missing: false,
            named: None,
        },
        changes: vec![Change::Content, Change::Mode],
    }
}

#[test]
fn what_changed_stands_before_the_file() {
    let (analysis, file) = (sample::analysis(), modified());
    let list = ModifiedList { analysis: &analysis, files: vec![&file], width: None };
    insta::assert_snapshot!(sample::plain(&written::<Modified>(&list, "table")), @"
    Changed        Package  Kind           From  Path
    content, mode  bash     configuration        /etc/a.conf
    ");
    insta::assert_snapshot!(sample::plain(&written::<Modified>(&list, "csv")), @"
    path,changes,package,configuration,from
    /etc/a.conf,content;mode,bash,true,
    ");
    check_schema::<Modified>(&list);
}

#[test]
fn what_is_missing_by_the_dozen_is_one_row_and_counted() {
    let analysis = sample::analysis();
    let missing = |path: String| ModifiedFile {
        recorded: RecordedFile {
            path: TreePath::parse(path.as_bytes()).unwrap(),
            is_configuration: false,
            ..modified().recorded
        },
        changes: vec![Change::Missing],
    };
    let mut files: Vec<ModifiedFile> =
        (0..12).map(|each| missing(format!("usr/share/doc/p{each}/copyright"))).collect();
    files.extend((0..9).map(|each| missing(format!("usr/share/man/man1/{each}.1"))));
    files.truncate(13);
    files.push(modified());
    let list = ModifiedList { analysis: &analysis, files: files.iter().collect(), width: None };
    insta::assert_snapshot!(sample::plain(&written::<Modified>(&list, "table")), @"
    Changed        Package  Kind           From  Path
    missing        bash                          /usr/share/man/man1/0.1
    content, mode  bash     configuration        /etc/a.conf
    missing        bash                          /usr/share/doc/… (12 paths)

    12 paths of 14 are missing below 1 directory and share a row each; --format csv or json lists every one.
    ");
    let rows = sample::plain(&written::<Modified>(&list, "csv"));
    assert_eq!(rows.lines().count(), 1 + 14);
    check_schema::<Modified>(&list);
}

#[test]
fn whose_a_change_is_is_told_where_the_base_is_known() {
    let analysis = sample::analysis_with_base();
    let mut file = modified();
    file.recorded.file = analysis.files.ids().nth(1);
    let list = ModifiedList { analysis: &analysis, files: vec![&file], width: None };
    let rows = sample::plain(&written::<Modified>(&list, "csv"));
    assert!(rows.trim_end().ends_with(",base") || rows.trim_end().ends_with(",own"), "{rows}");
    check_schema::<Modified>(&list);
}
