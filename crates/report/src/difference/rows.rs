//! The rows of a comparison as text, shared by the formats for people.

use std::borrow::Cow;
use std::fmt::Write as _;

use plimsoll_model::compare::{
    Aspects, Change, ConfigChange, FileChange, FileCounts, FileGroup, Setting, packages,
};
use plimsoll_model::{FileId, FileKind, FileTable, Layer, Package};

use super::DifferenceView;
use crate::units::size;

/// One package that differs.
pub(super) struct PackageRow<'a> {
    pub(super) change: Change,
    /// The package as it is after, or else as it was before.
    pub(super) package: &'a Package,
    /// It as it was before and as it is after.
    pub(super) sides: (Option<&'a Package>, Option<&'a Package>),
    /// Its versions as people read them.
    pub(super) before: Option<Cow<'a, str>>,
    pub(super) after: Option<Cow<'a, str>>,
}

/// The packages to show.
pub(super) fn package_rows<'a>(view: &DifferenceView<'a>) -> Vec<PackageRow<'a>> {
    view.comparison
        .packages
        .iter()
        .filter(|change| view.takes(change.change))
        .filter_map(|change| {
            let (left, right) = change.sides(view.before, view.after);
            let (before, after) = packages::display_versions(left, right);
            Some(PackageRow {
                change: change.change,
                package: right.or(left)?,
                sides: (left, right),
                before,
                after,
            })
        })
        .collect()
}

/// A column beside name and versions that is shown only where two rows need it to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    Type,
    Arch,
    Place,
}

impl Extra {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Type => "Type",
            Self::Arch => "Arch",
            Self::Place => "Place",
        }
    }

    pub(super) fn of(self, package: &Package) -> String {
        match self {
            Self::Type => package.kind.to_string(),
            Self::Arch => package.arch.clone().unwrap_or_default(),
            Self::Place => package.place.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The extra columns that some packages of a list, ordered by name, need: the type where one name
/// stands for two types, the architecture where one name and type does for two architectures, the
/// place where all of these are the same and the place is not.
pub(super) fn extras<'p>(packages: impl Iterator<Item = &'p Package>) -> Vec<Extra> {
    let packages: Vec<&Package> = packages.collect();
    let (mut kind, mut arch, mut place) = (false, false, false);
    for pair in packages.windows(2) {
        let [left, right] = pair else { continue };
        if left.name != right.name {
            continue;
        }
        if left.kind != right.kind {
            kind = true;
        } else if left.arch != right.arch {
            arch = true;
        } else if left.place != right.place {
            place = true;
        }
    }
    [(kind, Extra::Type), (arch, Extra::Arch), (place, Extra::Place)]
        .into_iter()
        .filter_map(|(needed, extra)| needed.then_some(extra))
        .collect()
}

/// The files of one package that differ and are to be shown.
pub(super) struct GroupRow<'a> {
    /// The owning package; `None` where no package owns the files.
    pub(super) owner: Option<&'a Package>,
    pub(super) counts: FileCounts,
    /// `Removed` or `Added` where the whole package went or came.
    pub(super) whole: Option<Change>,
    pub(super) group: &'a FileGroup,
}

impl<'a> GroupRow<'a> {
    /// Name of the owning package, or what stands for it where no package owns the files.
    pub(super) fn name(&self) -> &'a str {
        self.owner.map_or("(no package)", |package| package.name.as_str())
    }
}

/// The groups of files to show.
pub(super) fn group_rows<'a>(view: &DifferenceView<'a>) -> Vec<GroupRow<'a>> {
    view.comparison
        .files
        .groups
        .iter()
        .map(|group| GroupRow {
            owner: group.owner(view.before, view.after),
            counts: FileCounts::of(view.files(&group.changes), &view.before.files, &view.after.files),
            whole: match (group.is_package_removed(), group.is_package_added()) {
                (true, _) => Some(Change::Removed),
                (_, true) => Some(Change::Added),
                _ => None,
            },
            group,
        })
        .filter(|row| row.counts.total() > 0)
        .collect()
}

/// One file as text.
pub(super) struct FileText {
    pub(super) change: Change,
    /// `-`, `+`, `~` or, for a move, `>`.
    pub(super) sign: char,
    /// Its path; of a moved one the path before.
    pub(super) path: String,
    /// Where it moved to.
    pub(super) to: Option<String>,
    /// What it is, or in what it differs.
    pub(super) detail: String,
}

/// A file that differs, in words.
pub(super) fn file_text(view: &DifferenceView<'_>, change: &FileChange) -> FileText {
    let (old, new) = (&view.before.files, &view.after.files);
    let path =
        |table: &FileTable, id: Option<FileId>| id.map(|id| table.path(id).to_string()).unwrap_or_default();
    let (sign, detail) = match (change.before, change.after) {
        (Some(left), Some(right)) => {
            let sign = if change.moved { '>' } else { '~' };
            (sign, changed_detail(old, left, new, right, change.aspects))
        }
        (Some(left), None) => ('-', plain_detail(old, left)),
        (None, right) => ('+', right.map(|right| plain_detail(new, right)).unwrap_or_default()),
    };
    FileText {
        change: change.change(),
        sign,
        path: if sign == '+' { path(new, change.after) } else { path(old, change.before) },
        to: change.moved.then(|| path(new, change.after)),
        detail,
    }
}

