//! What scripts, sources and configuration name: programs, modules, files.

mod collection;
mod configuration;
mod javascript;
mod lines;
mod manifest;
mod perl;
mod php;
mod python;
mod ruby;
mod shebang;
mod shell;
#[cfg(test)]
mod tests;

use plimsoll_model::evidence::references::{Language, Reference};
use plimsoll_model::{Problem, path};

use self::collection::{Collection, Found};
use crate::claim::{Claim, Pattern};
use crate::content_names::content_names;
use crate::executable;
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Reads scripts, sources and configuration.
#[derive(Debug, Clone, Copy)]
pub struct ReferencesReader;

/// The largest source that is read. Larger ones are bundles and tables, made by tools.
const MAX_SOURCE: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "references",
    title: "References",
    summary: "What scripts, sources and configuration name: programs, modules, files.",
    explanation: "Reads scripts (by their first line or their ending), sources of Python, \
JavaScript, Ruby, Perl and PHP, package.json, and the configuration of the usual servers and of the \
system. Kept are interpreters, commands, sourced files, imports, absolute paths, paths beside the \
file, and what directives name, each with the line where it first stands.\n\n\
Comments, strings and here-documents are told apart as the languages do; nothing is run. Where only \
a run can tell what is named (`eval`, `require(name)`, a command in a variable), that is kept as \
open. Files larger than 4 MiB are not read, and of one that is damaged, nests too deeply or names \
more than 8,192 things there may be more; both are kept as well.",
};

impl Reader for ReferencesReader {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        2
    }

    fn claims(&self) -> &'static [Claim] {
        const fn claim(pattern: Pattern) -> Claim {
            Claim { pattern, limit: MAX_SOURCE }
        }
        const CLAIMS: &[Claim] = &[
            claim(Pattern::Magic(b"#!")),
            claim(Pattern::Extension(".sh")),
            claim(Pattern::Extension(".bash")),
            claim(Pattern::Extension(".py")),
            claim(Pattern::Extension(".js")),
            claim(Pattern::Extension(".mjs")),
            claim(Pattern::Extension(".cjs")),
            claim(Pattern::Extension(".rb")),
            claim(Pattern::Extension(".ru")),
            claim(Pattern::Extension(".pl")),
            claim(Pattern::Extension(".pm")),
            claim(Pattern::Extension(".php")),
            claim(Pattern::Name("package.json")),
            claim(Pattern::Extension(".conf")),
            claim(Pattern::Extension(".cnf")),
            claim(Pattern::Extension(".cfg")),
            claim(Pattern::Extension(".ini")),
            claim(Pattern::Extension(".service")),
            claim(Pattern::Extension(".socket")),
            claim(Pattern::Extension(".timer")),
            claim(Pattern::Extension(".mount")),
            claim(Pattern::Extension(".path")),
            claim(Pattern::Path("etc/crontab")),
            claim(Pattern::In("etc/cron.d", "")),
            claim(Pattern::In("var/spool/cron/crontabs", "")),
            claim(Pattern::In("etc/crontabs", "")),
            claim(Pattern::In("etc/pam.d", "")),
            claim(Pattern::In("usr/lib/pam.d", "")),
            claim(Pattern::In("etc/logrotate.d", "")),
            claim(Pattern::Path("etc/ssh/sshd_config")),
            claim(Pattern::Path("etc/ssh/ssh_config")),
            claim(Pattern::In("etc/nginx/sites-enabled", "")),
            claim(Pattern::In("etc/nginx/sites-available", "")),
            claim(Pattern::In("etc/nginx/snippets", "")),
            claim(Pattern::In("etc/apache2/mods-available", "")),
            claim(Pattern::Path("etc/apache2/envvars")),
            claim(Pattern::Path("etc/ld.so.preload")),
        ];
        CLAIMS
    }

    fn is_on_demand(&self) -> bool {
        true
    }

    fn too_large(&self, path: &[u8], _: u64) -> Option<Vec<u8>> {
        let language = language(path, &[])?;
        Collection::default().finish(language, false)
    }

    fn read(&self, path: &[u8], content: &[u8], _: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let beginning = executable::beginning(content);
        let language = language(path, beginning)?;
        let mut found = Collection::default();
        shebang::read(beginning, &mut found);
        let is_whole = beginning.len() == content.len() && content.len() as u64 <= MAX_SOURCE;
        if is_whole {
            match language {
                Language::Shell => shell::read(content, &mut found),
                Language::Python => python::read(content, &mut found),
                Language::JavaScript => javascript::read(content, &mut found),
                Language::NodeManifest => manifest::read(content, &mut found),
                Language::Ruby => ruby::read(content, &mut found),
                Language::Perl => perl::read(content, &mut found),
                Language::Php => php::read(content, &mut found),
                Language::Configuration => configuration::read(path, content, &mut found),
                Language::Other => {}
            }
        }
        found.finish(language, is_whole)
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        let names = content_names(image);
        let Joined { evidence, problems, .. } = joined;
        let references = &mut evidence.references;
        for fragment in image.shown() {
            let Ok(found) = postcard::from_bytes::<Found<'_>>(fragment.payload) else {
                problems.push(Problem::new(
                    "references-unreadable",
                    format!("/{}", path::escape(fragment.path)),
                    "what was kept of what this file names cannot be read back",
                ));
                continue;
            };
            let rows = found.rows.iter().map(|(kind, line, target, by)| Reference {
                kind: *kind,
                line: *line,
                target,
                by,
            });
            let all = std::iter::once(fragment.file).chain(names.others(fragment.file).iter().copied());
            references.insert(all, found.language, found.is_complete, rows);
        }
        references.finish();
    }
}

/// What a file is read as, by its name or by its first line.
fn language(path: &[u8], beginning: &[u8]) -> Option<Language> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if name == b"package.json" {
        return Some(Language::NodeManifest);
    }
    if configuration::is_configuration(path) {
        return Some(Language::Configuration);
    }
    if let Some(interpreter) = shebang::program(beginning) {
        return Some(shebang::language(&interpreter));
    }
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    Some(match name.get(dot..)? {
        b".sh" | b".bash" => Language::Shell,
        b".py" => Language::Python,
        b".js" | b".mjs" | b".cjs" => Language::JavaScript,
        b".rb" | b".ru" => Language::Ruby,
        b".pl" | b".pm" => Language::Perl,
        b".php" => Language::Php,
        _ => return None,
    })
}
