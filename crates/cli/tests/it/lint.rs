//! `plimsoll lint` and `plimsoll explain`: every rule on an image written as text, with and without
//! what it finds, and the lists of rights against the truth of real images.

mod real;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plimsoll_testing::image_from_text;

use crate::places::{csv, images, plimsoll, run, shared, skip};

/// An image that every rule passes, or has no data for.
const CLEAN: &str = r#"
config User "1000:1000"
config Healthcheck {"Test":["CMD","/app","--check"]}
layer created-by="COPY app /app"
file app "program" mode=0755
"#;

fn layout(directory: &Path, text: &str) -> String {
    let place = directory.join("image");
    image_from_text(text).write_oci_layout(&place).expect("the layout is written");
    format!("oci:{}", place.display())
}

/// `severity rule subject` of every observation of these rules.
fn observed(text: &str, rules: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let place = layout(directory.path(), text);
    // The built image has a fixed date.
    let mut arguments = vec!["lint", &place, "--format", "csv", "--max-age", "1000000"];
    arguments.extend(rules.iter().flat_map(|rule| ["--rule", rule]));
    let rows = csv(&run(&directory.path().join("cache"), &arguments));
    // What a rule could not see has a row of its own, which is no observation.
    rows.iter()
        .filter(|row| row[2] != b"no-data")
        .map(|row| {
            let field = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
            let line = if field(4).is_empty() { String::new() } else { format!(":{}", field(4)) };
            let hidden = if field(10) == "true" { " hidden" } else { "" };
            format!("{} {} {}{line}{hidden}", field(1), field(0), field(3))
        })
        .collect()
}

/// What a rule says about the clean image with some lines more.
#[track_caller]
fn check(rule: &str, lines: &str, expect: &[&str]) {
    let expect: Vec<String> = expect
        .iter()
        .map(|line| {
            let (severity, subject) = line.split_once(' ').expect("severity and subject");
            format!("{severity} {rule} {subject}")
        })
        .collect();
    assert_eq!(observed(&format!("{CLEAN}{lines}"), &[rule]), expect, "{rule}: {lines}");
}

const STATUS: &str =
    r"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5\nMaintainer: D\n\n";

/// Lines of an image in which dpkg lists a file.
fn with_owner(path: &str) -> String {
    format!(
        "file etc/os-release \"ID=debian\\nVERSION_ID=12\\n\"\nfile var/lib/dpkg/status \"{STATUS}\"\nfile var/lib/dpkg/info/bash.list \"/.\\n/{path}\\n\"\n"
    )
}

#[test]
fn a_clean_image_passes() {
    assert_eq!(observed(CLEAN, &[]), [""; 0]);
}

#[test]
fn an_old_image_is_told_by_its_own_date() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = layout(directory.path(), CLEAN);
    let arguments = ["lint", &place, "--format", "csv", "--rule", "image-old"];
    let rows = csv(&run(directory.path(), &arguments));
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0][0].as_slice(), rows[0][3].as_slice()),
        (b"image-old".as_slice(), b"created".as_slice())
    );
}

#[test]
fn users_of_the_configuration_are_resolved() {
    let user = |name: &str, lines: &str| {
        observed(
            &format!("config User {name}\nlayer\nfile a \"\"\n{lines}"),
            &["runs-as-root", "user-unknown"],
        )
    };
    let passwd = "file etc/passwd \"root:x:0:0::/:/bin/sh\\ntoor:x:0:0::/:\\napp:x:1000:1000::/:\\n\"";
    assert_eq!(user("\"\"", passwd), ["medium runs-as-root User"]);
    assert_eq!(user("\"0\"", passwd), ["medium runs-as-root User"]);
    assert_eq!(user("\"toor:app\"", passwd), ["medium runs-as-root User"]);
    assert_eq!(user("\"app\"", passwd), [""; 0]);
    assert_eq!(user("\"1000\"", ""), [""; 0]);
    assert_eq!(user("\"nobody-here\"", passwd), ["high user-unknown User"]);
}

