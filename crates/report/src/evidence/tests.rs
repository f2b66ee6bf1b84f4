//! What `plimsoll files --evidence` shows.

use plimsoll_model::Evidence;
use plimsoll_model::FileId;
use plimsoll_model::evidence::references::{Language, Reference, ReferenceKind};
use plimsoll_model::evidence::texts::{NotKept, Text};

use super::{EvidenceList, FileEvidence};
use crate::sample;
use crate::schemas::tests::{check as check_schema, written};

#[test]
fn a_file_tells_what_it_names_and_whether_its_text_was_kept() {
    let mut analysis = sample::analysis();
    let mut evidence = Evidence::default();
    let reference = Reference { kind: ReferenceKind::Command, line: 3, target: "gosu", by: "exec" };
    evidence.references.insert([FileId(5)].into_iter(), Language::Shell, true, [reference].into_iter());
    evidence.texts.insert(FileId(5), Text::NotKept(NotKept::TooLarge(9)));
    analysis.evidence = Some(evidence);
    let list = EvidenceList { analysis: &analysis, selected: analysis.files.ids().collect() };
    insta::assert_snapshot!(sample::plain(&written::<FileEvidence>(&list, "table")), @r#"
    /etc/a,b "c"
      references complete   true
      references language   shell
      references named      by exec, kind command, line 3, target gosu
      text kept             false
      text reason           too-large
      text size             9
    "#);
    check_schema::<FileEvidence>(&list);
}
