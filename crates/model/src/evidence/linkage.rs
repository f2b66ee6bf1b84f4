//! What an ELF file says of itself: what it is, what it is loaded with, how it is hardened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::strings::Strings;

/// What one ELF file says of itself. Names are as the file has them, bytes that are no UTF-8
/// escaped as in paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linkage {
    /// Bits of an address: 32 or 64.
    pub bits: u8,
    /// Whether numbers are written with their lowest byte first.
    pub is_little_endian: bool,
    /// `e_machine`: the processor, by the number that the ELF specification gives it.
    pub machine: u16,
    /// What it is for.
    pub kind: ElfKind,
    /// Whether the loader has anything to do with it.
    pub linking: Linking,
    /// The program that loads it (`PT_INTERP`).
    pub interpreter: Option<Arc<str>>,
    /// The name that others need it by (`DT_SONAME`).
    pub soname: Option<Arc<str>>,
    /// The libraries that it needs (`DT_NEEDED`), in order.
    pub needed: Vec<Arc<str>>,
    /// Where it looks for them before anywhere else, as written, `$ORIGIN` and all (`DT_RPATH`).
    pub rpath: Option<Arc<str>>,
    /// Where it looks for them after `LD_LIBRARY_PATH` (`DT_RUNPATH`).
    pub runpath: Option<Arc<str>>,
    /// Which versions of symbols it needs of which library (`DT_VERNEED`).
    pub version_needs: Vec<VersionNeed>,
    /// Which versions of symbols it has (`DT_VERDEF`), without the one that names the file itself.
    pub version_definitions: Vec<Arc<str>>,
    /// The GNU build id, in hexadecimal.
    pub build_id: Option<Box<str>>,
    /// What it says that it loads while it runs (notes of UAPI.12).
    pub loads: Vec<LoadNote>,
    /// What it says about the package that it came in (UAPI.11: JSON).
    pub package: Option<Arc<str>>,
    /// What it calls that decides about further files.
    pub calls: Calls,
    /// Strings among its constants that look like the names of libraries.
    pub libraries_named: Named,
    /// Strings among its constants that look like absolute paths.
    pub paths_named: Named,
    /// How it is protected against its own flaws.
    pub hardening: Hardening,
    /// Bytes of symbols and debugging data that it runs without. `None` where the table of
    /// sections is missing, damaged or was not kept.
    pub strippable: Option<u64>,
    /// What could not be read of it, though the file has it; a list above that it concerns may
    /// be too short.
    pub unread: Vec<Unread>,
}

/// What an ELF file is for (`e_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ElfKind {
    /// A relocatable object, such as a kernel module (`ET_REL`).
    Relocatable,
    /// An executable that is loaded to a fixed address (`ET_EXEC`).
    Executable,
    /// A library, or an executable that is loaded anywhere (`ET_DYN`).
    Shared,
    /// The memory of a process that died (`ET_CORE`).
    Core,
    /// Anything else, by its number.
    Other(u16),
}

/// Whether the loader has anything to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Linking {
    /// It is loaded with libraries, or is one.
    Dynamic,
    /// A program that needs neither loader nor libraries.
    Static,
    /// Neither: an object, a core, or debugging data of another file.
    None,
}

/// The versions of a library's symbols that a file needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionNeed {
    /// The library.
    pub library: Arc<str>,
    /// Its versions, in the file's order, and whether each is weak: one that may be missing.
    pub versions: Vec<(Arc<str>, bool)>,
}

/// What a file says that it loads while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadNote {
    /// Names of the library, the best first; one of them is enough.
    pub sonames: Vec<Arc<str>>,
    /// What it is good for.
    pub feature: Option<Arc<str>>,
    /// How much it is needed.
    pub priority: LoadPriority,
}

/// How much a library that is loaded while a program runs is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadPriority {
    /// Without it the program does not do what it is for.
    Required,
    /// Also where the note names no priority, as the specification has it.
    Recommended,
    /// Of use in rare cases.
    Suggested,
}

/// Functions that decide about files beyond those that the loader loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calls(pub u16);

impl Calls {
    /// Loads libraries by name: `dlopen`.
    pub const LOAD_LIBRARY: Self = Self(1);
    /// Asks for hosts: `getaddrinfo`, `gethostbyname`; libraries of `/etc/nsswitch.conf`.
    pub const HOSTS: Self = Self(1 << 1);
    /// Asks for users and groups: `getpwnam`, `getgrgid`; `/etc/passwd`, `/etc/nsswitch.conf`.
    pub const USERS: Self = Self(1 << 2);
    /// Converts character sets: `iconv_open`; modules of gconv.
    pub const CHARACTER_SETS: Self = Self(1 << 3);
    /// Takes a language's customs: `setlocale`.
    pub const LOCALES: Self = Self(1 << 4);
    /// Asks for local time: `localtime`; zoneinfo.
    pub const TIME_ZONES: Self = Self(1 << 5);
    /// Authenticates: `pam_start`; `/etc/pam.d` and the modules named there.
    pub const PAM: Self = Self(1 << 6);
    /// Starts programs: `execve`, `posix_spawn`.
    pub const PROGRAMS: Self = Self(1 << 7);
    /// Starts shells: `system`, `popen`, `wordexp`.
    pub const SHELLS: Self = Self(1 << 8);
    /// Ends threads: `pthread_cancel`, `pthread_exit`; glibc loads `libgcc_s.so.1` for it.
    pub const THREAD_ENDS: Self = Self(1 << 9);
    /// Asks for services and protocols: `getservbyname`, `getprotobyname`.
    pub const SERVICES: Self = Self(1 << 10);
    /// Translates messages: `dcgettext`; `/usr/share/locale`.
    pub const MESSAGES: Self = Self(1 << 11);

