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
        },
        changes: vec![Change::Content, Change::Mode],
    }
}

#[test]
fn what_changed_stands_before_the_file() {
    let (analysis, file) = (sample::analysis(), modified());
    let list = ModifiedList { analysis: &analysis, files: vec![&file], width: None };
    insta::assert_snapshot!(sample::plain(&written::<Modified>(&list, "table")), @"
    Changed        Package  Kind           Path
    content, mode  bash     configuration  /etc/a.conf
    ");
    insta::assert_snapshot!(sample::plain(&written::<Modified>(&list, "csv")), @"
    path,changes,package,configuration
    /etc/a.conf,content;mode,bash,true
    ");
    check_schema::<Modified>(&list);
}
