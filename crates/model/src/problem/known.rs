//! Every code of a problem: what it means, and what to do about it. A code that is not in this
//! list cannot be explained to the user; a test over the sources holds the list to them.

/// Codes of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemGroup {
    /// What they are about, in a few words.
    pub title: &'static str,
    /// Whether packages may be missing from the answer because of them.
    pub hides_packages: bool,
    /// What to do about one of them.
    pub remedy: &'static str,
    /// The codes, each with what it means.
    pub codes: &'static [(&'static str, &'static str)],
}

/// A code and what there is to say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemDoc {
    /// The code.
    pub code: &'static str,
    /// What it means, in one or two sentences.
    pub meaning: &'static str,
    /// The group that it belongs to.
    pub group: &'static ProblemGroup,
}

/// Every code, group by group.
pub fn known() -> impl Iterator<Item = ProblemDoc> {
    GROUPS
        .iter()
        .flat_map(|group| group.codes.iter().map(move |(code, meaning)| ProblemDoc { code, meaning, group }))
}

const LAYERS: ProblemGroup = ProblemGroup {
    title: "damage of a layer's archive",
    hides_packages: true,
    remedy: "Fetch or save the image again. Where its digests fit all the same, it was built so: build it anew with another tool.",
    codes: &[
        (
            "layer-archive-damaged",
            "The layer's archive cannot be read to its end. What comes after the damaged place is missing.",
        ),
        (
            "entry-path-refused",
            "An entry of the layer has a path that leads out of the image or is none. Engines refuse it, and it was left out.",
        ),
        (
            "entry-directory-unreachable",
            "An entry of the layer lies below something that is no directory. Engines refuse it, and it was left out.",
        ),
        (
            "entry-type-unknown",
            "An entry of the layer is of a kind that no format describes. It was left out.",
        ),
    ],
};

const ODDITIES: ProblemGroup = ProblemGroup {
    title: "oddity of a layer",
    hides_packages: false,
    remedy: "Nothing is missing from the list of packages. Build the image with another tool where its engines mind.",
    codes: &[
        (
            "layer-archive-lone-zero-block",
            "Amid the layer's archive lies a block of zeros, where some programs stop reading. What follows it is shown.",
        ),
        (
            "layer-size-wrong",
            "The manifest states another size of the layer than it has. Its digest fits, but engines refuse such an image.",
        ),
        (
            "hard-link-target-missing",
            "A hard link leads to a file that the image does not have. Engines refuse such a layer.",
        ),
        ("hard-link-to-directory", "A hard link leads to a directory, which no file system allows."),
        ("link-target-too-long", "A symbolic link's target is longer than any that can be made. It was cut."),
        ("sparse-file-not-hashed", "A file has holes too large to be hashed. It is listed without a digest."),
        ("whiteout-without-name", "A whiteout names nothing that it could hide. It hides nothing."),
    ],
};

const FILES: ProblemGroup = ProblemGroup {
    title: "file that was not read",
    hides_packages: true,
    remedy: "See with `plimsoll files IMAGE PATH` what lies there. What it holds counts neither as there nor as absent until it is read: keep the file under its own name and in its usual size.",
    codes: &[
        (
            "file-not-read",
            "A file that may list packages was not read: it is kept under another name, is a link or no plain file, or could not be kept while it was read.",
        ),
        ("file-too-large", "A file is larger than any real one of its kind, so its reader did not take it."),
        (
            "file-unreadable",
            "The system does not let this user read a file of the root directory. Run as root to see it.",
        ),
        (
            "other-file-system",
            "A directory of the root is another file system. Name it by itself to have it read.",
        ),
    ],
};