#[test]
fn rights_are_told_with_what_is_usual() {
    check("setuid-file", "file usr/bin/x \"x\" mode=4755", &["high /usr/bin/x"]);
    check(
        "setuid-file",
        &format!("file usr/bin/x \"x\" mode=4755\n{}", with_owner("usr/bin/x")),
        &["low /usr/bin/x"],
    );
    check("setuid-file", "file usr/bin/x \"x\" mode=0755", &[]);
    check("setgid-file", "file usr/bin/x \"x\" mode=2755\ndir var/mail mode=2775", &["medium /usr/bin/x"]);
    let net_raw = "xattr:security.capability=0100000200200000000000000000000000000000";
    check("file-capability", &format!("file usr/bin/ping \"x\" {net_raw}"), &["medium /usr/bin/ping"]);
    check(
        "file-capability",
        &format!("file usr/bin/ping \"x\" {net_raw}\n{}", with_owner("usr/bin/ping")),
        &["negligible /usr/bin/ping"],
    );
    check(
        "world-writable-file",
        "file a/x \"x\" mode=0666\nfile a/y \"y\" mode=0777",
        &["high /a/y", "medium /a/x"],
    );
    check("world-writable-directory", "dir a mode=0777\ndir tmp mode=1777", &["medium /a"]);
    check(
        "device-node",
        "char dev/null 1:3\nblock dev/sda 8:0\nchar dev/mem 1:1",
        &["high /dev/mem", "high /dev/sda", "negligible /dev/null"],
    );
}

#[test]
fn accounts_are_told() {
    let passwd = "file etc/passwd \"root:x:0:0::/root:/bin/sh\\nback:x:0:0::/:/bin/sh\\nsvc:x:33:33::/:/bin/bash\\nold::34:34::/:/usr/sbin/nologin\\ntwin:x:33:33::/:/bin/false\\n\"";
    check("password-empty", passwd, &["high /etc/passwd:4"]);
    check("second-root-account", passwd, &["high /etc/passwd:2"]);
    check("service-account-shell", passwd, &["negligible /etc/passwd:3"]);
    check("user-number-shared", passwd, &["low /etc/passwd:5"]);
    let shadow = |field: &str| format!("{passwd}\nfile etc/shadow \"root:{field}:1::::::\\n\"");
    check("password-hash-weak", &shadow("$1$a$b"), &["high /etc/shadow:1"]);
    check("password-hash-weak", &shadow("$6$a$b"), &[]);
    check("password-in-image", &shadow("$6$a$b"), &["medium /etc/shadow:1"]);
    check("password-in-image", &shadow("!"), &[]);
}

#[test]
fn ways_in_over_ssh_are_told() {
    check(
        "ssh-authorized-key",
        "file root/.ssh/authorized_keys \"ssh-rsa AAAA me\\n\"",
        &["high /root/.ssh/authorized_keys:1"],
    );
    check("ssh-authorized-key", "file root/.ssh/authorized_keys \"# none\\n\"", &[]);
    check("ssh-server", "file usr/sbin/sshd \"x\" mode=0755", &["medium /usr/sbin/sshd"]);
    check("ssh-server", "link usr/sbin/sshd -> /nowhere", &[]);
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\\n-----END OPENSSH PRIVATE KEY-----\\n";
    check(
        "ssh-host-key",
        &format!("file etc/ssh/ssh_host_rsa_key \"{key}\""),
        &["critical /etc/ssh/ssh_host_rsa_key"],
    );
    check("ssh-host-key", "file etc/ssh/ssh_host_rsa_key.pub \"ssh-rsa AAAA\"", &[]);
    let settings = "file etc/ssh/sshd_config \"PermitRootLogin yes\\nPermitEmptyPasswords no\\n\"";
    check("ssh-server-setting", settings, &["medium /etc/ssh/sshd_config:1"]);
}

