//! One image in every form in which it may lie on a disk: always the same layers.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll_image::source::docker_archive::DockerArchive;
use plimsoll_image::source::oci::OciLayout;
use plimsoll_image::source::{Source, SourceError};
use plimsoll_image::{LayerExpectation, NoContent, merge, read_layer};
use plimsoll_model::{Digest, FileTable};
use plimsoll_testing::image_files::gzip;
use plimsoll_testing::{TestImage, image_from_text};

use crate::listing::{contents, listing};

fn image() -> TestImage {
    image_from_text(
        "name example.com/app:2
         config Entrypoint [\"/bin/app\"]
         config Env [\"PATH=/bin\"]
         layer gzip created-by=\"COPY app\"
         file bin/app \"app\" 0755
         file etc/old \"old\"
         layer zstd created-by=\"RUN rm\"
         gone etc/old
         layer none
         file etc/new \"new\"
         same",
    )
}

/// The source has the image, and its layers merge to these files.
fn check(open: impl Fn(&Path) -> Result<Box<dyn Source>, SourceError>, write: impl Fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    write(&path);
    let source = open(&path).unwrap();
    let found = source.image(None).unwrap();
    assert_eq!(found.config.entrypoint, ["/bin/app"]);
    assert_eq!(found.layers.len(), 4);
    assert_eq!(found.layers[0].instruction.as_deref(), Some("COPY app"));
    // A layer that comes twice is read once.
    let mut wanted: Vec<_> = found.layers.iter().collect();
    wanted.sort_by_key(|layer| (&layer.digest, layer.index));
    wanted.dedup_by_key(|layer| &layer.digest);
    let mut reads: BTreeMap<Digest, FileTable> = BTreeMap::new();
    source
        .stream_layers(&wanted, &mut |layer, blob| {
            let expectation =
                LayerExpectation { diff_id: layer.diff_id.clone(), ..LayerExpectation::default() };
            let read = read_layer(blob, &expectation, &mut NoContent).unwrap();
            reads.insert(layer.digest.clone(), read.files);
        })
        .unwrap();
    assert_eq!(reads.len(), 3);
    let tables: Vec<&FileTable> = found.layers.iter().map(|layer| &reads[&layer.digest]).collect();
    let lines = listing(&merge(&tables).files, &contents(&image()));
    assert_eq!(lines, ["bin/", "bin/app \"app\" 0755", "etc/", "etc/new \"new\""]);
}

#[test]
fn an_oci_layout_in_a_directory() {
    check(
        |path| Ok(Box::new(OciLayout::directory("test", path, Some("2")))),
        |path| image().write_oci_layout(path).unwrap(),
    );
}

#[test]
fn an_oci_layout_in_an_archive_plain_or_compressed() {
    for compress in [<[u8]>::to_vec, gzip] {
        check(
            |path| Ok(Box::new(OciLayout::archive("test", path, None)?)),
            |path| std::fs::write(path, compress(&image().oci_archive())).unwrap(),
        );
    }
}

#[test]
fn an_archive_of_docker_of_any_age_plain_or_compressed() {
    for compress in [<[u8]>::to_vec, gzip] {
        for write in [TestImage::docker_archive, TestImage::legacy_docker_archive] {
            check(
                |path| Ok(Box::new(DockerArchive::open("test", path, Some("example.com/app:2"))?)),
                |path| std::fs::write(path, compress(&write(&image()))).unwrap(),
            );
        }
    }
}