const PACKAGES: ProblemGroup = ProblemGroup {
    title: "list of packages that is damaged",
    hides_packages: true,
    remedy: "Look at the file that is named; install anew what it belongs to. Until then what it describes counts neither as there nor as absent.",
    codes: &[
        ("apk-database-damaged", "Parts of apk's database cannot be understood."),
        ("dpkg-status-damaged", "Parts of dpkg's status file cannot be understood."),
        ("rpm-database-damaged", "Parts of the rpm database cannot be read."),
        ("rpm-database-several", "The image has several rpm databases; the one that rpm uses was read."),
        ("pacman-description-incomplete", "An entry of pacman's database states no name or no version."),
        ("pacman-description-unreadable", "An entry of pacman's database cannot be understood."),
        ("conda-record-unreadable", "A record of an installed conda package cannot be understood."),
        ("composer-list-damaged", "Composer's list of installed packages cannot be understood."),
        ("dotnet-list-damaged", "A list of a .NET application's packages cannot be understood."),
        ("assembly-unreadable", "A .NET assembly cannot be read."),
        ("gem-specification-unreadable", "The description of a gem cannot be understood."),
        ("go-build-info-unreadable", "A Go program's list of its modules cannot be read."),
        ("go-version-unknown", "Go built a program, but with which version was not found."),
        ("haskell-registration-incomplete", "A Haskell library's registration lacks a name or a version."),
        ("haskell-registration-unreadable", "A Haskell library's registration cannot be understood."),
        (
            "lock-file-incomplete",
            "A lock file was not read to its end, or states packages without a version.",
        ),
        ("lock-file-unreadable", "A lock file cannot be understood."),
        ("declared-packages-left-out", "Lock files name more packages than are listed."),
        ("npm-manifest-damaged", "A package.json cannot be understood."),
        ("otp-application-unreadable", "The description of an Erlang application cannot be understood."),
        ("perl-metadata-unreadable", "The description of a Perl distribution cannot be understood."),
        ("perl-version-unknown", "Nothing states the version of a Perl distribution."),
        (
            "composer-list-incomplete",
            "Entries of Composer's list of installed packages lack a name or a version.",
        ),
        (
            "dotnet-list-incomplete",
            "Entries of a list of a .NET application's packages lack a name or a version.",
        ),
        ("dotnet-bundle-unreadable", "A .NET program that holds its libraries in itself cannot be read."),
        (
            "nuget-specification-unreadable",
            "The description of a NuGet package does not state the name and version that its directories have.",
        ),
        ("opam-file-damaged", "A file of an OCaml package cannot be understood."),
        ("opam-package-unnamed", "Nothing states the name of an OCaml package."),
        ("portage-contents-damaged", "A Gentoo package's list of files cannot be understood."),
        ("portage-record-unreadable", "The record of a Gentoo package cannot be understood."),
        ("snap-description-incomplete", "The description of a snap lacks a name or a version."),
        ("program-version-ambiguous", "A known program names several versions, so none was taken."),
        (
            "program-not-looked-through",
            "An executable has more texts of programs than are looked at, so not all of them are known.",
        ),
        ("python-egg-unreadable", "A Python egg cannot be read."),
        ("python-metadata-damaged", "The description of a Python package cannot be understood."),
        ("python-metadata-incomplete", "The description of a Python package lacks a name or a version."),
        ("r-description-incomplete", "The description of an R package lacks a name or a version."),
        ("r-description-unreadable", "The description of an R package cannot be understood."),
        ("rockspec-unreadable", "The description of a Lua rock cannot be understood."),
        ("rust-crates-unreadable", "A Rust program's list of its crates cannot be read."),
        ("wordpress-unreadable", "A part of WordPress cannot be understood."),
        ("wordpress-version-unknown", "A part of WordPress states no version."),
    ],
};

const JAVA: ProblemGroup = ProblemGroup {
    title: "Java archive that was not read whole",
    hides_packages: true,
    remedy: "Look into the archive with `unzip -l`. What it may hold counts neither as there nor as absent: record it in a bill of materials where it is meant to be so.",
    codes: &[
        ("java-archive-damaged", "The archive, or an entry of it, cannot be unpacked."),
        (
            "java-archive-encrypted",
            "An entry of the archive is encrypted, so nobody but its maker knows what it is.",
        ),
        ("java-archive-limit", "The archive holds more, or is nested deeper, than any real one."),
        ("java-archive-not-unpacked", "What the archive unpacks to is of no known form."),
        ("java-archive-overlapping", "The archive's entries lie on top of each other, which no tool writes."),
        ("java-archive-unidentified", "Nothing in the archive tells what it is."),
        ("java-version-unknown", "A library in the archive states no version."),
    ],
};

const EVIDENCE: ProblemGroup = ProblemGroup {
    title: "evidence that is damaged",
    hides_packages: false,
    remedy: "The packages are all there; what is said about the file that is named may lack something. Look at it.",
    codes: &[
        ("accounts-damaged", "Lines of a database of users, groups or passwords are no entries."),
        (
            "dpkg-file-list-damaged",
            "A package's list of files cannot be understood, so some count as nobody's.",
        ),
        ("dpkg-file-list-missing", "Packages have no list of files, so no file counts as theirs."),
        ("linkage-unreadable", "What was kept of how a file is linked cannot be read back. Clear the cache."),
        ("ownership-limit", "Packages list more files than are kept, so some count as nobody's."),
        ("os-release-damaged", "Lines of os-release are no settings. The rest counts."),
        (
            "package-place-unlikely",
            "A package says that it lies where everything does, so which files are its own is unknown.",
        ),
        ("package-sources-too-many", "A list of package sources is too long; the first thousand count."),
        ("package-sources-unreadable", "A list of package sources cannot be understood."),
        ("references-unreadable", "What was kept of what a file names cannot be read back. Clear the cache."),
        (
            "rockspec-partly-read",
            "Parts of the description of a Lua rock cannot be understood, so some files count as nobody's.",
        ),
        ("secrets-unreadable", "What was kept about secrets in a file cannot be read back. Clear the cache."),
        (
            "ssh-file-too-long",
            "A file of keys or of settings of SSH is too long; the first ten thousand count.",
        ),
        ("ssh-file-unreadable", "A key or the settings of the SSH server cannot be understood."),
        ("text-unreadable", "What was kept of a text cannot be read back. Clear the cache."),
    ],
};

