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

    Problems        /var/lib/rpm/Packages: page 7 is cut short, so its packages are missing (rpm-database-damaged)
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
