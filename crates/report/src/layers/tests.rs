//! What `plimsoll layers` shows.

use super::{LayerList, Layers};
use crate::sample;
use crate::schemas::tests::written;

fn check(format: &str) -> String {
    let analysis = sample::analysis();
    sample::plain(&written::<Layers>(&LayerList { analysis: &analysis, width: Some(100) }, format))
}

#[test]
fn a_table_shows_what_each_layer_does_and_the_total() {
    insta::assert_snapshot!(check("table"), @"
    Layer  Digest        Compressed  Unpacked  Added  Changed  Removed  Packages  Hidden  Instruction
      1/2  101010101010     31.0 MB   93.0 MB      7        0        0         3  1.2 MB  ADD rootfs.ta…
      2/2  202020202020      1.5 MB    4.5 MB      3        1        2         1     0 B  RUN npm insta…
    total                   32.5 MB   97.5 MB     10        1        2         4  1.2 MB
    ");
}

#[test]
fn csv_has_every_figure_in_bytes() {
    insta::assert_snapshot!(check("csv"), @"
    position,digest,diff_id,media_type,compressed_size,unpacked_size,added,changed,removed,packages,content_bytes,hidden_bytes,rewritten_bytes,duplicate_bytes,created,instruction,from
    1,sha256:1010101010101010101010101010101010101010101010101010101010101010,sha256:1111111111111111111111111111111111111111111111111111111111111111,application/vnd.oci.image.layer.v1.tar+gzip,31000000,93000000,7,0,0,3,80000000,1200000,0,0,2024-10-17T00:20:20Z,ADD rootfs.tar / ,
    2,sha256:2020202020202020202020202020202020202020202020202020202020202020,sha256:2121212121212121212121212121212121212121212121212121212121212121,application/vnd.oci.image.layer.v1.tar+gzip,1500000,4500000,3,1,2,1,4000000,0,0,0,2024-10-17T00:20:20Z,RUN npm install left-pad,
    ");
}

#[test]
fn json_has_the_history_too() {
    insta::assert_snapshot!(check("json"), @r#"
    {
    "schema": "plimsoll/layers/1",
    "image": {"name":"debian:12","reference":"docker.io/library/debian:12","index_digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","manifest_digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","config_digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","platform":{"os":"linux","architecture":"amd64"},"platforms":[{"os":"linux","architecture":"amd64"},{"os":"linux","architecture":"arm","variant":"v7"}]},
    "problems": [{"code":"rpm-database-damaged","subject":"/var/lib/rpm/Packages","detail":"page 7 is cut short, so its packages are missing"}],
    "base_image": null,
    "history": ["ADD rootfs.tar / ","RUN npm install left-pad"],
    "layers": [
    {"position":1,"digest":"sha256:1010101010101010101010101010101010101010101010101010101010101010","diff_id":"sha256:1111111111111111111111111111111111111111111111111111111111111111","media_type":"application/vnd.oci.image.layer.v1.tar+gzip","compressed_size":31000000,"unpacked_size":93000000,"instruction":"ADD rootfs.tar / ","created":"2024-10-17T00:20:20Z","statistics":{"added":7,"changed":0,"removed":0,"content_bytes":80000000,"hidden_bytes":1200000,"rewritten_bytes":0,"duplicate_bytes":0},"packages":3,"base":null},
    {"position":2,"digest":"sha256:2020202020202020202020202020202020202020202020202020202020202020","diff_id":"sha256:2121212121212121212121212121212121212121212121212121212121212121","media_type":"application/vnd.oci.image.layer.v1.tar+gzip","compressed_size":1500000,"unpacked_size":4500000,"instruction":"RUN npm install left-pad","created":"2024-10-17T00:20:20Z","statistics":{"added":3,"changed":1,"removed":2,"content_bytes":4000000,"hidden_bytes":0,"rewritten_bytes":0,"duplicate_bytes":0},"packages":1,"base":null}
    ]
    }
    "#);
}
