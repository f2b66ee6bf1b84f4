//! Damaged files: no reader may stop, whatever it is handed, and none may lead to a package
//! without a name or a version.

use plimsoll_catalog::reader::LayeredImage;
use plimsoll_catalog::{Joined, LayerFragment, Reader, readers};
use plimsoll_model::{FileTableBuilder, NewFile, NodeId};

fn check(id: &str, path: &str, content: &str) {
    let reader = readers().into_iter().find(|reader| reader.doc().id == id).unwrap();
    let whole = join(reader, path, content.as_bytes());
    assert!(!whole.packages.is_empty(), "{path} is to be read at first");
    for at in 0..content.len() {
        join(reader, path, &content.as_bytes()[..at]);
        for change in [0x01, 0x20, 0x80, 0xff] {
            let mut broken = content.as_bytes().to_vec();
            broken[at] ^= change;
            join(reader, path, &broken);
        }
    }
}

fn join(reader: &'static dyn Reader, path: &str, content: &[u8]) -> Joined {
    let mut joined = Joined::default();
    let Some(payload) = reader.read(path.as_bytes(), content, &mut Vec::new()) else { return joined };
    let mut builder = FileTableBuilder::new();
    builder.insert(NodeId::ROOT, b"file", &NewFile::IMPLICIT_DIRECTORY);
    let (table, _) = builder.finish();
    let index = table.index();
    let file = index.resolve(b"file");
    // What was kept may be damaged in the cache, too.
    let kept = [&payload[..], &payload[..payload.len() / 2]];
    for payload in kept {
        let fragment = LayerFragment { layer: 0, path: path.as_bytes(), file, payload };
        joined = Joined::default();
        reader.join(&LayeredImage { fragments: &[fragment], files: &index }, &mut joined);
        for package in &joined.packages {
            assert!(!package.name.is_empty() && !package.version.is_empty(), "{package:?}");
        }
    }
    let fragment = LayerFragment { layer: 0, path: path.as_bytes(), file, payload: &payload };
    joined = Joined::default();
    reader.join(&LayeredImage { fragments: &[fragment], files: &index }, &mut joined);
    joined
}

