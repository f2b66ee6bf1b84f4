//! Every JSON document of ours says what its schema allows and nothing else.

use serde_json::Value;

use super::ALL;
use crate::format::{Document, find};
use crate::{files, layers, overview, packages, sample};

/// What a document looks like in one format.
pub(crate) fn written<D: Document>(view: &D::View<'_>, format: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    (find::<D>(format).unwrap().write)(view, &mut bytes).unwrap();
    bytes
}

pub(crate) fn check<D: Document>(view: &D::View<'_>) {
    let document: Value = serde_json::from_slice(&written::<D>(view, "json")).unwrap();
    let id = document["schema"].as_str().unwrap();
    let schema = ALL.iter().find(|schema| schema.id == id).unwrap();
    let schema: Value = serde_json::from_str(schema.text).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{id}: {errors:#?}");
}

#[test]
fn every_json_document_follows_its_schema() {
    for analysis in [sample::analysis(), plimsoll_model::Analysis::default()] {
        check::<overview::Inspection>(&overview::Overview { analysis: &analysis, width: None });
        check::<packages::Packages>(&packages::PackageList::installed(&analysis));
        check::<files::Files>(&files::FileList::all(&analysis));
        check::<layers::Layers>(&layers::LayerList { analysis: &analysis, width: None });
    }
}

#[test]
fn every_schema_is_one_and_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas");
    let count = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(count, ALL.len(), "a file in {folder} is not in schemas::ALL, or the reverse");
    for schema in ALL {
        let value: Value = serde_json::from_str(schema.text).unwrap();
        assert!(jsonschema::meta::is_valid(&value), "{}", schema.id);
    }
}