#[test]
fn secrets_are_told_wherever_they_lie_and_never_shown() {
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\\n-----END OPENSSH PRIVATE KEY-----\\n";
    check("secret-in-file", &format!("file srv/id \"x\\n{key}\""), &["critical /srv/id:2"]);
    check(
        "secret-in-file",
        &format!("file srv/id \"{key}\"\nlayer\ngone srv/id"),
        &["critical /srv/id:1 hidden"],
    );
    check("secret-in-file", "file srv/id \"nothing\"", &[]);
    // Everybody has what a package of the distribution brings; not what it installs for changing.
    check("secret-in-file", &format!("file usr/share/x \"{key}\"\n{}", with_owner("usr/share/x")), &[]);
    check(
        "secret-in-file",
        &format!("file etc/x \"{key}\"\n{}", with_owner("etc/x")),
        &["critical /etc/x:1"],
    );
    check(
        "secret-in-file",
        &format!("file a/node_modules/b/test/x \"{key}\""),
        &["negligible /a/node_modules/b/test/x:1"],
    );
    check(
        "secret-in-environment",
        "config Env [\"PATH=/bin\",\"API_TOKEN=q8Zr2kLw9vXb\"]",
        &["high Env[API_TOKEN]"],
    );
    check("secret-in-environment", "config Env [\"PATH=/bin\",\"API_TOKEN_FILE=/run/x\"]", &[]);
    check(
        "secret-in-label",
        "config Labels {\"build.password\":\"q8Zr2kLw9vXb\",\"a\":\"b\"}",
        &["high Labels[build.password]"],
    );
    check("secret-in-command", "config Cmd [\"app\",\"--db-password=q8Zr2kLw9vXb\"]", &["high Cmd"]);
    check("secret-in-command", "config Cmd [\"app\",\"--db-password=$X\"]", &[]);
    check(
        "secret-in-history",
        "layer created-by=\"RUN |1 NPM_TOKEN=q8Zr2kLw9vXb /bin/sh -c npm ci\"\nfile x \"x\"",
        &["high 2"],
    );
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!(
        "{CLEAN}config Env [\"API_TOKEN=q8Zr2kLw9vXb\"]\nlayer created-by=\"RUN |1 NPM_TOKEN=q8Zr2kLw9vXb /bin/sh -c npm ci\"\nfile root/.npmrc \"//r.net/:_authToken=q8Zr2kLw9vXb\\n\" mode=4777\n"
    );
    let place = layout(directory.path(), &text);
    for format in ["table", "json", "csv", "sarif", "markdown"] {
        let arguments = ["lint", &place, "--format", format, "--severity", "negligible"];
        let text = String::from_utf8(run(&directory.path().join("cache"), &arguments)).expect("text");
        assert!(text.contains("secret-in-file") && !text.contains("q8Zr"), "{format}: {text}");
    }
    for entry in fs::read_dir(directory.path().join("cache/layers")).into_iter().flatten().flatten() {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        assert!(!bytes.windows(4).any(|window| window == b"q8Zr"), "the cache holds no secret");
    }
}

#[test]
fn the_configuration_is_told() {
    check(
        "exposed-port",
        "config ExposedPorts {\"22/tcp\":{},\"80/tcp\":{}}",
        &["medium ExposedPorts[22/tcp]"],
    );
    check("volume-over-system", "config Volumes {\"/etc\":{},\"/data\":{}}", &["medium Volumes[/etc]"]);
    assert_eq!(
        observed("layer\nfile a \"\"", &["healthcheck-missing"]),
        ["negligible healthcheck-missing Healthcheck"]
    );
    check("healthcheck-missing", "", &[]);
}

