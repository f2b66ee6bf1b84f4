//! The lines of identifiers in Alpine's security database, as people write them into build files.

/// What one line says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The flaws that it names.
    pub(super) ids: Vec<Named>,
    /// Words that were put right, as they stood there.
    pub(super) repaired: Vec<String>,
}

/// One flaw.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Its id.
    pub(super) id: String,
    /// Other names of the same flaw.
    pub(super) aliases: Vec<String>,
    /// Names that it shares the line with, where these may stand for several flaws.
    pub(super) related: Vec<String>,
}

/// Reads a line such as `CVE-2017-2620 XSA-209` or `CVE-2018-16301 (was fixed in libpcap)`. The
/// first name of a line is the flaw's, and the others are its aliases; where several are CVEs,
/// each of them is a flaw of its own, and the rest are related to all of them. Words in
/// parentheses are comments, and `CVE-????-?????` is a CVE not yet given.
pub(super) fn read(line: &str) -> Line {
    let mut repaired = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    for word in line.split([' ', '\t', ',', ';']).filter(|word| !word.is_empty()) {
        let opens = word.matches('(').count();
        let closes = word.matches(')').count();
        let comment = depth > 0 || opens > 0;
        depth = (depth + opens).saturating_sub(closes);
        if comment || word.contains('?') {
            continue;
        }
        match repair(word) {
            Some(name) => {
                repaired.push(word.to_owned());
                names.push(name);
            }
            None if is_id(word) => names.push(word.to_owned()),
            None => repaired.push(word.to_owned()),
        }
    }
    names.dedup();
    let is_cve = |name: &String| name.starts_with("CVE-");
    let ids = if names.iter().filter(|name| is_cve(name)).count() > 1 {
        let (cves, others): (Vec<String>, Vec<String>) = names.into_iter().partition(is_cve);
        cves.into_iter().map(|id| Named { id, aliases: Vec::new(), related: others.clone() }).collect()
    } else {
        // The CVE first, wherever it stands in the line.
        names.sort_by_key(|name| !is_cve(name));
        let mut names = names.into_iter();
        let named = names.next().map(|id| Named { id, aliases: names.collect(), related: Vec::new() });
        named.into_iter().collect()
    };
    Line { ids, repaired }
}

/// The id that a word with a slip in it means: `CVE_2019-2426`, `2018-18281`, `cve-2019-1`.
fn repair(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    let rest =
        upper.strip_prefix("CVE").map_or(upper.as_str(), |rest| rest.trim_start_matches(['-', '_', ':']));
    let (year, number) = rest.split_once(['-', '_'])?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || number.len() < 4 || !digits(year) || !digits(number) {
        return None;
    }
    let id = format!("CVE-{year}-{number}");
    (id != word).then_some(id)
}

/// Whether a word is an id at all: letters, then a dash or digits (`XSA-209`, `VSV00001`).
fn is_id(word: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expect `ID=ALIAS~RELATED` for each flaw, then `!WORD` for each word put right.
    fn check(line: &str, expect: &str) {
        let read = read(line);
        let mut text = Vec::new();
        for named in &read.ids {
            let aliases: String = named.aliases.iter().map(|alias| format!("={alias}")).collect();
            let related: String = named.related.iter().map(|id| format!("~{id}")).collect();
            text.push(format!("{}{aliases}{related}", named.id));
        }
        text.extend(read.repaired.iter().map(|word| format!("!{word}")));
        assert_eq!(text.join(" "), expect, "{line}");
    }

    #[test]
    fn the_names_of_a_line_are_one_flaw() {
        check("CVE-2019-5747", "CVE-2019-5747");
        check("CVE-2017-2620 XSA-209", "CVE-2017-2620=XSA-209");
        check("TALOS-2017-0499 CVE-2017-14450", "CVE-2017-14450=TALOS-2017-0499");
        check("XSA-196", "XSA-196");
        check("VSV00001", "VSV00001");
    }

    #[test]
    fn several_cves_of_a_line_are_several_flaws() {
        check("CVE-2017-1000 CVE-2017-1001 XSA-1", "CVE-2017-1000~XSA-1 CVE-2017-1001~XSA-1");
    }

    #[test]
    fn comments_and_cves_not_yet_given_are_left_out() {
        check("CVE-2018-16301 (was fixed in libpcap)", "CVE-2018-16301");
        check("CVE-2018-10103 (SMB - partially fixed, but SMB printing disabled)", "CVE-2018-10103");
        check("CVE-2018-14466 (AFS/RX)", "CVE-2018-14466");
        check("CVE-????-?????  XSA-284", "XSA-284");
        check("CVE-????-?????", "");
    }

    #[test]
    fn slips_are_put_right_and_said() {
        check("CVE_2019-2426", "CVE-2019-2426 !CVE_2019-2426");
        check("2018-18281", "CVE-2018-18281 !2018-18281");
        check("CVE-2019-1234 regression", "CVE-2019-1234 !regression");
    }
}