const CACHE: ProblemGroup = ProblemGroup {
    title: "cache that cannot be written",
    hides_packages: false,
    remedy: "Name another directory with --cache-dir, or none with --no-cache. The answer is complete; the next one takes as long.",
    codes: &[("cache-not-written", "What was learnt about a layer could not be kept.")],
};

const ATTACHMENTS: ProblemGroup = ProblemGroup {
    title: "attachment that was not read",
    hides_packages: false,
    remedy: "Ask the registry again, or see with its own tools what is attached. A VEX document that was not read lifts nothing.",
    codes: &[(
        "attachment-not-read",
        "Something that is attached to the image, or the list of it, could not be read, is of another image, or is more than is looked at.",
    )],
};

const BILLS: ProblemGroup = ProblemGroup {
    title: "bill of materials that says too little",
    hides_packages: true,
    remedy: "Have the document written by a tool that states name, version and package URL of every component.",
    codes: &[
        ("sbom-purl-invalid", "The package URL of a component is none."),
        ("sbom-purl-missing", "A component has no package URL, so what kind of package it is nobody knows."),
        (
            "sbom-version-unknown",
            "The document is of a version of its format that is not known. What looks familiar was read.",
        ),
    ],
};

const MATCHING: ProblemGroup = ProblemGroup {
    title: "matter of exceptions and VEX documents",
    hides_packages: false,
    remedy: "Mend the statement that is named. One that is not applied lifts nothing.",
    codes: &[
        ("ignore-expired", "An exception's day has passed, so it is not applied."),
        ("ignore-undatable", "Whether an exception's day has passed cannot be told, so it is not applied."),
        ("ignore-unused", "An exception fits no finding."),
        ("vex-statement-unusable", "A statement of a VEX document cannot be applied, or not fully."),
        ("product-unknown", "A document speaks of products that it does not describe."),
    ],
};

const DATABASE: ProblemGroup = ProblemGroup {
    title: "damage of the advisory database",
    hides_packages: false,
    remedy: "Build the database anew with `plimsoll advisories update`. Until then vulnerabilities may be missing.",
    codes: &[("advisory-database-damaged", "Something in the advisory database cannot be read.")],
};

const FEEDS: ProblemGroup = ProblemGroup {
    title: "feed that did not come whole",
    hides_packages: false,
    remedy: "Run `plimsoll advisories update` again later; `plimsoll advisories status` tells how old each feed is. What was there before stays in use.",
    codes: &[
        ("feed-not-fetched", "A file of a feed could not be fetched."),
        ("feed-gave-nothing", "A feed's files give nothing, where they gave something before."),
        ("feed-shrank", "A feed has less than half of the entries that it had before."),
        (
            "feed-state-unwritable",
            "What the servers answered cannot be kept, so all is fetched anew the next time.",
        ),
        ("feed-file-unreadable", "A file of a feed cannot be opened or read."),
        ("feed-file-too-large", "A file of a feed is larger than any real one."),
        ("feed-unreadable", "A file of a feed cannot be understood."),
        ("feed-too-large", "A file of a feed unpacks to more than any real one."),
        ("feed-truncated", "A file of a feed breaks off."),
        ("feed-malformed", "A file of a feed is not of its format."),
        ("feed-empty", "A file of a feed holds nothing."),
        ("change-list-line", "A line of a feed's list of changes cannot be understood."),
        ("modified-list-damaged", "Lines of a feed's list of changes cannot be understood."),
        ("release-unknown", "A file of a feed does not tell of which release it speaks, so it is not used."),
        ("xml-document-type-refused", "A file of a feed declares a document type, which no real one does."),
        ("xml-too-deep", "A file of a feed is nested deeper than any real one."),
        ("zip-bomb", "An archive of a feed unpacks to far more than any real one."),
        ("zip-damaged", "An archive of a feed cannot be read."),
        ("secdb-unreadable", "A file of Alpine's security database cannot be understood."),
        (
            "secdb-release-unknown",
            "A file of Alpine's security database does not tell of which release it speaks.",
        ),
        ("debian-tracker-damaged", "The data of Debian's security tracker cannot be understood to the end."),
        ("kev-unreadable", "The catalogue of exploited flaws cannot be understood."),
        ("kev-incomplete", "The catalogue of exploited flaws holds fewer entries than it says."),
        ("epss-unreadable", "The scores of exploit prediction cannot be understood."),
        ("epss-too-large", "The scores of exploit prediction are more than there are flaws."),
        ("distro-info-unreadable", "The list of a distribution's releases cannot be understood."),
        ("endoflife-unreadable", "The dates on which products' support ends cannot be understood."),
    ],
};