#[test]
fn the_history_is_told_with_its_layer() {
    let step = |command: &str| format!("layer created-by=\"{command}\"\nfile x \"x\"");
    check("add-from-address", &step("ADD https://h.net/a.tgz /a # buildkit"), &["low 2"]);
    check("add-from-address", &step("ADD file:1 in /"), &[]);
    check("pipe-to-shell", &step("RUN /bin/sh -c curl https://h.net/i.sh | sh # buildkit"), &["medium 2"]);
    check(
        "packages-unauthenticated",
        &step("RUN /bin/sh -c apt-get install --allow-unauthenticated a"),
        &["high 2"],
    );
    check("pip-trusted-host", &step("RUN /bin/sh -c pip install --trusted-host h.net a"), &["medium 2"]);
    check(
        "certificate-unchecked",
        &step("/bin/sh -c wget --no-check-certificate https://h.net/a"),
        &["medium 2"],
    );
    check("chmod-777", &step("RUN /bin/sh -c chmod -R 777 /srv"), &["low 2"]);
    check("sudo-in-history", &step("RUN /bin/sh -c sudo make install"), &["low 2"]);
    check("apt-lists-kept", &step("RUN /bin/sh -c apt-get update && apt-get install a"), &["low 2"]);
    check("apt-lists-kept", &step("RUN /bin/sh -c apt-get update && rm -rf /var/lib/apt/lists/*"), &[]);
    check("release-upgrade", &step("RUN /bin/sh -c apt-get -y dist-upgrade"), &["low 2"]);
    for rule in [
        "pipe-to-shell",
        "packages-unauthenticated",
        "pip-trusted-host",
        "certificate-unchecked",
        "chmod-777",
        "sudo-in-history",
        "release-upgrade",
    ] {
        check(rule, &step("RUN /bin/sh -c make && make install"), &[]);
    }
}

#[test]
fn origins_are_told() {
    let debian = with_owner("bin/x");
    check(
        "package-source-foreign",
        &format!(
            "{debian}file etc/apt/sources.list \"deb http://deb.debian.org/debian bookworm main\\ndeb https://r.corp.net/ x y\\n\""
        ),
        &["low /etc/apt/sources.list:2"],
    );
    check(
        "package-source-unchecked",
        &format!("{debian}file etc/apt/sources.list \"deb [trusted=yes] http://deb.debian.org/ x y\\n\""),
        &["high /etc/apt/sources.list:1"],
    );
    check(
        "package-source-unchecked",
        &format!("{debian}file etc/apt/sources.list \"deb http://deb.debian.org/ x y\\n\""),
        &[],
    );
    let status = STATUS.replace("Maintainer: D", "Maintainer: D\\nOrigin: Corp");
    let foreign = format!("file etc/os-release \"ID=debian\\n\"\nfile var/lib/dpkg/status \"{status}\"");
    check("package-of-another-vendor", &foreign, &["low bash"]);
    check("package-of-another-vendor", &debian, &[]);
    check("unowned-executable", &debian, &["low image"]);
    check("unowned-executable", "", &[]);
}

#[test]
fn tools_and_leftovers_are_told() {
    let tool = |name: &str| format!("file usr/bin/{name} \"x\" mode=0755");
    check("shell-present", &tool("bash"), &["negligible /usr/bin/bash"]);
    check("package-manager-present", &tool("apt-get"), &["negligible /usr/bin/apt-get"]);
    check("compiler-present", &tool("gcc"), &["low /usr/bin/gcc"]);
    check("debugger-present", &tool("gdb"), &["low /usr/bin/gdb"]);
    check(
        "network-tool-present",
        "file bin/busybox \"x\" mode=0755\nlink bin/wget -> busybox",
        &["low /bin/wget"],
    );
    for rule in [
        "shell-present",
        "package-manager-present",
        "compiler-present",
        "debugger-present",
        "network-tool-present",
    ] {
        check(
            rule,
            &format!("{}\nfile usr/bin/gcc.txt \"x\"\nfile usr/bin/gdb \"x\" mode=0644", tool("harmless")),
            &[],
        );
    }
    check(
        "cache-left-behind",
        "file var/lib/apt/lists/a \"x\"\nfile root/.cache/pip/b \"x\" times=2000000\ndir var/cache/apk",
        &["low /root/.cache/pip", "negligible /var/lib/apt/lists"],
    );
    check("cache-left-behind", "dir var/cache/apk\nfile srv/cache/pip \"x\"", &[]);
    check(
        "build-leftover",
        "file srv/Dockerfile \"FROM a\"\nfile srv/.git/HEAD \"x\"\ndir empty/.git",
        &["medium /srv/.git", "negligible /srv/Dockerfile"],
    );
}

