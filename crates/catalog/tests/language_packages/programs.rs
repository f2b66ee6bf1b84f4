//! Programs that are known by their own strings in real images. One that a package of the
//! distribution is, by name and version, is not listed again: whatever is left must be explained.

use std::collections::BTreeSet;

use plimsoll_model::Package;

use crate::image::{folder, look};

/// Programs whose file is no package's, or lies in a package of another version: what is found,
/// how the path begins and what it has in it, and why.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("bash", "/opt/links/bash-hardlink", "a hard link that the image's recipe made"),
    ("busybox", "/bin/", "the image is Busybox and nothing else"),
    ("glibc", "/lib/libc.so.6", "Busybox comes with its C library"),
    ("libarchive", "/@img/sharp-libvips-linux-x64/", "an npm package with libraries of its own"),
    ("node", "/usr/local/bin/node", "Node.js of its project, not of Debian"),
    ("openssl", "/usr/local/bin/node", "linked into Node.js"),
    ("zlib", "/usr/local/bin/node", "linked into Node.js, twice in its newer versions"),
    ("zlib", "/libnode.so.108", "linked into Debian's Node.js"),
    ("krb5", "/psycopg2_binary.libs/", "a wheel with libraries of its own"),
    ("openssl", "/psycopg2_binary.libs/", "a wheel with libraries of its own"),
    ("openssl", "/cryptography/", "linked into a wheel's module"),
    ("libjpeg-turbo", "illow.libs/", "a wheel with libraries of its own"),
    ("libpng", "illow.libs/", "a wheel with libraries of its own"),
    ("xz", "illow.libs/", "a wheel with libraries of its own"),
    ("zlib", "/lxml/", "linked into a wheel's modules"),
];

fn is_of_distribution(package: &Package) -> bool {
    ["deb", "apk", "rpm"].contains(&package.kind.as_str())
}

#[test]
fn whatever_no_package_of_the_distribution_is_can_be_explained() {
    let Some(images) = folder("") else { return };
    let mut names: Vec<String> = std::fs::read_dir(images)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains('@'))
        .collect();
    names.sort();
    let (mut wrong, mut found) = (Vec::new(), BTreeSet::new());
    for image in names {
        let Some(folder) = folder(&image) else { continue };
        let answer = look(&folder.join("oci"));
        let packages = &answer.joined.packages;
        for (index, package) in packages.iter().enumerate() {
            if package.kind.as_str() != "generic" {
                continue;
            }
            let named = format!("{} {}", package.name, package.version);
            let files = answer.joined.owned.iter().filter(|(_, owner)| *owner as usize == index);
            for (file, _) in files {
                let mut owners = answer.joined.owned.iter().filter(|(each, _)| each == file);
                let owner = owners.find_map(|(_, owner)| {
                    packages.get(*owner as usize).filter(|one| is_of_distribution(one))
                });
                let owner_name = owner.map_or("", |owner| &*owner.name);
                let path = answer.table.path(*file).to_string();
                let explained = EXPLAINED
                    .iter()
                    .any(|(program, within, _)| *program == package.name && path.contains(within));
                found.insert(format!("{named} in {owner_name}"));
                if !explained {
                    let version = owner.map_or("", |owner| &*owner.version);
                    wrong.push(format!("{image}: {named} at {path}, {owner_name} {version}"));
                }
            }
        }
        let problems = answer.read_problems.iter().chain(&answer.joined.problems);
        wrong.extend(
            problems
                .filter(|problem| problem.code.as_str().starts_with("program-"))
                .map(|problem| format!("{image}: {problem}")),
        );
    }
    eprintln!("{} programs: {found:#?}", found.len());
    assert!(!found.is_empty(), "not even what wheels and npm packages bring was found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
