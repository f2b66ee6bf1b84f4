//! What `plimsoll files` shows.

use super::{FileList, Files};
use crate::sample;
use crate::schemas::tests::written;

fn check(format: &str) -> String {
    let analysis = sample::analysis();
    sample::plain(&written::<Files>(&FileList::all(&analysis), format))
}

#[test]
fn a_table_reads_like_ls() {
    insta::assert_snapshot!(check("table"), @r#"
    Mode        Owner     Size  Layer  Package       Path
    lrwxrwxrwx  0:0               1/2                /bin -> usr/bin
    drwxr-xr-x  0:0               1/2                /dev
    crw-rw-rw-  0:0       1, 3    1/2                /dev/null
    drwxr-xr-x  0:0               1/2                /etc
    -rw-r--r--  0:0        3 B    2/2                /etc/a,b "c"
    drwxr-xr-x  0:0               1/2                /srv
    -rw-------  0:0        5 B    2/2                /srv/caf\xe9
    drwxr-xr-x  0:0               1/2                /srv/node_modules
    drwxr-xr-x  0:0               1/2                /srv/node_modules/left-pad
    -rw-r--r--  0:0     1.2 kB    2/2  left-pad      /srv/node_modules/left-pad/index.js
    drwxr-xr-x  0:0               1/2                /usr
    drwxr-xr-x  0:0               1/2  *             /usr/bin
    -rwxr-xr-x  0:0     1.3 MB    1/2  bash          /usr/bin/bash
    -rwsr-xr-x  0:0    68.2 kB    1/2  passwd        /usr/bin/passwd
    -rwxr-xr-x  0:0    90.6 kB    1/2                /usr/bin/ping [cap_net_raw=ep]
    drwxr-xr-x  0:0               1/2                /usr/lib
    -rwxr-xr-x  0:0     1.9 MB    1/2  libc6;passwd  /usr/lib/libc.so.6
    drwxr-xr-x  0:0               1/2                /var
    drwxr-xr-x  0:0               1/2                /var/cache
    -rw-r--r--  0:0    50.0 MB    2/2                /var/cache/big
    "#);
}

#[test]
fn csv_keeps_names_as_their_bytes() {
    let analysis = sample::analysis();
    let csv = written::<Files>(&FileList::all(&analysis), "csv");
    assert!(csv.windows(10).any(|bytes| bytes == b"/srv/caf\xe9,"), "the byte e9 stands as it is");
    insta::assert_snapshot!(sample::plain(&csv), @r#"
    path,type,mode,uid,gid,size,sha256,package,layer,link,xattrs,modified,device,capability,from
    /bin,symlink,0777,0,0,7,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,usr/bin,,1700000000,,,
    /dev,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /dev/null,char,0666,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,1700000000,1:3,,
    /etc,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    "/etc/a,b ""c""",file,0644,0,0,3,0303030303030303030303030303030303030303030303030303030303030303,,sha256:2020202020202020202020202020202020202020202020202020202020202020,,,1700000000,,,
    /srv,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /srv/caf�,file,0600,0,0,5,0505050505050505050505050505050505050505050505050505050505050505,,sha256:2020202020202020202020202020202020202020202020202020202020202020,,,1700000000,,,
    /srv/node_modules,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /srv/node_modules/left-pad,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /srv/node_modules/left-pad/index.js,file,0644,0,0,1200,b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0,left-pad,sha256:2020202020202020202020202020202020202020202020202020202020202020,,,1700000000,,,
    /usr,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /usr/bin,directory,0755,0,0,0,,*,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,1700000000,,,
    /usr/bin/bash,file,0755,0,0,1265648,f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0,bash,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,1700000000,,,
    /usr/bin/passwd,file,4755,0,0,68248,9898989898989898989898989898989898989898989898989898989898989898,passwd,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,1700000000,,,
    /usr/bin/ping,file,0755,0,0,90568,c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,security.capability=0100000200200000000000000000000000000000,1700000000,,cap_net_raw=ep,
    /usr/lib,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /usr/lib/libc.so.6,file,0755,0,0,1922136,5858585858585858585858585858585858585858585858585858585858585858,libc6;passwd,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,1700000000,,,
    /var,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /var/cache,directory,0755,0,0,0,,,sha256:1010101010101010101010101010101010101010101010101010101010101010,,,0,,,
    /var/cache/big,file,0644,0,0,50000000,8080808080808080808080808080808080808080808080808080808080808080,,sha256:2020202020202020202020202020202020202020202020202020202020202020,,,1700000000,,,
    "#);
}

#[test]
fn json_says_which_bytes_a_strange_name_has() {
    insta::assert_snapshot!(check("json"), @r#"
    {
    "schema": "plimsoll/files/1",
    "image": {"name":"debian:12","reference":"docker.io/library/debian:12","index_digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","manifest_digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","config_digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","platform":{"os":"linux","architecture":"amd64"},"platforms":[{"os":"linux","architecture":"amd64"},{"os":"linux","architecture":"arm","variant":"v7"}]},
    "problems": [{"code":"rpm-database-damaged","subject":"/var/lib/rpm/Packages","detail":"page 7 is cut short, so its packages are missing"}],
    "base_image": null,
    "files": [
    {"path":"/bin","type":"symlink","mode":"0777","uid":0,"gid":0,"size":7,"modified":1700000000,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"link":"usr/bin"},
    {"path":"/dev","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/dev/null","type":"char","mode":"0666","uid":0,"gid":0,"size":0,"modified":1700000000,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"device":[1,3]},
    {"path":"/etc","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/etc/a,b \"c\"","type":"file","mode":"0644","uid":0,"gid":0,"size":3,"modified":1700000000,"sha256":"0303030303030303030303030303030303030303030303030303030303030303","packages":[],"layer":"sha256:2020202020202020202020202020202020202020202020202020202020202020","base":null},
    {"path":"/srv","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/srv/caf\\xe9","path_hex":"2f7372762f636166e9","type":"file","mode":"0600","uid":0,"gid":0,"size":5,"modified":1700000000,"sha256":"0505050505050505050505050505050505050505050505050505050505050505","packages":[],"layer":"sha256:2020202020202020202020202020202020202020202020202020202020202020","base":null},
    {"path":"/srv/node_modules","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/srv/node_modules/left-pad","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/srv/node_modules/left-pad/index.js","type":"file","mode":"0644","uid":0,"gid":0,"size":1200,"modified":1700000000,"sha256":"b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0","packages":["left-pad"],"layer":"sha256:2020202020202020202020202020202020202020202020202020202020202020","base":null},
    {"path":"/usr","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/usr/bin","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":1700000000,"packages":["*"],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/usr/bin/bash","type":"file","mode":"0755","uid":0,"gid":0,"size":1265648,"modified":1700000000,"sha256":"f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0","packages":["bash"],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/usr/bin/passwd","type":"file","mode":"4755","uid":0,"gid":0,"size":68248,"modified":1700000000,"sha256":"9898989898989898989898989898989898989898989898989898989898989898","packages":["passwd"],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/usr/bin/ping","type":"file","mode":"0755","uid":0,"gid":0,"size":90568,"modified":1700000000,"sha256":"c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8c8","packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null,"xattrs":[{"name":"security.capability","hex":"0100000200200000000000000000000000000000"}],"capability":"cap_net_raw=ep"},
    {"path":"/usr/lib","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/usr/lib/libc.so.6","type":"file","mode":"0755","uid":0,"gid":0,"size":1922136,"modified":1700000000,"sha256":"5858585858585858585858585858585858585858585858585858585858585858","packages":["libc6","passwd"],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/var","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/var/cache","type":"directory","mode":"0755","uid":0,"gid":0,"size":0,"modified":0,"packages":[],"layer":"sha256:1010101010101010101010101010101010101010101010101010101010101010","base":null},
    {"path":"/var/cache/big","type":"file","mode":"0644","uid":0,"gid":0,"size":50000000,"modified":1700000000,"sha256":"8080808080808080808080808080808080808080808080808080808080808080","packages":[],"layer":"sha256:2020202020202020202020202020202020202020202020202020202020202020","base":null}
    ]
    }
    "#);
}

#[test]
fn files_come_in_the_order_that_was_asked_for_and_the_root_never() {
    let analysis = sample::analysis();
    let mut selected: Vec<_> = analysis.files.ids().collect();
    selected.reverse();
    selected.push(plimsoll_model::FileId(u32::MAX));
    let backwards = written::<Files>(&FileList { selected, ..FileList::all(&analysis) }, "csv");
    let lines = |bytes: Vec<u8>| -> Vec<Vec<u8>> {
        bytes
            .split(|byte| *byte == b'\n')
            .skip(1)
            .map(<[u8]>::to_vec)
            .filter(|line| !line.is_empty())
            .collect()
    };
    let mut backwards = lines(backwards);
    backwards.reverse();
    assert_eq!(backwards, lines(written::<Files>(&FileList::all(&analysis), "csv")));
}