const ENTRIES: ProblemGroup = ProblemGroup {
    title: "entry of a feed that was left out or mended",
    hides_packages: false,
    remedy: "This is for the feed's publisher to mend; the rest of it counts. Vulnerabilities that only this entry tells of are missing where it was left out.",
    codes: &[
        ("advisory-refused", "An advisory is larger than any real one."),
        ("advisory-without-id", "A document does not say which advisory it is."),
        ("cvss-vector-damaged", "A CVSS vector cannot be understood; the advisory counts without it."),
        ("debian-entry-damaged", "An entry of Debian's security tracker cannot be understood."),
        ("debian-release-unknown", "Debian's security tracker names a release that is not known."),
        ("debian-status-unknown", "Debian's security tracker states something unknown about a flaw."),
        ("distro-info-line-damaged", "A line about a distribution's release cannot be understood."),
        ("endoflife-release-damaged", "The dates of a release cannot be understood."),
        ("epss-line-damaged", "A line of the scores of exploit prediction cannot be understood."),
        ("kev-entry-damaged", "An entry of the catalogue of exploited flaws cannot be understood."),
        ("osv-commits-only", "A record tells affected commits alone, which no installed package states."),
        ("osv-ecosystem-unknown", "A record is about packages of a kind that is not known."),
        ("osv-events-doubtful", "The versions that a record calls affected contradict each other."),
        ("osv-no-package", "A record names no package."),
        ("osv-no-versions", "A record names no affected versions."),
        ("osv-range-unknown", "A record tells affected versions in a way that is not known."),
        ("osv-record-damaged", "A part of a record cannot be understood."),
        ("osv-record-unreadable", "A record cannot be understood."),
        ("oval-criteria-missing", "A definition does not say when it applies."),
        ("oval-definition-damaged", "A definition cannot be understood."),
        ("oval-definition-too-large", "A definition is larger than any real one."),
        ("oval-definition-unusable", "A definition cannot be told in terms of packages and versions."),
        ("oval-more-problems", "More definitions of the file have problems than are told one by one."),
        ("oval-test-not-understood", "A test of a definition is of a kind that is not known."),
        ("secdb-contradiction", "Alpine's security database says two things about one flaw."),
        ("secdb-entry-damaged", "An entry of Alpine's security database cannot be understood."),
        (
            "secdb-id-repaired",
            "An id in Alpine's security database was misspelled and is taken as it was meant.",
        ),
        ("secdb-id-unknown", "An id in Alpine's security database is none."),
        ("update-damaged", "An update notice cannot be understood."),
        ("update-more-problems", "More update notices of the file have problems than are told one by one."),
        ("update-unusable", "An update notice does not say what it updates."),
        ("zip-entry-damaged", "A member of a feed's archive cannot be unpacked."),
        ("zip-entry-encrypted", "A member of a feed's archive is encrypted."),
        ("zip-entry-too-large", "A member of a feed's archive is larger than any real one."),
        ("zip-entry-unknown", "A member of a feed's archive is no record."),
        ("zip-entry-unsupported", "A member of a feed's archive is packed in a way that is not known."),
    ],
};

/// Every group.
pub const GROUPS: &[ProblemGroup] = &[
    LAYERS,
    ODDITIES,
    FILES,
    PACKAGES,
    JAVA,
    EVIDENCE,
    CACHE,
    ATTACHMENTS,
    BILLS,
    MATCHING,
    DATABASE,
    FEEDS,
    ENTRIES,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_there_once_and_says_what_it_means() {
        let mut codes: Vec<&str> = known().map(|doc| doc.code).collect();
        for doc in known() {
            assert!(doc.meaning.ends_with('.') && doc.meaning.len() > 20, "{}", doc.code);
            assert!(doc.group.remedy.ends_with('.'), "{}", doc.group.title);
        }
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
