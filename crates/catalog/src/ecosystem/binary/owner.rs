//! Which programs are what a package of the distribution says it is: they are listed once.

use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_model::FileId;

use crate::reader::{Joined, ShownFragment};
use crate::same_software::is_same_software;

/// The files, with the names of programs, that are already listed as a distribution's package.
pub(super) fn find(
    programs: &BTreeMap<(&[u8], String, String), Vec<ShownFragment<'_>>>,
    joined: &Joined,
) -> HashSet<(FileId, String)> {
    let mut found: HashMap<FileId, Vec<(&str, &str)>> = HashMap::new();
    for ((_, name, version), files) in programs {
        for file in files {
            found.entry(file.file).or_default().push((name.as_str(), version.as_str()));
        }
    }
    let mut same = HashSet::new();
    for (file, owner) in &joined.owned {
        let Some(programs) = found.get(file) else { continue };
        let Some(owner) = joined.packages.get(*owner as usize) else { continue };
        let agreeing = programs.iter().filter(|(name, version)| is_same_software(owner, name, version));
        same.extend(agreeing.map(|(name, _)| (*file, (*name).to_owned())));
    }
    same
}
