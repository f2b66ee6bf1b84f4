//! WordPress, its plugins and its themes, as they state themselves in their own files.

use std::cmp::Ordering;
use std::collections::HashSet;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};
use serde::{Deserialize, Serialize};

use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// WordPress.
#[derive(Debug, Clone, Copy)]
pub struct Wordpress;

/// WordPress itself.
pub const CORE: PackageType = PackageType::new("wordpress");
/// A plugin.
pub const PLUGIN: PackageType = PackageType::new("wordpress-plugin");
/// A theme.
pub const THEME: PackageType = PackageType::new("wordpress-theme");

/// WordPress looks for the fields of a plugin in so many bytes (`get_file_data`).
const HEAD: usize = 8 << 10;

const DOC: Doc = Doc {
    id: "wordpress",
    title: "WordPress, its plugins and themes",
    summary: "Installations of WordPress, and the plugins and themes in wp-content.",
    explanation: "Reads wp-includes/version.php, the PHP files directly in wp-content/plugins or in a \
directory there, and style.css of the themes, and takes the fields that WordPress takes (Plugin Name, Theme Name, \
Version, License) from their first 8 KiB.\n\n\
A plugin or theme is called as its directory, as in WordPress's own catalogue, and owns it. There is no \
package URL type for them: theirs are generic, under wordpress-plugin and wordpress-theme.",
};

impl Ecosystem for Wordpress {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[CORE, PLUGIN, THEME];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Sources]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

fn package_url(package: &Package) -> Option<Purl> {
    let namespace = Some(package.kind.as_str()).filter(|_| package.kind != CORE);
    Purl::new("generic", namespace, &package.name, Some(&package.version)).ok()
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    Core,
    Plugin,
    Theme,
}

/// What the file at a path is, what it is called, and where that lies.
fn role(file: &[u8]) -> Option<(Role, &[u8], &[u8])> {
    let (directory, name) = split(file);
    let (above, slug) = split(directory);
    if name == b"version.php" && slug == b"wp-includes" {
        return Some((Role::Core, b"wordpress", above));
    }
    let is_in = |directory: &[u8], wanted: &[u8]| {
        let (above, name) = split(directory);
        name == wanted && split(above).1 == b"wp-content"
    };
    if name == b"style.css" && is_in(above, b"themes") {
        return Some((Role::Theme, slug, directory));
    }
    if is_in(above, b"plugins") && name.ends_with(b".php") {
        return Some((Role::Plugin, slug, directory));
    }
    let stem = name.strip_suffix(b".php")?;
    is_in(directory, b"plugins").then_some((Role::Plugin, stem, file))
}

/// Reads sources.
#[derive(Debug, Clone, Copy)]
struct Sources;

impl Reader for Sources {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        // As text, of which the beginning is enough: an image may be full of PHP that is none of
        // WordPress's, and a source of any size has the fields where WordPress looks for them.
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Text, limit: HEAD as u64 }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let (role, name, _) = role(path)?;
        let head = String::from_utf8_lossy(content.get(..HEAD).unwrap_or(content));
        let title = match role {
            Role::Core => Some("WordPress".to_owned()),
            Role::Plugin => field(&head, "Plugin Name"),
            Role::Theme => field(&head, "Theme Name"),
        }?;
        let version = match role {
            Role::Core => core_version(&head),
            Role::Plugin | Role::Theme => field(&head, "Version"),
        };
        let Some(version) = version else {
            problems.push(Problem::new(
                "wordpress-version-unknown",
                format!("/{}", path::escape(path)),
                "it states no version, so this part of WordPress is missing from the report",
            ));
            return None;
        };
        let described = Described {
            name: String::from_utf8_lossy(name).into_owned(),
            version,
            licenses: field(&head, "License").into_iter().collect(),
            vendor: field(&head, "Author"),
            url: field(&head, "Plugin URI").or_else(|| field(&head, "Theme URI")),
            summary: Some(title),
            ..Described::default()
        };
        postcard::to_allocvec(&described).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let mut seen = HashSet::new();
        for (fragment, described) in decode::<Described>(image, "wordpress-unreadable", &mut joined.problems)
        {
            let Some((role, _, place)) = role(fragment.path) else { continue };
            if !seen.insert((place, described.version.clone())) {
                continue;
            }
            let kind = match role {
                Role::Core => CORE,
                Role::Plugin => PLUGIN,
                Role::Theme => THEME,
            };
            let mut package = described.package(kind);
            package.purl = package_url(&package);
            let index = add(package, &fragment, place, joined);
            if role == Role::Core {
                for directory in [b"wp-admin".as_slice(), b"wp-includes"] {
                    own_tree(image, &[place, b"/", directory].concat(), index, joined);
                }
            } else {
                own_tree(image, place, index, joined);
            }
        }
    }
}