#[test]
fn what_cannot_be_seen_has_no_data_and_another_exit_code() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("a"), "x").expect("a file");
    let place = format!("dir:{}", directory.path().display());
    let output = plimsoll(directory.path()).args(["lint", &place]).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("runs-as-root: there is no image configuration"), "{text}");
    let bill = directory.path().join("bill.json");
    fs::write(&bill, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[]}")
        .expect("a file");
    let place = format!("sbom:{}", bill.display());
    let output = plimsoll(directory.path()).args(["lint", &place]).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("setuid-file: the source lists packages only"), "{text}");
}

#[test]
fn a_threshold_decides_the_exit_code() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = layout(directory.path(), &CLEAN.replace("1000:1000", "0"));
    let code = |arguments: &[&str]| {
        let output = plimsoll(directory.path())
            .args(["lint", &place, "--max-age", "1000000"])
            .args(arguments)
            .output()
            .expect("it starts");
        output.status.code()
    };
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["--fail-on", "medium"]), Some(1));
    assert_eq!(code(&["--fail-on", "high"]), Some(0));
    assert_eq!(code(&["--fail-on", "medium", "--skip", "runs-as-root"]), Some(0));
    assert_eq!(code(&["--rule", "runs-as-rot"]), Some(2));
}

#[test]
fn ids_are_explained_and_unknown_ones_lead_to_near_ones() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = String::from_utf8(run(directory.path(), &["explain", "runs-as-root"])).expect("text");
    assert!(text.contains("Why it matters") && text.contains("USER"), "{text}");
    let output = plimsoll(directory.path()).args(["explain", "run-as-root"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("near it: runs-as-root"));
    let all = String::from_utf8(run(directory.path(), &["explain"])).expect("text");
    for id in ["setuid-file", "github-token", "accounts", "dpkg", "debian-tracker"] {
        assert!(all.contains(&format!("  {id} ")), "{id}: {all}");
    }
}

#[test]
fn sarif_is_valid_by_the_standards_own_schema() {
    let Some(shared) = shared() else { return skip("no shared folder") };
    let schemas = shared.join("data/schemas");
    let Some(schema) = fs::read_dir(&schemas)
        .expect("the schemas")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.to_string_lossy().contains("sarif"))
    else {
        return skip("no schema of SARIF");
    };
    let schema: serde_json::Value =
        serde_json::from_slice(&fs::read(schema).expect("a schema")).expect("JSON");
    let directory = tempfile::tempdir().expect("a directory");
    let place = layout(
        directory.path(),
        &format!("{}file \"usr/bin/a b\" \"x\" mode=4777\n", CLEAN.replace("1000:1000", "")),
    );
    let document = run(directory.path(), &["lint", &place, "--format", "sarif"]);
    let document: serde_json::Value = serde_json::from_slice(&document).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(document["runs"][0]["results"].as_array().is_some_and(|results| results.len() > 2));
}

#[test]
fn the_advisories_of_this_machine_say_when_support_ended() {
    let directory = tempfile::tempdir().expect("a directory");
    let release =
        "layer\nfile etc/os-release \"ID=debian\\nVERSION_ID=\\\"8\\\"\\nPRETTY_NAME=\\\"Debian 8\\\"\\n\"\n";
    let place = layout(directory.path(), &format!("{CLEAN}{release}"));
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (cache, advisories) = (directory.path().join("cache"), path("advisories"));
    let lint = || {
        let arguments = [
            "lint",
            &place,
            "--rule",
            "distribution-end-of-life",
            "--format",
            "json",
            "--advisories",
            &advisories,
        ];
        let answer: serde_json::Value = serde_json::from_slice(&run(&cache, &arguments)).expect("JSON");
        answer["observations"].as_array().expect("a list").iter().map(|each| each["detail"].clone()).collect()
    };
    let before: Vec<serde_json::Value> = lint();
    assert_eq!(before, Vec::<serde_json::Value>::new(), "without dates nothing is said");
    let feeds = directory.path().join("feeds/distro-info");
    fs::create_dir_all(&feeds).expect("a folder");
    let rows = "version,codename,series,created,release,eol,eol-lts,eol-elts\n8,Jessie,jessie,2013-05-04,2015-04-26,2018-06-17,2020-06-30\n";
    fs::write(feeds.join("debian.csv"), rows).expect("a file");
    run(&cache, &["advisories", "update", "--from", &path("feeds"), "--advisories", &advisories]);
    let after: Vec<serde_json::Value> = lint();
    assert_eq!(after.len(), 1, "{after:?}");
    let detail = after[0].as_str().expect("text");
    assert!(detail.contains("Debian 8") && detail.contains("2020-06-30"), "{detail}");
}

