//! The gems of the Ruby that is installed here, compared with what RubyGems lists.

use std::collections::BTreeSet;
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
