//! Applications of Erlang and Elixir: what `erlc`, rebar3 and mix leave in `ebin`.

mod term;

use std::cmp::Ordering;

use plimsoll_model::path::split;
use plimsoll_model::{Distribution, Package, PackageType, Problem, Purl, path};

use self::term::Term;
use super::Ecosystem;
use crate::claim::{Claim, Pattern};
use crate::described::{Described, add, decode, own_tree};
use crate::reader::{Doc, Joined, LayeredImage, Reader};

/// Applications of Erlang and Elixir.
#[derive(Debug, Clone, Copy)]
pub struct Otp;

/// The purl type of OTP applications.
pub const TYPE: PackageType = PackageType::new("otp");

/// The largest application lists its thousand modules in 100 KB.
const MAX_RESOURCE: u64 = 4 << 20;

const DOC: Doc = Doc {
    id: "otp",
    title: "Erlang and Elixir applications",
    summary: "Applications that an Erlang virtual machine finds, those that come with Erlang and Elixir among them.",
    explanation: "Reads NAME.app in every directory called ebin: the application resource file, in \
which name and version (vsn) are terms of Erlang. Releases that mix or rebar3 made have one for each \
application. The version of Erlang as a whole is a program's (binary).\n\n\
An application owns the directory that ebin lies in. Which of them came from Hex is not written \
down in a release, so their package URL is of the type otp.",
};

impl Ecosystem for Otp {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn package_types(&self) -> &'static [PackageType] {
        const TYPES: &[PackageType] = &[TYPE];
        TYPES
    }

    fn readers(&self) -> &'static [&'static dyn Reader] {
        &[&Resources]
    }

    fn purl(&self, package: &Package, _: Option<&Distribution>) -> Option<Purl> {
        package_url(package)
    }

    /// A version is any text to OTP; it says of none which is newer.
    fn order(&self, _: &str, _: &str) -> Option<Ordering> {
        None
    }
}

/// The type's definition asks for a name in lower case.
fn package_url(package: &Package) -> Option<Purl> {
    Purl::new("otp", None, &package.name.to_lowercase(), Some(&package.version)).ok()
}

/// Reads application resource files.
#[derive(Debug, Clone, Copy)]
struct Resources;

impl Reader for Resources {
    fn doc(&self) -> &'static Doc {
        &DOC
    }

    fn revision(&self) -> u32 {
        1
    }

    fn claims(&self) -> &'static [Claim] {
        const CLAIMS: &[Claim] = &[Claim { pattern: Pattern::Inside("ebin", ".app"), limit: MAX_RESOURCE }];
        CLAIMS
    }

    fn read(&self, path: &[u8], content: &[u8], problems: &mut Vec<Problem>) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(content);
        let described = term::parse(&text).and_then(|term| describe(&term));
        if described.is_none() {
            problems.push(Problem::new(
                "otp-application-unreadable",
                format!("/{}", path::escape(path)),
                "it does not state an application with its version, so this application is missing from the report",
            ));
        }
        postcard::to_allocvec(&described?).ok()
    }

    fn join(&self, image: &LayeredImage<'_>, joined: &mut Joined) {
        for (fragment, described) in
            decode::<Described>(image, "otp-application-unreadable", &mut joined.problems)
        {
            let place = split(split(fragment.path).0).0;
            let mut package = described.package(TYPE);
            package.purl = package_url(&package);
            let index = add(package, &fragment, place, joined);
            own_tree(image, place, index, joined);
        }
    }
}

/// `{application, Name, [{vsn, "1.0"}, …]}`
fn describe(term: &Term<'_>) -> Option<Described> {
    let Term::Tuple(items) = term else { return None };
    let [Term::Atom(kind), Term::Atom(name), Term::List(properties)] = items.as_slice() else { return None };
    let property = |wanted: &str| {
        properties.iter().find_map(|property| match property {
            Term::Tuple(pair) => match pair.as_slice() {
                [Term::Atom(name), value] if *name == wanted => Some(value),
                _ => None,
            },
            _ => None,
        })
    };
    let text = |wanted: &str| match property(wanted) {
        Some(Term::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    let names = |wanted: &str| match property(wanted) {
        Some(Term::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Term::Atom(name) => Some((*name).to_owned()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let version = text("vsn")?;
    (*kind == "application" && !name.is_empty()).then(|| Described {
        name: (*name).to_owned(),
        version,
        summary: text("description").and_then(|text| text.lines().next().map(str::to_owned)),
        requires: names("applications"),
        // What hex.pm asks packages to state.
        licenses: names("licenses"),
        ..Described::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecosystem::dpkg::sample_image::{Sample, read};

    #[test]
    fn an_application_is_read_from_its_resource_file() {
        let crypto = "%% {application, no, [{vsn, \"0\"}]}.\n{application, crypto,\n   [{description, \"CRYPTO\"},\n    \
            {vsn, \"5.1.2\"},\n    {modules, [crypto,\n\t       crypto_ec_curves]},\n    {applications, [kernel, stdlib]},\n    \
            {env, [{fips_mode, false}, {rand_cache_size, 896}, {x, #{a => <<\"b\">>}}]}]}.\n";
        let read = read(
            &[&Resources],
            &[&[
                Sample::File("usr/lib/erlang/lib/crypto-5.1.2/ebin/crypto.app", crypto),
                Sample::File("usr/lib/erlang/lib/crypto-5.1.2/ebin/crypto.beam", ""),
                Sample::File("src/crypto.app.src", crypto),
                Sample::File("opt/half/ebin/half.app", "{application, half, [{vsn, git}]}."),
            ]],
        );
        let [package] = read.joined.packages.as_slice() else { panic!("{:?}", read.joined.packages) };
        assert_eq!(package.purl.as_ref().unwrap().to_string(), "pkg:otp/crypto@5.1.2");
        assert_eq!(package.requires, ["kernel", "stdlib"]);
        assert_eq!(package.place.as_ref().unwrap().to_string(), "/usr/lib/erlang/lib/crypto-5.1.2");
        assert_eq!(read.paths_of("crypto").len(), 4);
        let [problem] = read.problems.as_slice() else { panic!("{:?}", read.problems) };
        assert_eq!(problem.code.as_str(), "otp-application-unreadable");
    }

    #[test]
    fn applications_in_applications_own_no_more_than_files_can_have_owners() {
        let place = |depth: usize| format!("{}ebin/a.app", "a/".repeat(depth));
        let paths: Vec<String> = (1..200).map(place).collect();
        let text = "{application, a, [{vsn, \"1\"}]}.";
        let samples: Vec<Sample<'_>> = paths.iter().map(|path| Sample::File(path, text)).collect();
        let found = read(&[&Resources], &[&samples]);
        assert_eq!(found.joined.packages.len(), 199);
        assert!(found.joined.owned.len() <= 17 * found.table.len(), "{}", found.joined.owned.len());
        let [problem] = found.joined.problems.as_slice() else { panic!("{:?}", found.joined.problems) };
        assert_eq!(problem.code.as_str(), "ownership-limit");

        let few = read(&[&Resources], &[&samples[..8]]);
        assert_eq!(few.joined.problems, []);
        assert_eq!(few.joined.owned.len(), (1..=8).map(|inner| 3 * inner).sum::<usize>());
    }

    #[test]
    fn brackets_in_brackets_do_not_take_the_stack() {
        for open in ["[", "{", "#{a=>"] {
            let found = read(&[&Resources], &[&[Sample::File("a/ebin/a.app", &open.repeat(500_000))]]);
            assert_eq!(found.problems.len(), 1);
        }
    }
}
