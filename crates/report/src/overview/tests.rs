//! What `plimsoll inspect` shows.

use super::{Inspection, Overview};
use crate::sample;
use crate::schemas::tests::written;

fn check(format: &str, width: Option<usize>) -> String {
    let analysis = sample::analysis();
    sample::plain(&written::<Inspection>(&Overview { analysis: &analysis, width }, format))
}

#[test]
fn one_screen_tells_what_an_image_is() {
    insta::assert_snapshot!(check("table", None), @r#"
    Image           debian:12
    Reference       docker.io/library/debian:12
    Index           sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    Manifest        sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    Config          sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
    Platform        linux/amd64
    On offer        linux/amd64, linux/arm/v7
    System          Debian GNU/Linux 12 (bookworm), release 12.7
    Created         2024-10-17T00:20:20.5Z
    Layers          2, 1.2 MB of content hidden by later layers
    Size            32.5 MB compressed (layers as stored), 97.5 MB unpacked (their archives)
    Base image      unknown: no image looked at before has its lowest layers, and neither annotations nor history tell
    Content         53.3 MB in files as they show, hard links once

    Entrypoint      /usr/bin/app --name 'two words'
    Command         serve
    User            root (none stated)
    Directory       /srv
    Environment     PATH=/usr/bin:/bin
                    LANG=C.UTF-8
    Ports           80/tcp
    Volumes         /data
    Health check    CMD-SHELL 'curl -f localhost'
    Labels          maintainer=app@example.org

    Packages        3 deb, 1 npm, and 1 only named by lock files
    Largest           13.1 MB  libc6 2.36-9+deb12u8 (deb)
                       7.2 MB  bash 5.2.15-2+b7 (deb)

    Files           8 files, 10 directories, 1 symlink, 1 device or pipe
    Setuid, setgid  4755 0:0  /usr/bin/passwd
    Capabilities    /usr/bin/ping  cap_net_raw=ep
    In no package   6 files, 50.1 MB
                      50.0 MB  /var/cache/big
                      90.6 kB  /usr/bin/ping
                          5 B  /srv/caf\xe9
                          3 B  /etc/a,b "c"
    Weight            50.0 MB  caches (1 file)

    Problems        rpm-database-damaged: /var/lib/rpm/Packages: page 7 is cut short, so its packages are missing
    "#);
}

#[test]
fn a_narrow_terminal_cuts_facts_and_not_their_names() {
    insta::assert_snapshot!(check("table", Some(40)).lines().take(8).collect::<Vec<_>>().join("\n"), @"
    Image           debian:12
    Reference       docker.io/library/debia…
    Index           sha256:aaaaaaaaaaaaaaaa…
    Manifest        sha256:bbbbbbbbbbbbbbbb…
    Config          sha256:cccccccccccccccc…
    Platform        linux/amd64
    On offer        linux/amd64, linux/arm/…
    System          Debian GNU/Linux 12 (bo…
    ");
}

#[test]
fn a_source_without_files_or_configuration_claims_none() {
    let analysis = plimsoll_model::Analysis::default();
    let page = written::<Inspection>(&Overview { analysis: &analysis, width: None }, "table");
    insta::assert_snapshot!(sample::plain(&page), @"
    System          unknown: nothing in the image says which

    Packages        none found
    ");
}

/// The lines of the table that begin with one of some names, and what follows each.
fn told(analysis: &plimsoll_model::Analysis, names: &[&str]) -> String {
    let page = sample::plain(&written::<Inspection>(&Overview { analysis, width: None }, "table"));
    let mut is_told = false;
    let wanted = |line: &&str| {
        if !line.starts_with(' ') {
            is_told = names.iter().any(|name| line.starts_with(name));
        }
        is_told
    };
    page.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_attached_is_told_with_what_its_word_is_worth() {
    let analysis =
        plimsoll_model::Analysis { attachments: Some(sample::attachments()), ..sample::analysis_with_base() };
    insta::assert_snapshot!(told(&analysis, &["Base image", "Signatures", "Attestations", "Attached"]), @"
    Base image      docker.io/library/debian:12 (dddddddddddd), the lowest 1 of 2 layers: looked at before on this machine; its layers are the lowest of the image
    Signatures      signature 424242424242, by release@example.org (says https://accounts.example.org), not verified
    Attestations    provenance 414141414141, not signed
                    VEX 434343434343, signed with a key, signer unknown, not verified
    Attached        application/vnd.example.notes 343434343434
    ");
}

#[test]
fn an_image_without_anything_attached_is_called_unsigned() {
    let attachments = Some(plimsoll_model::Attachments::default());
    let analysis = plimsoll_model::Analysis { attachments, ..sample::analysis() };
    insta::assert_snapshot!(told(&analysis, &["Signatures", "Attestations", "Attached"]), @"
    Signatures      none found
    Attestations    none found
    ");
}

#[test]
fn json_of_what_is_attached_follows_its_schema() {
    let analysis =
        plimsoll_model::Analysis { attachments: Some(sample::attachments()), ..sample::analysis_with_base() };
    crate::schemas::tests::check::<Inspection>(&Overview { analysis: &analysis, width: None });
}
