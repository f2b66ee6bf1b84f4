//! The gems of the Ruby that is installed here, compared with what RubyGems lists.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::image::look_at;

/// Name, version, platform and specification of every gem, as RubyGems finds them.
const SCRIPT: &str = "
Gem::Specification.each do |gem|
  puts [gem.name, gem.version, gem.platform, gem.loaded_from, gem.licenses.join(';')].join(\"\\t\")
end
";

#[test]
fn the_gems_of_a_ruby_are_those_that_it_lists() {
    let answer = Command::new("ruby").args(["-e", SCRIPT]).output();
    let Some(answer) = answer.ok().filter(|answer| answer.status.success()) else {
        eprintln!("skipped: Ruby is not installed");
        return;
    };
    let text = String::from_utf8(answer.stdout).unwrap();
    let expect: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let mut archive = tar::Builder::new(Vec::new());
    for path in expect.iter().filter_map(|row| row.split('\t').nth(3)) {
        archive.append_path_with_name(path, path.trim_start_matches('/')).unwrap();
    }
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    let packages = found.joined.packages.iter().filter(|package| package.kind.as_str() == "gem");
    let rows: Vec<String> = packages
        .map(|package| {
            let platform = package.arch.as_deref().unwrap_or("ruby");
            let evidence = package.evidence.as_ref().unwrap().to_string();
            [&*package.name, &*package.version, platform, &*evidence, &*package.licenses.join(";")].join("\t")
        })
        .collect();
    assert_eq!(rows.len(), expect.len());
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expect);
    assert_eq!(found.read_problems, []);
}

/// A folder that is removed again.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const GEMSPEC: &str = r##"
Gem::Specification.new do |gem|
  gem.name = "hull"
  gem.version = "1.2.0.rc1"
  gem.platform = "x86_64-linux"
  gem.authors = ["A"]
  gem.summary = "Say \"ahoy\" to the #{'h'}ull – \\o/"
  gem.homepage = "https://example.org/hull"
  gem.licenses = ["MIT", "Ruby"]
  gem.files = ["lib/hull.rb"]
  gem.add_dependency "rake", ">= 12", "< 14"
  gem.add_dependency "json"
  gem.add_development_dependency "rspec"
end
"##;

/// Builds a gem and installs it into a home of its own, with the real `gem`.
fn install() -> Option<Folder> {
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-gem-{}", std::process::id())));
    std::fs::create_dir_all(folder.0.join("lib")).ok()?;
    std::fs::write(folder.0.join("lib/hull.rb"), "AHOY = true\n").ok()?;
    std::fs::write(folder.0.join("hull.gemspec"), GEMSPEC).ok()?;
    let gem = |arguments: &[&str]| {
        let answer = Command::new("gem").args(arguments).current_dir(&folder.0).output();
        answer.is_ok_and(|answer| answer.status.success())
    };
    let file = "hull-1.2.0.rc1-x86_64-linux.gem";
    let made = gem(&["build", "--force", "hull.gemspec"])
        && gem(&["install", "--local", "--force", "--no-document", "--install-dir", "home", file]);
    made.then_some(folder)
}

#[test]
fn a_gem_that_gem_installed_is_told_with_everything_that_it_states() {
    let Some(folder) = install() else {
        eprintln!("skipped: gem is not installed");
        return;
    };
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_dir_all("var/lib/gems/3.1.0", folder.0.join("home")).unwrap();
    let archive = std::io::Cursor::new(archive.into_inner().unwrap());
    let found = look_at(std::iter::once(Box::new(archive) as Box<dyn std::io::Read>));
    assert_eq!(found.read_problems, []);
    let [package] = found.joined.packages.as_slice() else { panic!("{:?}", found.joined.packages) };
    assert_eq!((&*package.name, &*package.version), ("hull", "1.2.0.rc1"));
    assert_eq!(package.arch.as_deref(), Some("x86_64-linux"));
    assert_eq!(package.licenses, ["MIT", "Ruby"]);
    assert_eq!(package.requires, ["rake (>= 12, < 14)", "json"]);
    assert_eq!(package.summary.as_deref(), Some("Say \"ahoy\" to the hull – \\o/"));
    assert_eq!(package.url.as_deref(), Some("https://example.org/hull"));
    assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:gem/hull@1.2.0.rc1?platform=x86_64-linux");
    let place = "/var/lib/gems/3.1.0/gems/hull-1.2.0.rc1-x86_64-linux";
    assert_eq!(package.place.as_ref().unwrap().to_string(), place);
    let owned: Vec<String> =
        found.joined.owned.iter().map(|(file, _)| found.table.path(*file).to_string()).collect();
    assert!(owned.contains(&format!("{place}/lib/hull.rb")), "{owned:?}");
}
