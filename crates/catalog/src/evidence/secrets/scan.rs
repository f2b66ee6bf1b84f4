//! Looks a text through for all rules at once: one automaton finds their keywords, and only
//! where one stands does its rule look closer.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::client_file::{may_be_secret, names_a_secret};
use super::login::is_usual;
use super::rule::{Finder, Match, SecretRule, Text};
use super::shape::is_example;

/// Occurrences of one rule in one file that are told one by one: more help nobody.
const MAX_TOLD: usize = 20;

/// Occurrences of keywords in one file that are looked at: texts of four megabytes have some
/// thousands. A file made of keywords must not take for ever.
const MAX_LOOKED_AT: usize = 200_000;

/// How much of a file is looked at for a zero byte, which no text has.
const BINARY_CHECK: usize = 8 << 10;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// Id of its rule.
    pub rule: &'static str,
    /// The line that it begins on, counted from 1; 0 in what is no text.
    pub line: u32,
    /// Its beginning, as far as all of its kind have the same, and an ellipsis.
    pub shown: String,
    /// Whether its checksum or inner structure is right.
    pub is_verified: bool,
    /// How many more of the rule there are that are not listed.
    pub more: u32,
}

/// What looking a file through gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan {
    /// What looks like a secret, in order of place.
    pub found: Vec<FoundSecret>,
    /// Where it was given up, in bytes from the beginning: the file has more places where a secret
    /// may stand than are looked at. `None` where all of it was looked through.
    pub stopped_at: Option<usize>,
}

struct Scanner {
    automaton: Option<AhoCorasick>,
    /// For each keyword, the rules that look closer, by position in `rules`.
    by_keyword: Vec<Vec<usize>>,
    rules: Vec<&'static SecretRule>,
}

fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER.get_or_init(|| {
        let rules: Vec<&'static SecretRule> = super::rules().collect();
        let mut keywords: Vec<&'static str> = Vec::new();
        let mut by_keyword: Vec<Vec<usize>> = Vec::new();
        for (position, rule) in rules.iter().enumerate() {
            for keyword in rule.keywords() {
                let at = keywords.iter().position(|known| *known == keyword).unwrap_or_else(|| {
                    keywords.push(keyword);
                    by_keyword.push(Vec::new());
                    keywords.len() - 1
                });
                if let Some(rules) = by_keyword.get_mut(at)
                    && !rules.contains(&position)
                {
                    rules.push(position);
                }
            }
        }
        // Keywords overlap (`-----BEGIN ` and `-----BEGIN PGP PRIVATE`), so all are reported.
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&keywords)
            .ok();
        Scanner { automaton, by_keyword, rules }
    })
}

/// What looks like a secret in the file at a path, whose content is given.
#[must_use]
pub fn scan_file(path: &[u8], content: &[u8]) -> Scan {
    let text = Text { path, content };
    let is_text = memchr::memchr(0, content.get(..BINARY_CHECK).unwrap_or(content)).is_none()
        && !content.starts_with(super::binary::DER)
        && !content.starts_with(super::binary::JKS);
    let (found, stopped_at) = if is_text { find(&text) } else { (find_in_binary(&text), None) };
    Scan { found: tell(&text, found, is_text), stopped_at }
}

/// What looks like a secret in a setting of an image: a variable of its environment, a label. A
/// value counts where its form says so, and where the name does.
#[must_use]
pub fn scan_setting(name: &str, value: &str) -> Vec<FoundSecret> {
    let text = Text { path: b"", content: value.as_bytes() };
    let assigned = format!("{name}={value}");
    let with_name = Text { path: b"", content: assigned.as_bytes() };
    let mut found = tell(&text, find(&text).0, true);
    if found.is_empty() {
        found = tell(&with_name, find(&with_name).0, true);
    }
    let value = value.as_bytes();
    if found.is_empty() && names_a_secret(name.as_bytes()) && may_be_secret(value) && !is_usual_word(value) {
        found.push(FoundSecret {
            rule: super::NAMED_SETTING.id,
            line: 1,
            shown: "…".to_owned(),
            is_verified: false,
            more: 0,
        });
    }
    found
}

