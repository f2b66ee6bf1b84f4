//! Where in an image's history another build may have ended: the base image's last step.
//!
//! No step says so. What is told here is probable at best, and says why.

use crate::manifest::History;

/// The mark of `BuildKit` in the comment of each step that it makes.
const BUILDKIT: &str = "buildkit.dockerfile";

/// A place in a history where a base image may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// How many layers lie below it.
    pub layers: usize,
    /// What was seen, in one sentence.
    pub reason: String,
}

/// Where the base image of a history of `layers` layers may end; `None` where nothing hints at it.
///
/// In this order: at the last `CMD` that steps with layers follow, since a build sets its command
/// at its end, and a base image's is thus left in the middle (Trivy looks at the same); after the
/// last step of a root file system made by debuerreotype; where `BuildKit` takes over from another
/// builder; at the last `ENTRYPOINT` that steps with layers follow.
#[must_use]
pub fn boundary(history: &[History], layers: usize) -> Option<Boundary> {
    let made = |step: &&History| !step.empty_layer;
    if history.iter().filter(made).count() != layers {
        return None;
    }
    let last = history.iter().rposition(|step| !step.empty_layer)?;
    let before = history.get(..last)?;
    let text = |step: &History| step.created_by.clone().unwrap_or_default();
    let at = |position: usize, reason: String| {
        let below = history.get(..=position)?.iter().filter(made).count();
        (below > 0 && below < layers).then_some(Boundary { layers: below, reason })
    };
    let set = |word: &str| {
        let position = before.iter().rposition(|step| instruction(&text(step)).starts_with(word))?;
        let quoted = shorten(instruction(&text(before.get(position)?)));
        at(
            position,
            format!(
                "`{quoted}` is followed by steps that made layers, as where one build ends and the next begins"
            ),
        )
    };
    let root = || {
        let is_root = |step: &History| text(step).trim_start().starts_with("# debian.sh");
        let position = before.iter().rposition(is_root)?;
        at(position, "a step of Debian's own image build is followed by steps of another".to_owned())
    };
    let builder = || {
        let is_buildkit =
            |step: &History| step.comment.as_deref().is_some_and(|comment| comment.starts_with(BUILDKIT));
        let first = history.iter().position(is_buildkit)?;
        let is_rest = history.get(first..)?.iter().all(is_buildkit);
        let position = first.checked_sub(1).filter(|_| is_rest)?;
        at(position, "another builder made the steps before".to_owned())
    };
    set("CMD").or_else(root).or_else(builder).or_else(|| set("ENTRYPOINT"))
}

/// The instruction of a step, without the shell that the classic builder writes around it.
fn instruction(step: &str) -> &str {
    step.split_once("#(nop)").map_or(step, |(_, rest)| rest).trim_start()
}

/// Instructions can be of any length; the beginning tells which it is.
fn shorten(text: &str) -> String {
    let mut shown: String = text.trim_end().chars().filter(|letter| !letter.is_control()).take(60).collect();
    if shown.len() < text.trim_end().len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps, one a line: `-` before those without a layer, `~` before those of another builder.
    fn check(steps: &str, expect: Option<usize>) {
        let history: Vec<History> = steps
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (empty_layer, line) = line.strip_prefix('-').map_or((false, line), |rest| (true, rest));
                let (other, line) = line.strip_prefix('~').map_or((false, line), |rest| (true, rest));
                History {
                    created: None,
                    created_by: Some(line.to_owned()),
                    comment: (!other).then(|| "buildkit.dockerfile.v0".to_owned()),
                    empty_layer,
                }
            })
            .collect();
        let layers = history.iter().filter(|step| !step.empty_layer).count();
        assert_eq!(boundary(&history, layers).map(|found| found.layers), expect, "{steps}");
    }

    #[test]
    fn a_command_in_the_middle_is_where_the_base_ends() {
        check("ADD rootfs\n RUN apt\n -CMD [\"bash\"]\n -ENV A=1\n RUN nginx\n -CMD [\"nginx\"]", Some(2));
        check("ADD rootfs\n -/bin/sh -c #(nop)  CMD [\"bash\"]\n COPY app", Some(1));
        check("ADD a\n -CMD a\n COPY b\n -CMD b\n COPY c\n -CMD c", Some(2));
    }

    #[test]
    fn debians_own_build_is_a_base() {
        check("~# debian.sh --arch 'amd64' out/ 'bookworm' '@1'\n RUN a\n RUN b\n -CMD b", Some(1));
    }

    #[test]
    fn another_builder_made_the_base() {
        check("~ADD rootfs\n -~ENV A=1\n RUN a\n -CMD a", Some(1));
    }

    #[test]
    fn an_entrypoint_counts_where_nothing_else_does() {
        check("ADD rootfs\n -ENTRYPOINT [\"/x\"]\n COPY app\n -CMD a", Some(1));
    }

    #[test]
    fn nothing_is_guessed_without_a_hint() {
        check("ADD rootfs\n -ENV A=1\n RUN apt\n -CMD [\"bash\"]", None);
        check("ADD rootfs\n -CMD [\"bash\"]\n -ENV A=1", None);
        check("", None);
        assert_eq!(boundary(&[History::default()], 2), None);
    }
}