#[test]
fn observations_say_whether_they_came_with_the_base_that_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let below = "config User \"1000:1000\"\nlayer created-by=\"ADD base\"\nfile low \"1\" mode=0666\n";
    let above = format!("{below}layer created-by=\"COPY own\"\nfile high \"2\" mode=0666\n");
    let (base, image) = (directory.path().join("base"), directory.path().join("image"));
    image_from_text(below).write_oci_layout(&base).expect("the layout is written");
    image_from_text(&above).write_oci_layout(&image).expect("the layout is written");
    let (base, image) = (format!("oci:{}", base.display()), format!("oci:{}", image.display()));
    let rule = ["--rule", "world-writable-file", "--format", "csv"];
    let whose = |arguments: &[&str]| -> Vec<String> {
        let all = [&["lint", &image, "--no-cache"], arguments, &rule].concat();
        let rows = csv(&run(&directory.path().join("cache"), &all));
        rows.iter()
            .map(|row| format!("{} {}", String::from_utf8_lossy(&row[3]), String::from_utf8_lossy(&row[11])))
            .collect()
    };
    assert_eq!(whose(&["--base", &base]), ["/high false", "/low true"]);
    assert_eq!(whose(&[]), ["/high ", "/low "]);
    let other = plimsoll(&directory.path().join("cache"))
        .args(["lint", &base, "--base", &image])
        .output()
        .expect("the program starts");
    assert_eq!(other.status.code(), Some(2));
}

#[test]
fn rules_that_have_nothing_to_look_at_have_not_passed() {
    let directory = tempfile::tempdir().expect("a directory");
    let outcomes = |text: &str| -> Vec<String> {
        let place = layout(directory.path(), text);
        let bytes = run(&directory.path().join("cache"), &["lint", &place, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let rules = document["rules"].as_array().expect("rules").iter();
        let passed = rules.filter(|rule| rule["outcome"] == "passed");
        passed.map(|rule| rule["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    // A program alone: no accounts, packages or sources, and truly no shell.
    let passed = outcomes(CLEAN);
    for nothing in ["password-empty", "second-root-account", "unowned-executable", "package-source-foreign"] {
        assert!(!passed.contains(&nothing.to_owned()), "{nothing}");
    }
    for seen in ["shell-present", "setuid-file", "secret-in-file", "cache-left-behind"] {
        assert!(passed.contains(&seen.to_owned()), "{seen}");
    }
    let empty = outcomes("config User \"1000:1000\"\nlayer\n");
    for nothing in ["shell-present", "setuid-file", "secret-in-file", "cache-left-behind"] {
        assert!(!empty.contains(&nothing.to_owned()), "{nothing}");
    }
    assert!(empty.contains(&"runs-as-root".to_owned()));
}

#[test]
fn the_last_word_is_that_packages_may_be_missing() {
    let directory = tempfile::tempdir().expect("a directory");
    let check = |text: &str, expect: Option<&str>| {
        let place = layout(directory.path(), text);
        for command in ["inspect", "packages"] {
            let output = plimsoll(&directory.path().join("cache"))
                .args([command, &place])
                .output()
                .expect("the program starts");
            assert_eq!(output.status.code(), Some(0), "{command}");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let last = told.lines().last().unwrap_or_default();
            assert_eq!(last.contains("packages may be missing"), expect.is_some(), "{command}: {told}");
            assert!(last.contains(expect.unwrap_or_default()), "{command}: {told}");
        }
    };
    check(CLEAN, None);
    check(&format!("{CLEAN}fifo var/lib/dpkg/status\n"), Some("because of 1 problem;"));
    // Damage of evidence hides no package.
    check(&format!("{CLEAN}file etc/os-release \"nonsense\"\n"), None);
}
