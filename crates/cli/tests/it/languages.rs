//! Images of a Ruby, a PHP and a .NET program, made here with the languages' own tools, against
//! what `gem`, `composer`, `dotnet` and `monodis` list. What is not installed is skipped.

mod dotnet;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use plimsoll_testing::{Compression, TestImage, TestLayer};
use tempfile::TempDir;

use crate::places::{csv, run, skip};

/// What a program prints, if it can be run and ends well.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// An image of some layers, each of paths below a root, in a directory of its own; and its name.
pub(crate) fn image(layers: &[(&Path, &[String])]) -> (TempDir, String) {
    let place = tempfile::tempdir().expect("a directory");
    let mut image = TestImage::empty();
    for (root, paths) in layers {
        let archive = place.path().join("layer.tar");
        let made = Command::new("tar").arg("-C").arg(root).arg("-cf").arg(&archive).args(*paths).output();
        let made = made.expect("tar starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let archive = fs::read(&archive).expect("an archive");
        image.layers.push(TestLayer::from_archive(archive, Compression::Gzip, 1));
    }
    image.write_oci_layout(&place.path().join("image")).expect("a layout");
    let name = format!("oci:{}", place.path().join("image").display());
    (place, name)
}

/// What is installed in an image, as `type name version place`. None may be listed twice.
pub(crate) fn installed(layers: &[(&Path, &[String])]) -> Vec<[String; 4]> {
    let (place, name) = image(layers);
    let rows = csv(&run(&place.path().join("cache"), &["packages", &name, "--format", "csv"]));
    let field = |row: &Vec<Vec<u8>>, at: usize| String::from_utf8(row[at].clone()).expect("text");
    let rows = rows.iter().filter(|row| row[12] == b"false");
    let rows: Vec<[String; 4]> = rows.map(|row| [0, 1, 2, 11].map(|at| field(row, at))).collect();
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len(), "something is listed twice: {rows:?}");
    rows
}

/// Name and version of what is installed of a type.
fn packages(layers: &[(&Path, &[String])], kind: &str) -> BTreeSet<(String, String)> {
    let rows = installed(layers).into_iter().filter(|row| row[0] == kind);
    rows.map(|[_, name, version, _]| (name, version)).collect()
}

#[test]
fn the_gems_of_a_ruby_image_are_those_that_gem_lists() {
    let Some(homes) =
        ask(Command::new("ruby").args(["-e", "puts Gem.path.select { |path| Dir.exist?(path) }"]))
    else {
        skip("Ruby is not installed");
        return;
    };
    let homes: Vec<String> = homes.lines().map(str::to_owned).collect();
    let folder = tempfile::tempdir().expect("a directory");
    let specification = "Gem::Specification.new { |gem| gem.name = 'hull'; gem.version = '1.2.0.rc1'\n\
        gem.authors = ['A']; gem.summary = 'a hull'; gem.add_dependency 'rake' }\n";
    fs::write(folder.path().join("hull.gemspec"), specification).expect("a file");
    let own = folder.path().join("root/usr/local/gems");
    let gem = |arguments: &[&str]| {
        ask(Command::new("gem").args(arguments).current_dir(folder.path())).expect("gem ends well")
    };
    gem(&["build", "--force", "hull.gemspec"]);
    let directory = own.to_str().expect("text");
    gem(&[
        "install",
        "--local",
        "--force",
        "--no-document",
        "--install-dir",
        directory,
        "hull-1.2.0.rc1.gem",
    ]);
    let path = format!("{directory}:{}", homes.join(":"));
    let listed = ask(Command::new("gem").args(["list", "--local", "--all", "--quiet"]).env("GEM_PATH", path));
    // `name (default: 2.0.0, 1.0.0 java)`
    let mut expect = BTreeSet::new();
    for line in listed.expect("gem lists").lines() {
        let Some((name, versions)) = line.split_once(" (") else { continue };
        for version in versions.trim_end_matches(')').split(", ") {
            let version = version.strip_prefix("default: ").unwrap_or(version);
            let version = version.split(' ').next().unwrap_or_default();
            expect.insert((name.to_owned(), version.to_owned()));
        }
    }
    assert!(expect.contains(&("hull".to_owned(), "1.2.0.rc1".to_owned())), "{expect:?}");
    assert!(expect.len() > 20, "{}", expect.len());
    let homes: Vec<String> = homes.iter().map(|home| home.trim_start_matches('/').to_owned()).collect();
    let root = folder.path().join("root");
    let layers = [(Path::new("/"), homes.as_slice()), (root.as_path(), &["usr".to_owned()])];
    assert_eq!(packages(&layers, "gem"), expect);
}

const PROJECT: &str = r#"{"name": "acme/ship", "minimum-stability": "dev",
  "require": {"acme/hull": "*"}, "require-dev": {"acme/gauge": "*"},
  "repositories": [{"packagist.org": false},
    {"type": "path", "url": "hull", "options": {"symlink": false}},
    {"type": "path", "url": "gauge", "options": {"symlink": false}}]}"#;

