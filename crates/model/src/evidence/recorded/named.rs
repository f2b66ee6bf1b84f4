//! What rpm records of a file in words, compared as `rpm --verify` does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::analysis::Analysis;
use crate::file::{FileId, FileKind, FileRecord};

/// What is recorded of a file in words. What is `None` is not to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedNames {
    /// The owner's name.
    pub user: Option<Arc<str>>,
    /// The group's name.
    pub group: Option<Arc<str>>,
    /// A link's target.
    pub link: Option<Arc<[u8]>>,
    /// Capabilities in the words of cap_from_text(3); empty where it has none.
    pub capabilities: Option<Arc<str>>,
}

impl RecordedNames {
    pub(super) fn has_other_link(&self, analysis: &Analysis, file: FileId) -> bool {
        let is_link = analysis.files.record(file).kind == FileKind::Symlink;
        is_link && self.link.as_deref().is_some_and(|link| link != analysis.files.link(file))
    }

    pub(super) fn has_other_capabilities(&self, analysis: &Analysis, file: FileId) -> bool {
        let Some(recorded) = self.capabilities.as_deref() else { return false };
        if !matches!(analysis.files.record(file).kind, FileKind::File | FileKind::HardLink) {
            return false;
        }
        let own = analysis.files.capability(file).unwrap_or_default();
        match (capabilities(recorded), capabilities(&own)) {
            (Some(recorded), Some(own)) => recorded != own,
            _ => recorded != own,
        }
    }
}

/// The flags of each capability that a text gives, as cap_from_text(3) reads it; `None` where it
/// speaks of all capabilities at once, or is none.
fn capabilities(text: &str) -> Option<BTreeMap<&str, u8>> {
    const OPERATORS: [char; 3] = ['=', '+', '-'];
    let mut all: BTreeMap<&str, u8> = BTreeMap::new();
    for clause in text.split_whitespace() {
        let (names, mut rest) = clause.split_at(clause.find(OPERATORS)?);
        while let Some(operator) = rest.chars().next() {
            let after = rest.get(1..)?;
            let (letters, next) = after.split_at(after.find(OPERATORS).unwrap_or(after.len()));
            rest = next;
            let mut flags = 0;
            for letter in letters.chars() {
                flags |= match letter {
                    'e' => 1,
                    'i' => 2,
                    'p' => 4,
                    _ => return None,
                };
            }
            if names.is_empty() || names == "all" {
                if operator == '=' && flags == 0 {
                    all.clear();
                    continue;
                }
                return None;
            }
            for name in names.split(',') {
                let own = all.entry(name).or_default();
                *own = match operator {
                    '=' => flags,
                    '+' => *own | flags,
                    _ => *own & !flags,
                };
            }
        }
    }
    all.retain(|_, flags| *flags != 0);
    Some(all)
}

/// The names of an image's users and groups.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    users: Option<Table<'a>>,
    groups: Option<Table<'a>>,
}

#[derive(Debug)]
struct Table<'a> {
    /// The first entry of a number or name stands, as in getpwuid(3).
    by_number: HashMap<u32, &'a str>,
    by_name: HashMap<&'a str, u32>,
}

impl<'a> Table<'a> {
    fn of(entries: impl Iterator<Item = (&'a str, u32)>) -> Self {
        let (mut by_number, mut by_name) = (HashMap::new(), HashMap::new());
        // rpm knows root without asking.
        for (name, number) in std::iter::once(("root", 0)).chain(entries) {
            by_number.entry(number).or_insert(name);
            by_name.entry(name).or_insert(number);
        }
        Self { by_number, by_name }
    }
}

/// Whether a number is what a name stands for, by either table; a name that cannot be looked up
/// for want of one is no change.
fn is_other(table: Option<&Table<'_>>, recorded: Option<&str>, number: u32) -> bool {
    let Some(name) = recorded.filter(|name| !name.is_empty()) else { return false };
    match table {
        Some(table) => {
            table.by_number.get(&number) != Some(&name) && table.by_name.get(name) != Some(&number)
        }
        None => name == "root" && number != 0,
    }
}

impl<'a> Names<'a> {
    pub(super) fn of(analysis: &'a Analysis) -> Self {
        let Some(evidence) = &analysis.evidence else { return Self::default() };
        let accounts = &evidence.accounts;
        let users = accounts
            .users
            .as_ref()
            .map(|file| Table::of(file.entries.iter().map(|user| (user.name.as_str(), user.uid))));
        let groups = accounts
            .groups
            .as_ref()
            .map(|file| Table::of(file.entries.iter().map(|group| (group.name.as_str(), group.gid))));
        Self { users, groups }
    }

    /// Whether a file belongs to another user or group than was recorded.
    pub(super) fn are_others(&self, recorded: &RecordedNames, record: &FileRecord) -> bool {
        is_other(self.users.as_ref(), recorded.user.as_deref(), record.uid)
            || is_other(self.groups.as_ref(), recorded.group.as_deref(), record.gid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_the_same_in_every_spelling() {
        let check = |left, right, expect| {
            assert_eq!(capabilities(left) == capabilities(right), expect, "{left} {right}");
        };
        check("cap_net_raw=ep", "= cap_net_raw+ep", true);
        check("cap_net_raw=ep", "cap_net_raw+p cap_net_raw+e", true);
        check("cap_net_admin,cap_net_raw=p", "cap_net_raw=p cap_net_admin=p", true);
        check("cap_net_raw=eip-i", "cap_net_raw=ep", true);
        check("", "=", true);
        check("cap_net_raw=ep", "cap_net_raw=p", false);
        check("cap_net_raw=ep", "", false);
        assert_eq!(capabilities("=ep"), None);
        assert_eq!(capabilities("nonsense"), None);
    }

    #[test]
    fn a_name_or_its_number_is_enough() {
        let table = Table::of([("app", 7), ("other", 7), ("app", 9)].into_iter());
        let check = |name, number, expect| {
            assert_eq!(is_other(Some(&table), Some(name), number), expect, "{name} {number}");
        };
        check("root", 0, false);
        check("root", 1, true);
        check("app", 7, false);
        check("other", 7, false);
        check("app", 9, false);
        check("nobody", 99, true);
        assert!(!is_other(None, Some("nobody"), 99));
        assert!(is_other(None, Some("root"), 99));
    }
}