fn escape(bytes: &[u8]) -> String {
    plimsoll_model::path::escape(bytes)
}

fn plain_detail(table: &FileTable, id: FileId) -> String {
    let record = table.record(id);
    match record.kind {
        FileKind::File => size(record.size()),
        FileKind::Symlink => format!("→ {}", escape(table.link(id))),
        kind => kind.word().to_owned(),
    }
}

fn changed_detail(old: &FileTable, left: FileId, new: &FileTable, right: FileId, aspects: Aspects) -> String {
    let (before, after) = (old.record(left), new.record(right));
    let mut parts = Vec::new();
    let mut say = |aspect: Aspects, text: &dyn Fn() -> String| {
        if aspects.contains(aspect) {
            parts.push(text());
        }
    };
    let capability = |table: &FileTable, id| table.capability(id).unwrap_or_else(|| "none".to_owned());
    let device = |device: Option<(u32, u32)>| {
        device.map_or_else(String::new, |(major, minor)| format!("{major}:{minor}"))
    };
    say(Aspects::CONTENT, &|| {
        let (old_size, new_size) = (before.size(), after.size());
        if old_size == new_size {
            format!("content ({})", size(new_size))
        } else {
            format!("content ({} → {})", size(old_size), size(new_size))
        }
    });
    say(Aspects::KIND, &|| format!("{} → {}", before.kind.word(), after.kind.word()));
    say(Aspects::MODE, &|| format!("mode {:04o} → {:04o}", before.mode, after.mode));
    say(Aspects::OWNER, &|| format!("owner {}:{} → {}:{}", before.uid, before.gid, after.uid, after.gid));
    say(Aspects::CAPABILITY, &|| {
        format!("capability {} → {}", capability(old, left), capability(new, right))
    });
    say(Aspects::ATTRIBUTES, &|| "extended attributes".to_owned());
    say(Aspects::LINK, &|| format!("link {} → {}", escape(old.link(left)), escape(new.link(right))));
    say(Aspects::DEVICE, &|| format!("device {} → {}", device(before.device()), device(after.device())));
    say(Aspects::TIME, &|| "time".to_owned());
    parts.join(", ")
}

/// The settings to show.
pub(super) fn config_rows<'a>(view: &DifferenceView<'a>) -> impl Iterator<Item = &'a ConfigChange> {
    let view = *view;
    view.comparison.config.changes.iter().filter(move |change| view.takes(change.change))
}

/// Which setting, with its key: `env PATH`.
pub(super) fn config_name(change: &ConfigChange) -> String {
    let mut name = change.field.word().to_owned();
    if let Some(key) = &change.key {
        let _ = write!(name, " {key}");
    }
    name
}

/// A setting as one text: lists as JSON arrays, for the bounds of their words matter.
pub(super) fn setting_text(setting: &Setting) -> Cow<'_, str> {
    match setting {
        Setting::Text(text) => Cow::Borrowed(text),
        Setting::Words(words) => {
            let mut text = Vec::new();
            crate::json::value(&mut text, words);
            Cow::Owned(String::from_utf8_lossy(&text).into_owned())
        }
        Setting::Present => Cow::Borrowed("set"),
    }
}

/// One layer of either image.
pub(super) struct LayerRow<'a> {
    /// `None` for a layer that both have.
    pub(super) change: Option<Change>,
    /// Its position before and after, counted from one.
    pub(super) positions: (Option<usize>, Option<usize>),
    pub(super) layer: &'a Layer,
}

/// The layers of both images: the common base, what they share beyond it, what only the first
/// has and what only the second has.
pub(super) fn layer_rows<'a>(view: &DifferenceView<'a>) -> Vec<LayerRow<'a>> {
    let layers = &view.comparison.layers;
    let (old, new) = (&view.before.layers, &view.after.layers);
    let common = (0..layers.common).map(|position| (position, position));
    let both = common.chain(layers.shared.iter().copied()).filter_map(|(left, right)| {
        let positions = (Some(left as usize + 1), Some(right as usize + 1));
        Some(LayerRow { change: None, positions, layer: new.get(right as usize)? })
    });
    let removed = layers.removed.iter().filter_map(|left| {
        let positions = (Some(*left as usize + 1), None);
        let layer = old.get(*left as usize)?;
        Some(LayerRow { change: Some(Change::Removed), positions, layer })
    });
    let added = layers.added.iter().filter_map(|right| {
        let positions = (None, Some(*right as usize + 1));
        let layer = new.get(*right as usize)?;
        Some(LayerRow { change: Some(Change::Added), positions, layer })
    });
    both.chain(removed)
        .chain(added)
        .filter(|row| view.options.only.is_none() || row.change.is_some_and(|change| view.takes(change)))
        .collect()
}