    /// Every call by name, in the order in which documents list them.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::LOAD_LIBRARY, "load-library"),
        (Self::HOSTS, "hosts"),
        (Self::USERS, "users"),
        (Self::CHARACTER_SETS, "character-sets"),
        (Self::LOCALES, "locales"),
        (Self::TIME_ZONES, "time-zones"),
        (Self::PAM, "pam"),
        (Self::PROGRAMS, "programs"),
        (Self::SHELLS, "shells"),
        (Self::THREAD_ENDS, "thread-ends"),
        (Self::SERVICES, "services"),
        (Self::MESSAGES, "messages"),
    ];

    /// Whether all of `other` are among them.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of all of them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(move |(call, _)| self.has(*call)).map(|(_, name)| *name)
    }
}

/// Strings of one shape among a file's constants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Named {
    /// These and no others, in the file's order, each once.
    All(Vec<Arc<str>>),
    /// These and more, which were not kept.
    Some(Vec<Arc<str>>),
    /// The constants were not looked at.
    Unknown,
}

impl Named {
    /// Those that are known.
    #[must_use]
    pub fn known(&self) -> &[Arc<str>] {
        match self {
            Self::All(names) | Self::Some(names) => names,
            Self::Unknown => &[],
        }
    }

    fn known_mut(&mut self) -> &mut [Arc<str>] {
        match self {
            Self::All(names) | Self::Some(names) => names,
            Self::Unknown => &mut [],
        }
    }
}

/// How a file is protected against its own flaws, as `hardening-check` and `checksec` judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardening {
    /// Whether the executable is loaded to an address that nobody can guess.
    pub position: Position,
    /// Whether tables of the loader become read-only before the program starts.
    pub relro: Relro,
    /// Whether its stack is no code: it says so (`PT_GNU_STACK`). Without a word from it, the
    /// kernel of most processors allows code there.
    pub no_execute: bool,
    /// Whether functions check that their stack was not overwritten. `None` where no table of
    /// symbols tells.
    pub stack_canary: Option<bool>,
    /// How many functions of the C library it uses in the form that checks sizes, and how many in
    /// the form that does not though the other exists. `None` where no table of symbols tells.
    pub fortified: Option<(u16, u16)>,
}

/// Where an executable is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// Anywhere: a position-independent executable.
    Anywhere,
    /// At an address that is written in it.
    Fixed,
    /// It is a library, which is loaded anywhere in any case.
    Library,
    /// It is not loaded.
    None,
}

/// Whether tables of the loader become read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relro {
    /// None.
    No,
    /// All but those of functions that are looked up when they are first called.
    Partial,
    /// All.
    Full,
}

/// What a file has that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unread {
    /// The dynamic section: libraries, names and paths.
    Dynamic,
    /// Strings that the dynamic section points to.
    Names,
    /// Versions of symbols.
    Versions,
    /// The symbols: calls, canary and fortification.
    Symbols,
    /// Notes: build id, package, what is loaded.
    Notes,
    /// The path of the interpreter.
    Interpreter,
}

impl Unread {
    /// What documents call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dynamic => "dynamic",
            Self::Names => "names",
            Self::Versions => "versions",
            Self::Symbols => "symbols",
            Self::Notes => "notes",
            Self::Interpreter => "interpreter",
        }
    }
}

impl Linkage {
    /// Makes strings that other files have too the same ones.
    pub fn share(&mut self, strings: &mut Strings) {
        let names =
            [&mut self.interpreter, &mut self.soname, &mut self.rpath, &mut self.runpath, &mut self.package];
        let lists = [&mut self.needed, &mut self.version_definitions];
        let named = [&mut self.libraries_named, &mut self.paths_named];
        names.into_iter().flatten().for_each(|name| strings.share(name));
        lists.into_iter().flatten().for_each(|name| strings.share(name));
        named.into_iter().flat_map(Named::known_mut).for_each(|name| strings.share(name));
        for need in &mut self.version_needs {
            strings.share(&mut need.library);
            need.versions.iter_mut().for_each(|(version, _)| strings.share(version));
        }
        for note in &mut self.loads {
            note.sonames.iter_mut().chain(&mut note.feature).for_each(|name| strings.share(name));
        }
    }

    /// What the processor is called, for those that images are made for.
    #[must_use]
    pub const fn machine_name(&self) -> Option<&'static str> {
        Some(match self.machine {
            3 => "x86",
            8 => "mips",
            20 => "ppc",
            21 => "ppc64",
            22 => "s390",
            40 => "arm",
            62 => "x86-64",
            183 => "aarch64",
            243 => "riscv",
            247 => "bpf",
            258 => "loongarch",
            _ => return None,
        })
    }
}