#[test]
fn no_damage_stops_a_reader() {
    let metadata = "Metadata-Version: 2.1\nName: a.b\nVersion: 1.0\nLicense: MIT\n  more\nRequires-Dist: c; extra == 'd'\n\nText\n";
    check("pypi", "opt/a-1.dist-info/METADATA", metadata);
    check("pypi", "opt/a-1.egg-info", metadata);
    let manifest =
        r#"{"name": "@s/é", "version": "1.0.0", "licenses": [{"type": "MIT"}], "dependencies": {"b": "^1"}}"#;
    check("npm", "srv/node_modules/@s/a/package.json", manifest);
    let lock = r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "npm:@s/b@1.0.0", "dependencies": {"c": {"version": "2"}}}}}"#;
    check("npm", "srv/package-lock.json", lock);
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0", "link": false}}}"#;
    check("npm", "srv/package-lock.json", lock);
    let specification = "# stub: a 1.0 java lib\0x\n  s.name = %q<a>.freeze\n  s.version = \"1.0\"\n  s.summary = \"\\u00e9 \\u{1f600} \\\"é\"\n  s.licenses = [\"MIT\".freeze, 'X']\n  s.add_dependency(%q<rake>.freeze, [\">= 1\"])\n";
    check("gem", "gems/specifications/a-1.0-java.gemspec", specification);
    let list = r#"{"packages": [{"name": "a/é", "version": "dev-x", "license": ["MIT"], "dist": {"reference": "0a"}, "install-path": "../../a"}], "dev-package-names": ["a/é"]}"#;
    check("composer", "srv/vendor/composer/installed.json", list);
    check("composer-lock", "srv/composer.lock", list);
    let list = r#"{"runtimeTarget": {"name": "x"}, "targets": {"x": {"A/1.0": {"runtime": {"lib/é.dll": {}}, "resources": {"b.dll": {"locale": "de"}}}}}, "libraries": {"A/1.0": {"type": "package"}}}"#;
    check("nuget", "app/A.deps.json", list);
    let specification = "<package><metadata><id>A</id><version>1.0</version><license type='expression'>MIT</license><description>&lt;&#233;<![CDATA[x]]></description><dependency id='B' version='[1, )'/></metadata></package>";
    check("nuget", "packages/a/1.0/a.nuspec", specification);
    check(
        "nuget-lock",
        "src/packages.lock.json",
        r#"{"dependencies": {"net6.0": {"A": {"resolved": "1.0"}}}}"#,
    );
    check("nuget-lock", "src/packages.config", "<packages><package id='A' version='1.0'/></packages>");
    check(
        "npm-lock",
        "srv/yarn.lock",
        "# yarn lockfile v1\n\n\"@s/é@npm:@t/b@^1\":\n  version \"1.0.0\"\n  resolution: \"@s/a@npm:1.0.0\"\n",
    );
    check(
        "npm-lock",
        "srv/pnpm-lock.yaml",
        "lockfileVersion: 5.4\npackages:\n  /@s/é/1.0.0_b@2:\n    version: 1.0.0\n",
    );
    check("npm-lock", "srv/bun.lock", r#"{"lockfileVersion": 1, "packages": {"a": ["@s/é@1.0.0", "",],},}"#);
    let table =
        "[[package]]\nname = \"é\"\nversion = \"1.0\"\n[package.source]\ntype = \"git\"\nurl = \"x\"\n";
    check("pypi-lock", "srv/poetry.lock", table);
    check("pypi-lock", "srv/requirements.txt", "a[b]==1.0 ; c # é\n");
    check("pypi-lock", "srv/Pipfile.lock", r#"{"_meta": {}, "develop": {"a": {"version": "==1.0"}}}"#);
    check(
        "cargo-lock",
        "srv/Cargo.lock",
        "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"git+x\"\n",
    );
    check("gem-lock", "srv/Gemfile.lock", "GEM\n  remote: x\n  specs:\n    é (1.0-java)\n      b\n");
    check("golang-mod", "srv/go.mod", "module a\nrequire é v1.0.0 // x\nreplace é v1.0.0 => b v1.1.0\n");
    check(
        "cran",
        "lib/a/DESCRIPTION",
        "Package: a\nVersion: 1.0-1\nTitle: A\n  b\nDepends: R, b\nBuilt: R 4; x; y; unix\n",
    );
    check(
        "otp",
        "lib/a/ebin/a.app",
        "%% a\n{application, a, [{vsn, \"1\"}, {m, ['A.B', #{x => <<\"y\">>}]}, {d, \"\\\"é\"}]}.\n",
    );
    let rock = "package = \"a\"\nversion = '1-1'\ndescription = { [\"x\"] = [==[\né]==], license = \"MIT\"; }\n-- c\ndependencies = { \"b\" }\n";
    check("luarocks", "lib/luarocks/rocks-5.1/a/1-1/a-1-1.rockspec", rock);
    check(
        "hackage",
        "x/package.conf.d/a.conf",
        "name: a\nversion: 1.0\ndepends:\n    b c\nimport-dirs: ${pkgroot}/a\n",
    );
    check(
        "alpm",
        "var/lib/pacman/local/a-1-1/desc",
        "%NAME%\na\n\n%VERSION%\n1-1\n\n%SIZE%\n12\n\n%DEPENDS%\nb\n",
    );
    check(
        "ebuild",
        "var/db/pkg/app-misc/a-1/CONTENTS",
        "dir /é\nobj /a b 9b60a29cfc7cb9c106ed8aa9ba10fccb 1\nsym /c -> d 1\n",
    );
    check("ebuild", "var/db/pkg/app-misc/a-1/LICENSE", "MIT || ( GPL-2+ ( BSD ISC ) ) é\n");
    check("opam", "o/.opam-switch/switch-state", "roots: [\"a.1\"]\ninstalled: [\"a.1\" \"é.v2\" {x}]\n");
    let recipe = "license: [\"MIT\"]\n# é\nsynopsis: \"\"\"a\\065\"\"\"\ndepends: [(\"b\" | c) \"d\" {= \"1\"}]\nurl { src: \"}\" }\n";
    check("opam", "o/.opam-switch/packages/a.1/opam", recipe);
    check("opam-lock", "src/a.opam.locked", "depends: [\"é\" {= \"1.0\" & with-test}]\n");
    check(
        "snap",
        "snap/a/1/meta/snap.yaml",
        "name: 'é'\nversion: \"1\"\narchitectures:\n- amd64\nx: [a, b]\n",
    );
    let pins =
        r#"{"version": 2, "pins": [{"location": "https://a.org/é/b.git", "state": {"version": "1.0.0"}}]}"#;
    check("swift", "src/Package.resolved", pins);
    check(
        "conda",
        "x/conda-meta/a.json",
        r#"{"name": "a", "version": "1", "channel": "https://c/x/noarch", "files": ["b"]}"#,
    );
    check(
        "cpan",
        "x/.meta/a-1/install.json",
        r#"{"dist": "a-1", "name": "a", "pathname": "A/AB/ABC/a-1.tar.gz"}"#,
    );
    check("wordpress", "wp-content/plugins/a/a.php", "<?php\n/* Plugin Name: é\n * Version: 1.0 */\n");
    check("binary", "opt/jdk/release", "JAVA_VERSION=\"17.0.9\"\nJAVA_RUNTIME_VERSION=\"17.0.9-ea+9\"\n");
}