/// An example is no secret in documentation; as a variable that an image is run with, it is what
/// the program believes, unless it says that it is to be replaced.
fn is_usual_word(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    [
        b"changeme".as_slice(),
        b"change-me",
        b"change_me",
        b"placeholder",
        b"replace",
        b"your-",
        b"your_",
        b"example",
    ]
    .iter()
    .any(|word| memchr::memmem::find(&lower, word).is_some())
        || is_usual(value) && is_example(value) && lower.len() > 40
}

/// What looks like a secret in a line of history, where settings stand as `NAME=value` among
/// other words.
#[must_use]
pub fn scan_instruction(line: &str) -> Vec<FoundSecret> {
    let text = Text { path: b"", content: line.as_bytes() };
    let mut found = tell(&text, find(&text).0, true);
    if found.is_empty() {
        let named = line.split_whitespace().filter_map(|word| {
            let (name, value) = word.split_once('=')?;
            let value = value.trim_matches(['"', '\'', ';']).as_bytes();
            let name = name.trim_start_matches(['-', '"', '\'']);
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            let taken =
                plain && names_a_secret(name.as_bytes()) && may_be_secret(value) && !is_usual_word(value);
            taken.then_some(())
        });
        let count = named.count();
        if count > 0 {
            found.push(FoundSecret {
                rule: super::NAMED_SETTING.id,
                line: 1,
                shown: "…".to_owned(),
                is_verified: false,
                more: u32::try_from(count - 1).unwrap_or(u32::MAX),
            });
        }
    }
    found
}

