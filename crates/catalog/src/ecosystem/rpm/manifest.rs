//! The lists that Mariner and Azure Linux leave in images without a package manager,
//! `var/lib/rpmmanifest/container-manifest-1` and `-2`: what `rpm -qa` printed at build time.

use super::damage::Damage;
use super::record::{Bytes, PackageRecord};

/// What rpm prints for a tag that a header does not have.
const ABSENT: &[u8] = b"(none)";

/// Whoever is handed the packages, and where to note damage.
pub(super) type RecordSink<'a> = dyn FnMut(PackageRecord<'_>, &mut Damage) + 'a;

/// Hands every package of `container-manifest-2` to `sink`. A line has ten fields separated by
/// tabs: name, version-release, install time, build time, vendor, epoch, size, architecture,
/// epoch as a number, source package.
pub(super) fn read_table(content: &[u8], damage: &mut Damage, sink: &mut RecordSink<'_>) {
    for (position, line) in lines(content) {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
        let record = match fields.as_slice() {
            [name, full_version, installed, _built, vendor, epoch, size, arch, _epoch, source, ..] => {
                split_last(full_version, b'-').map(|(version, release)| PackageRecord {
                    name: Bytes(name),
                    version: Bytes(version),
                    release: Bytes(release),
                    epoch: number(epoch),
                    arch: present(arch),
                    source: present(source),
                    vendor: present(vendor),
                    size: number(size),
                    installed: number(installed),
                    ..PackageRecord::default()
                })
            }
            _ => None,
        };
        hand_over(record, position, damage, sink);
    }
}

/// Hands every package of `container-manifest-1` to `sink`. A line is
/// `name-version-release.architecture`.
pub(super) fn read_names(content: &[u8], damage: &mut Damage, sink: &mut RecordSink<'_>) {
    for (position, line) in lines(content) {
        let record = split_last(line, b'.').and_then(|(rest, arch)| {
            let (rest, release) = split_last(rest, b'-')?;
            let (name, version) = split_last(rest, b'-')?;
            Some(PackageRecord {
                name: Bytes(name),
                version: Bytes(version),
                release: Bytes(release),
                arch: present(arch),
                ..PackageRecord::default()
            })
        });
        hand_over(record, position, damage, sink);
    }
}

fn hand_over(
    record: Option<PackageRecord<'_>>,
    position: usize,
    damage: &mut Damage,
    sink: &mut RecordSink<'_>,
) {
    match record {
        Some(record) if !record.name.0.is_empty() => sink(record, damage),
        _ => damage.note(format_args!(
            "line {position} of the list of packages cannot be understood; its package is missing"
        )),
    }
}

fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.enumerate().map(|(position, line)| (position + 1, line)).filter(|(_, line)| !line.is_empty())
}

fn split_last(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(separator, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn present(field: &[u8]) -> Option<Bytes<'_>> {
    (!field.is_empty() && field != ABSENT).then_some(Bytes(field))
}

fn number<T: std::str::FromStr>(field: &[u8]) -> Option<T> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&[u8], &mut Damage, &mut RecordSink<'_>);

    fn check(read: Read, content: &str, expect: &[&str], damaged: usize) {
        let (mut damage, mut found) = (Damage::default(), Vec::new());
        read(content.as_bytes(), &mut damage, &mut |record, _| {
            let arch = record.arch.map_or_else(String::new, Bytes::to_text);
            found.push(format!("{} {} {arch}", record.name.to_text(), record.full_version()));
        });
        assert_eq!(found, expect, "{content}");
        assert_eq!(damage.into_sentences().len(), damaged, "{content}");
    }

    #[test]
    fn the_table_states_version_and_architecture() {
        let line = "openssl-libs\t1.1.1k-17.cm2\t1660000000\t1650000000\tMicrosoft Corporation\t2\t4096\tx86_64\t2\topenssl-1.1.1k-17.cm2.src.rpm\n";
        check(read_table, line, &["openssl-libs 2:1.1.1k-17.cm2 x86_64"], 0);
        check(read_table, "zlib\t1.2.12-1.cm2\n", &[], 1);
    }

    #[test]
    fn the_list_of_names_is_split_from_its_end() {
        check(
            read_names,
            "ca-certificates-base-2.0.0-8.cm2.noarch\n\n",
            &["ca-certificates-base 2.0.0-8.cm2 noarch"],
            0,
        );
        check(read_names, "nonsense\n", &[], 1);
    }
}