#[test]
fn the_packages_of_a_php_image_are_those_that_composer_lists() {
    let folder = tempfile::tempdir().expect("a directory");
    let app = folder.path().join("srv/app");
    for (name, version) in [("hull", "v1.2.3"), ("gauge", "0.1-beta2")] {
        fs::create_dir_all(app.join(name)).expect("a directory");
        let manifest = format!(r#"{{"name": "acme/{name}", "version": "{version}"}}"#);
        fs::write(app.join(name).join("composer.json"), manifest).expect("a file");
    }
    fs::write(app.join("composer.json"), PROJECT).expect("a file");
    let composer = |arguments: &[&str]| {
        let mut command = Command::new("composer");
        command.args(arguments).args(["--no-interaction", "--no-plugins"]).current_dir(&app);
        command.env("COMPOSER_ALLOW_SUPERUSER", "1").env("COMPOSER_HOME", folder.path().join("home"));
        ask(command.env("COMPOSER_DISABLE_NETWORK", "1"))
    };
    if composer(&["install", "--quiet"]).is_none() {
        skip("Composer is not installed");
        return;
    }
    let listed = composer(&["show", "--format=json"]).expect("Composer lists");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let installed = listed["installed"].as_array().expect("a list").iter();
    let expect: BTreeSet<(String, String)> =
        installed.map(|each| (text(&each["name"]), text(&each["version"]))).collect();
    assert_eq!(expect.len(), 2);
    let below = ["srv".to_owned()];
    assert_eq!(packages(&[(folder.path(), &below)], "composer"), expect);
}

const LIST: &str = r#"{"runtimeTarget": {"name": ".NETCoreApp,Version=v6.0", "signature": ""},
  "targets": {".NETCoreApp,Version=v6.0": {"Ship/2.0.0": {"runtime": {"Ship.exe": {}}}}},
  "libraries": {"Ship/2.0.0": {"type": "project", "serviceable": false, "sha512": ""}}}"#;

/// The program has a list, as builds write it; the libraries beside it speak for themselves.
#[test]
fn the_assemblies_of_a_net_image_are_those_that_monodis_prints() {
    let folder = tempfile::tempdir().expect("a directory");
    let app = folder.path().join("app");
    fs::create_dir_all(&app).expect("a directory");
    let mut expect = BTreeSet::from([("Ship".to_owned(), "2.0.0".to_owned())]);
    for (name, version, options) in
        [("Ship.exe", "2.0.0.0", "-target:exe"), ("Hull.dll", "1.4.0.7", "-target:library")]
    {
        let source = format!(
            "[assembly: System.Reflection.AssemblyVersion(\"{version}\")]\nclass A {{ static void Main() {{ }} }}\n"
        );
        let file = folder.path().join("source.cs");
        fs::write(&file, source).expect("a file");
        let out = format!("-out:{}", app.join(name).display());
        if ask(Command::new("mcs").args([options, &out]).arg(&file)).is_none() {
            skip("Mono's compiler is not installed");
            return;
        }
        let Some(printed) = ask(Command::new("monodis").arg("--assembly").arg(app.join(name))) else {
            skip("monodis is not installed");
            return;
        };
        let field = |name: &str| {
            let line = printed.lines().find_map(|line| line.strip_prefix(name)).expect("a field");
            line.trim().to_owned()
        };
        assert_eq!(field("Version:"), version);
        if name != "Ship.exe" {
            expect.insert((field("Name:"), field("Version:")));
        }
    }
    fs::write(app.join("Ship.deps.json"), LIST).expect("a file");
    let below = ["app".to_owned()];
    assert_eq!(packages(&[(folder.path(), &below)], "nuget"), expect);
}

/// Made by `crates/catalog/tests/fixtures/egg/make.sh`, with setuptools.
const EGG: &str = "ahoy_egg-1.2.0-py3.11.egg";

#[test]
fn a_zipped_egg_is_listed_in_the_directory_that_it_lies_in() {
    let folder = tempfile::tempdir().expect("a directory");
    let site = folder.path().join("usr/lib/python3/dist-packages");
    fs::create_dir_all(&site).expect("a directory");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalog/tests/fixtures/egg");
    fs::copy(fixtures.join(EGG), site.join(EGG)).expect("a copy");
    // One that is told by files beside the modules, as a neighbour.
    let other = site.join("hull-2.0.dist-info");
    fs::create_dir(&other).expect("a directory");
    fs::write(other.join("METADATA"), "Metadata-Version: 2.1\nName: hull\nVersion: 2.0\n\n").expect("a file");
    let place = "/usr/lib/python3/dist-packages";
    assert_eq!(
        installed(&[(folder.path(), &["usr".to_owned()])]),
        [["pypi", "ahoy-egg", "1.2.0", place], ["pypi", "hull", "2.0", place]]
    );
}
