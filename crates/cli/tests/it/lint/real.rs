//! The rules over real images, against tables that other tools made of them.

use super::*;

/// Whether a row of a truth table counts, by its type, mode and attributes.
type Wanted<'a> = &'a dyn Fn(&[u8], u32, &[u8]) -> bool;

/// The paths in a truth table whose row `wanted` knows: type, mode and attributes.
fn truth(image: &Path, wanted: Wanted<'_>) -> Option<BTreeSet<Vec<u8>>> {
    let packed = fs::read(image.join("truth/files.tsv.zst")).ok()?;
    let table = zstd::decode_all(packed.as_slice()).expect("a truth table");
    let rows = table.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && line[0] != b'#');
    Some(
        rows.filter_map(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
            let mode = u32::from_str_radix(std::str::from_utf8(fields[2]).ok()?, 8).ok()?;
            let attributes = fields.get(8).copied().unwrap_or_default();
            wanted(fields[1], mode, attributes).then(|| fields[0].to_vec())
        })
        .collect(),
    )
}

#[test]
fn lists_of_rights_agree_with_the_truth_of_real_images() {
    let Some(images) = images() else { return skip("no built images") };
    let cache = tempfile::tempdir().expect("a directory");
    let mut compared = 0;
    let mut folders: Vec<_> =
        fs::read_dir(images).expect("images").filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    for image in folders.iter().filter(|path| path.join("truth/files.tsv.zst").exists()) {
        let place = format!("oci:{}/oci", image.display());
        let rows = csv(&run(cache.path(), &["lint", &place, "--format", "csv"]));
        let found = |rule: &str| -> BTreeSet<Vec<u8>> {
            rows.iter().filter(|row| row[0] == rule.as_bytes()).map(|row| row[3].clone()).collect()
        };
        let holds = |attributes: &[u8]| attributes.windows(19).any(|window| window == b"security.capability");
        let mut check = |rule: &str, wanted: Wanted<'_>| {
            let truth = truth(image, wanted).expect("a truth table");
            assert_eq!(found(rule), truth, "{rule} of {}", image.display());
            compared += truth.len();
        };
        check("setuid-file", &|kind, mode, _| kind == b"f" && mode & 0o4000 != 0);
        check("setgid-file", &|kind, mode, _| kind == b"f" && mode & 0o2000 != 0);
        check("world-writable-file", &|kind, mode, _| kind == b"f" && mode & 0o002 != 0);
        check("world-writable-directory", &|kind, mode, _| kind == b"d" && mode & 0o1002 == 0o002);
        check("device-node", &|kind, _, _| kind == b"c" || kind == b"b");
        check("file-capability", &|_, _, attributes| holds(attributes));
    }
    eprintln!("{compared} rows compared");
    assert!(compared > 100, "the truth tables were not read");
}

#[test]
fn secrets_of_real_images_are_those_that_are_there() {
    let Some(images) = images() else { return skip("no built images") };
    let cache = tempfile::tempdir().expect("a directory");
    let check = |image: &str, expect: &[&str]| {
        if !images.join(image).join("oci").is_dir() {
            return skip(image);
        }
        let place = format!("oci:{}/{image}/oci", images.display());
        let arguments = [
            "lint",
            &place,
            "--format",
            "csv",
            "--severity",
            "low",
            "--rule",
            "secret-in-file",
            "--rule",
            "secret-in-environment",
            "--rule",
            "secret-in-history",
            "--rule",
            "ssh-host-key",
            "--rule",
            "secret-in-label",
            "--rule",
            "secret-in-command",
        ];
        let found: Vec<String> = csv(&run(cache.path(), &arguments))
            .iter()
            .filter(|row| row[2] != b"no-data")
            .map(|row| {
                let field = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
                format!("{} {}{}", field(0), field(3), if field(10) == "true" { " hidden" } else { "" })
            })
            .collect();
        assert_eq!(found, expect, "{image}");
    };
    let keys = [
        "ssh-host-key /etc/ssh/ssh_host_ecdsa_key",
        "ssh-host-key /etc/ssh/ssh_host_ed25519_key",
        "ssh-host-key /etc/ssh/ssh_host_rsa_key",
    ];
    check("debian@12", &keys);
    for clean in [
        "nginx@1.22",
        "python-app@1",
        "ol7-app@1",
        "alpine@3.19",
        "distroless@1",
        "java-app@1",
        "node-app@2",
        "go-app@1",
        "rust-app@1",
    ] {
        check(clean, &[]);
    }
    let mut fat = keys.to_vec();
    fat.extend([
        "secret-in-environment Env[API_TOKEN]",
        "secret-in-file /root/.ssh/id_rsa hidden",
        "secret-in-history 22",
        "secret-in-history 25",
    ]);
    check("fat@1", &fat);
}
