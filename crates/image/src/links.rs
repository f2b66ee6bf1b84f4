//! Finding a path in a tree that is still being built, through its symbolic links, within its root.

use plimsoll_model::{FileKind, FileTableBuilder, NodeId};

/// How many symbolic links one path may go through, as containerd's `continuity/fs` allows.
pub(crate) const MAX_LINKS: usize = 255;

/// What going through one link costs of [`MAX_LINKS`]: the usual short target one, a long one as
/// many as it would take to write it in short ones. It bounds the steps that one path can take.
pub(crate) const fn link_cost(target: &[u8]) -> usize {
    1 + target.len() / 64
}

/// The node at a normal path, if the tree has it. Links among its directories are followed, one
/// at its end is not.
pub(crate) fn find(tree: &FileTableBuilder, path: &[u8]) -> Option<NodeId> {
    find_from(tree, NodeId::ROOT, path, false, &mut 0)
}

fn find_from(
    tree: &FileTableBuilder,
    from: NodeId,
    path: &[u8],
    follow: bool,
    links: &mut usize,
) -> Option<NodeId> {
    let mut at = if path.first() == Some(&b'/') { NodeId::ROOT } else { from };
    let mut names = path.split(|b| *b == b'/').filter(|n| !n.is_empty() && *n != b".").peekable();
    while let Some(name) = names.next() {
        if name == b".." {
            at = tree.parent(at);
            continue;
        }
        let next = tree.child(at, name)?;
        let is_link = tree.get(next).kind == FileKind::Symlink;
        at = if is_link && (follow || names.peek().is_some()) {
            *links += link_cost(tree.link(next));
            if *links > MAX_LINKS {
                return None;
            }
            find_from(tree, at, tree.link(next), true, links)?
        } else {
            next
        };
    }
    Some(at)
}
