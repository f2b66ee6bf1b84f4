//! What is attached to an image in an OCI layout on disk, as oras and `cosign save` put it there.

use std::fs;
use std::path::Path;

use plimsoll_image::source::Source as _;
use plimsoll_image::source::oci::OciLayout;
use plimsoll_testing::image_files::digest;
use plimsoll_testing::image_from_text;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Writes an artefact into a layout; gives its descriptor.
fn write(layout: &Path, kind: Option<&str>, subject: Option<&str>, annotations: &Value) -> Value {
    let config = if kind.is_some() {
        "application/vnd.oci.empty.v1+json"
    } else {
        "application/vnd.oci.image.config.v1+json"
    };
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": config, "digest": digest(b"{}"), "size": 2},
        "layers": [{"mediaType": "text/plain", "digest": digest(b"hello"), "size": 5}],
    });
    if let Some(kind) = kind {
        manifest["artifactType"] = kind.into();
    }
    if let Some(subject) = subject {
        manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 1});
    }
    let bytes = manifest.to_string().into_bytes();
    for blob in [b"hello".as_slice(), b"{}", &bytes] {
        let name = digest(blob).replace("sha256:", "blobs/sha256/");
        fs::write(layout.join(name), blob).expect("a blob");
    }
    json!({"mediaType": MANIFEST, "digest": digest(&bytes), "size": bytes.len(), "annotations": annotations})
}

/// A layout of one image and what `more` adds to its list. Gives place and type of what is found,
/// and the problems.
fn check(more: impl FnOnce(&Path, &str) -> Vec<Value>) -> (Vec<String>, Vec<String>) {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().join("layout");
    let image = image_from_text("layer\nfile a \"b\"\n");
    image.write_oci_layout(&place).expect("the layout is written");
    let list = place.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&list).expect("the list")).expect("JSON");
    let own = index["manifests"][0]["digest"].as_str().expect("a digest").to_owned();
    let entries = more(&place, &own);
    index["manifests"].as_array_mut().expect("a list").extend(entries);
    fs::write(&list, index.to_string()).expect("the list is written");
    let layout = OciLayout::directory("x", &place, None);
    let image = layout.image(None).expect("the image is found among what is attached to it");
    assert_eq!(image.identity.manifest_digest.as_ref().map(ToString::to_string), Some(own));
    let found = layout.attached(&image).expect("a layout can hold such things");
    for blob in found.artifacts.iter().flat_map(|artifact| &artifact.blobs) {
        assert_eq!(layout.attached_blob(blob).expect("the blob is there"), b"hello");
    }
    let told = found
        .artifacts
        .iter()
        .map(|each| format!("{:?} {}", each.place, each.artifact_type.as_deref().unwrap_or("-")))
        .collect();
    (told, found.problems.iter().map(ToString::to_string).collect())
}

#[test]
fn an_artefact_with_a_subject_is_attached_and_no_image() {
    let (found, problems) = check(|layout, own| {
        vec![
            write(layout, Some("text/mine"), Some(own), &json!({})),
            write(layout, Some("text/other"), Some(&digest(b"other")), &json!({})),
        ]
    });
    assert_eq!((found, problems), (vec!["Referrers text/mine".to_owned()], Vec::new()));
}

#[test]
fn what_cosign_tags_or_saves_is_attached_and_no_image() {
    let (found, problems) = check(|layout, own| {
        let tag = format!("{}.sig", own.replace(':', "-"));
        let kind = "dev.cosignproject.cosign/sigs";
        vec![write(layout, None, None, &json!({"org.opencontainers.image.ref.name": tag, "kind": kind}))]
    });
    assert_eq!((found, problems), (vec!["CosignTag -".to_owned()], Vec::new()));
}

#[test]
fn a_layout_of_an_image_alone_has_nothing_attached() {
    assert_eq!(check(|_, _| Vec::new()), (Vec::new(), Vec::new()));
}

#[test]
fn an_artefact_that_was_altered_is_not_believed() {
    let (found, problems) = check(|layout, own| {
        let listed = write(layout, Some("text/mine"), Some(own), &json!({}));
        let name = listed["digest"].as_str().expect("a digest").replace("sha256:", "blobs/sha256/");
        let path = layout.join(name);
        let text = fs::read_to_string(&path).expect("the artefact").replace("text/mine", "text/evil");
        fs::write(&path, text).expect("it is altered");
        vec![listed]
    });
    assert_eq!(found, [""; 0]);
    assert!(problems[0].contains("was altered"), "{problems:?}");
}