type Found = (&'static SecretRule, Match);

/// What was found, and where it was given up, if it was.
fn find(text: &Text<'_>) -> (Vec<Found>, Option<usize>) {
    let scanner = scanner();
    let mut found: Vec<Found> = Vec::new();
    for rule in &scanner.rules {
        if matches!(rule.finder, Finder::File(..)) {
            found.extend(rule.find_in_file(text).into_iter().map(|each| (*rule, each)));
        }
    }
    let Some(automaton) = &scanner.automaton else { return (found, None) };
    let Ok(places) = automaton.try_find_overlapping_iter(text.content) else { return (found, None) };
    for (count, place) in places.enumerate() {
        if count == MAX_LOOKED_AT {
            return (found, Some(place.start()));
        }
        for position in scanner.by_keyword.get(place.pattern().as_usize()).into_iter().flatten() {
            if let Some(rule) = scanner.rules.get(*position)
                && let Some(each) = rule.find_at(text, place.start())
            {
                found.push((*rule, each));
            }
        }
    }
    (found, None)
}

fn find_in_binary(text: &Text<'_>) -> Vec<Found> {
    super::binary::RULES
        .iter()
        .flat_map(|rule| rule.find_in_file(text).into_iter().map(move |each| (rule, each)))
        .collect()
}

/// Of several that overlap, the one that says most; then in order, without the values.
fn tell(text: &Text<'_>, mut found: Vec<Found>, is_text: bool) -> Vec<FoundSecret> {
    found.sort_by_key(|(rule, each)| (rule.kind, std::cmp::Reverse(each.is_verified), each.start, rule.id));
    // By where they begin; none of them overlap.
    let mut kept: BTreeMap<usize, Found> = BTreeMap::new();
    for (rule, each) in found {
        let reaches = |(_, (_, other)): (&usize, &Found)| other.end > each.start;
        let is_taken = kept.range(..=each.start).next_back().is_some_and(reaches)
            || kept.range(each.start..each.end.max(each.start)).next().is_some();
        if !is_taken {
            kept.insert(each.start, (rule, each));
        }
    }
    let mut told: Vec<FoundSecret> = Vec::new();
    // How many of each rule are told, and the position of the last of them.
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut line, mut counted) = (1_usize, 0);
    for (rule, each) in kept.into_values() {
        line += memchr::memchr_iter(b'\n', text.content.get(counted..each.start).unwrap_or_default()).count();
        counted = each.start;
        let (count, last) = counts.entry(rule.id).or_default();
        if *count >= MAX_TOLD {
            if let Some(last) = told.get_mut(*last) {
                last.more = last.more.saturating_add(1);
            }
            continue;
        }
        (*count, *last) = (*count + 1, told.len());
        let shown = text.content.get(each.start..each.start + each.shown).unwrap_or_default();
        told.push(FoundSecret {
            rule: rule.id,
            line: if is_text { u32::try_from(line).unwrap_or(u32::MAX) } else { 0 },
            shown: format!("{}…", String::from_utf8_lossy(shown)),
            is_verified: each.is_verified,
            more: 0,
        });
    }
    told
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::shape::{Alphabet, Piece};
    use super::*;
    use crate::ecosystem::dpkg::sample_image::soon;

    /// Characters of an alphabet as chance would have them, the same in every run; a digit, a
    /// small and a large letter come first where the alphabet has them.
    pub(in super::super) fn random(alphabet: Alphabet, length: usize) -> String {
        let all: Vec<u8> = (0..=127).filter(|byte| alphabet.has(*byte)).collect();
        let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ length as u64;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                char::from(all[(state % all.len() as u64) as usize])
            })
            .collect()
    }

    pub(in super::super) fn check(text: &str, expect: &[&str]) {
        check_file("some/file", text, expect);
    }

    pub(in super::super) fn check_file(path: &str, text: &str, expect: &[&str]) {
        check_bytes(path, text.as_bytes(), expect);
    }

    pub(in super::super) fn check_bytes(path: &str, content: &[u8], expect: &[&str]) {
        let found: Vec<String> = scan_file(path.as_bytes(), content)
            .found
            .iter()
            .map(|each| {
                format!(
                    "{} {} {}{}",
                    each.rule,
                    each.line,
                    each.shown,
                    if each.is_verified { " verified" } else { "" }
                )
            })
            .collect();
        assert_eq!(found, expect, "{}", String::from_utf8_lossy(content));
    }

    /// Whatever a rule is, one of its kind is found, and an example of it is not.
    #[test]
    fn every_shape_finds_its_token_and_no_example() {
        let mut shapes = 0;
        for rule in super::super::rules() {
            let Finder::Shapes(all, check) = rule.finder else { continue };
            for shape in all {
                let token = |fill: &dyn Fn(Alphabet, usize) -> String| -> String {
                    shape
                        .iter()
                        .map(|piece| match *piece {
                            Piece::Word(word) => word.to_owned(),
                            Piece::Run(alphabet, least, most) => fill(alphabet, least.midpoint(most)),
                        })
                        .collect()
                };
                let real = token(&random);
                let ids: Vec<&str> = scan_file(b"a", format!("x = \"{real}\"").as_bytes())
                    .found
                    .iter()
                    .map(|each| each.rule)
                    .collect();
                // A checksum that is wrong says that a token is made up.
                if check(real.as_bytes()) == super::super::rule::Check::Wrong {
                    assert!(!ids.contains(&rule.id), "{real}");
                } else {
                    assert!(ids.contains(&rule.id), "{}: {real}: {ids:?}", rule.id);
                }
                let example = token(&|alphabet, length| {
                    let filler =
                        ["x", "X", "0", "A"].into_iter().find(|text| alphabet.has(text.as_bytes()[0]));
                    filler.unwrap_or("2").repeat(length)
                });
                assert_eq!(scan_file(b"a", example.as_bytes()), Scan::default(), "{example}");
                shapes += 1;
            }
        }
        assert!(shapes > 60, "{shapes} shapes were tried");
    }

    #[test]
    fn a_secret_is_never_repeated() {
        let password = "q8Zr2kLw9vXb";
        let text = format!("u=postgres://app:{password}@db.internal/x\npassword = {password}\n");
        for each in scan_file(b"root/.my.cnf", text.as_bytes()).found {
            assert!(!format!("{each:?}").contains(&password[..4]), "{each:?}");
        }
    }

    #[test]
    fn settings_of_an_image_count_by_form_and_by_name() {
        let check = |name: &str, value: &str, expect: &[&str]| {
            let found: Vec<&str> = scan_setting(name, value).iter().map(|each| each.rule).collect();
            assert_eq!(found, expect, "{name}={value}");
        };
        check("API_TOKEN", "notarealtoken123", &["secret-setting"]);
        check("DATABASE_URL", "postgres://app:Tr0ub4dor-and-3@db.internal/x", &["password-in-address"]);
        check("PATH", "/usr/bin:/bin", &[]);
        check("GPG_KEY", "E3FF2839C048B25C084DEBE9B26995E310250568", &[]);
        check("DB_PASSWORD_FILE", "/run/secrets/db", &[]);
        check("DB_PASSWORD", "", &[]);
        check("DB_PASSWORD", "changeme", &[]);
        check("POSTGRES_PASSWORD", "postgres", &["secret-setting"]);
    }

    #[test]
    fn history_tells_settings_and_tokens() {
        let check = |line: &str, expect: &[&str]| {
            let found: Vec<&str> = scan_instruction(line).iter().map(|each| each.rule).collect();
            assert_eq!(found, expect, "{line}");
        };
        check("ENV APP_ENV=production API_TOKEN=notarealtoken123", &["secret-setting"]);
        check("RUN |1 NPM_TOKEN=q8Zr2kLw9vXb /bin/sh -c npm ci", &["secret-setting"]);
        check(
            "RUN /bin/sh -c curl -u ci:x https://ci:q8Zr2kLw9@git.corp.net/a.tar | tar x",
            &["password-in-address"],
        );
        check("RUN /bin/sh -c export TOKEN=$(cat /run/secrets/t) && make", &[]);
        check("RUN /bin/sh -c apt-get install -y --no-install-recommends ca-certificates", &[]);
    }

    #[test]
    fn a_file_full_of_tokens_is_told_shortly() {
        let text: String = (0..50)
            .map(|at| format!("SUA{}\n", random(Alphabet::Base32, 55).replacen('A', "B", at % 7)))
            .collect();
        let found = scan_file(b"a", text.as_bytes()).found;
        assert_eq!(found.len(), MAX_TOLD);
        assert_eq!(found.iter().map(|each| each.more).sum::<u32>(), 30);
    }

    #[test]
    fn all_of_a_file_full_of_passwords_are_counted() {
        let text: String =
            (0..5_000).map(|at| format!("machine h login a password q8Zr2kLw{at}\n")).collect();
        let found = scan_file(b"root/.netrc", text.as_bytes()).found;
        assert_eq!(found.len(), MAX_TOLD);
        assert_eq!(found.iter().map(|each| each.more).sum::<u32>(), 4_980);
    }

    #[test]
    fn a_file_made_of_keywords_tells_where_it_was_given_up() {
        let text = "://".repeat(MAX_LOOKED_AT + 7);
        assert_eq!(scan_file(b"a", text.as_bytes()).stopped_at, Some(MAX_LOOKED_AT * 3));
        assert_eq!(scan_file(b"a", &text.as_bytes()[..MAX_LOOKED_AT * 3]).stopped_at, None);
    }

    /// Each of these takes minutes where what a rule looks at has no bound.
    #[test]
    fn what_looks_like_the_beginning_of_a_secret_all_over_is_read_in_time() {
        const SIZE: usize = 4 << 20;
        let json = |member: &str| format!("{{{}\"a\":0}}", member.repeat(SIZE / member.len()));
        for (path, text) in [
            ("a", format!("{{{}", "\"kty\"".repeat(SIZE / 5))),
            ("a", format!("{{{}\"d\"}}", "\"kty\"".repeat(SIZE / 5))),
            ("a", "-----BEGIN PRIVATE KEY-----A: ".repeat(SIZE / 30)),
            ("a", "PuTTY-User-Key-File-".repeat(SIZE / 20)),
            ("a", "://a:b@".repeat(SIZE / 7)),
            ("a", "-pypi-AgEIcHlwaS5vcmc".repeat(SIZE / 21)),
            ("a", "eyJ.".repeat(SIZE / 4)),
            ("root/.m2/settings.xml", "<password>".repeat(SIZE / 10)),
            ("root/.docker/config.json", json("\"auth\":\"\\u0071Zr2kLw\",")),
            ("root/.docker/config.json", "[".repeat(SIZE)),
            ("root/.docker/config.json", "{\"a\":".repeat(SIZE / 5)),
            ("root/.env", "A.".repeat(SIZE / 2) + "=1"),
            ("root/.env", "A_KEY=q8Zr2kLw9\n".repeat(SIZE / 16)),
        ] {
            soon(|| scan_file(path.as_bytes(), text.as_bytes()));
        }
    }
}