/// `$wp_version = '6.1.9';`
fn core_version(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.trim_start().strip_prefix("$wp_version"))?;
    let value = value.trim_start().strip_prefix('=')?.trim();
    let version = value.strip_suffix(';')?.trim().trim_matches(['\'', '"']);
    (!version.is_empty()).then(|| version.to_owned())
}

/// A field of a comment at the head of a file: nothing but marks of a comment may stand before it.
fn field(text: &str, name: &str) -> Option<String> {
    text.split(['\n', '\r']).find_map(|line| {
        let line = line.trim_start_matches([' ', '\t']);
        let line =
            line.strip_prefix("<?php").unwrap_or(line).trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let head = line.get(..name.len())?;
        let value = line.get(name.len()..)?.strip_prefix(':').filter(|_| head.eq_ignore_ascii_case(name))?;
        let value = value.split("*/").next()?.split("?>").next()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn plugins_and_themes_are_what_wordpress_takes_them_for() {
        let plugin = "<?php\n/**\n * @package Akismet\n */\n/*\nPlugin Name: Akismet Anti-Spam\nVersion: 5.0.2\nRequires PHP: 5.2\nLicense: GPLv2 or later\n*/\n";
        let read = read(
            &[&Sources],
            &[&[
                Sample::File(
                    "srv/wp-includes/version.php",
                    "<?php\n/** @global string $wp_version */\n$wp_version = '6.1.9';\n",
                ),
                Sample::File("srv/wp-content/plugins/akismet/akismet.php", plugin),
                Sample::File("srv/wp-content/plugins/akismet/index.php", "<?php // silence\n"),
                Sample::File(
                    "srv/wp-content/plugins/hello.php",
                    "<?php // Plugin Name: Hello Dolly\n// Version: 1.7.2\n",
                ),
                Sample::File(
                    "srv/wp-content/themes/three/style.css",
                    "/*\nTheme Name: Three\nVersion: 1.0\n*/\n",
                ),
                Sample::File("srv/wp-content/plugins/half/half.php", "<?php // Plugin Name: Half\n"),
                Sample::File("srv/style.css", "/*\nTheme Name: Three\nVersion: 1.0\n*/\n"),
            ]],
        );
        let urls: Vec<String> =
            read.joined.packages.iter().map(|each| each.purl.as_ref().unwrap().to_string()).collect();
        assert_eq!(
            urls,
            [
                "pkg:generic/wordpress@6.1.9",
                "pkg:generic/wordpress-plugin/akismet@5.0.2",
                "pkg:generic/wordpress-plugin/hello@1.7.2",
                "pkg:generic/wordpress-theme/three@1.0"
            ]
        );
        assert_eq!(read.joined.packages[1].licenses, ["GPLv2 or later"]);
        assert!(read.paths_of("akismet").contains(&"/srv/wp-content/plugins/akismet/index.php".to_owned()));
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "wordpress-version-unknown");
    }

    #[test]
    fn a_source_of_any_size_has_its_fields_at_its_head_and_others_are_nobody_s() {
        let claims = crate::Claims::compile(&[&Sources]);
        let mut found = Vec::new();
        claims.find(b"srv/wp-content/plugins/large.php", &mut found);
        assert_eq!(found, []);
        claims.find_text(b"<?php // Plugin N", &mut found);
        assert_eq!(found.iter().map(|claim| claim.limit).collect::<Vec<_>>(), [8_192]);
        assert_eq!(Sources.read(b"srv/app/large.php", b"<?php // Plugin Name: A", &mut Vec::new()), None);
    }
}
