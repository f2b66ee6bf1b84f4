//! Tokens of services that host source code.

use super::rule::{Check, SecretRule};
use super::shape::Alphabet::{Alnum, Lower, Upper, Url64, Word as WordRun};
use super::shape::Piece::{Run, Word};

/// GitHub's tokens end in the CRC-32 of their random part, in Base62
/// (<https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>).
fn github_checksum(token: &[u8]) -> Check {
    if base62_checksum_is_right(token) { Check::Right } else { Check::Wrong }
}

/// Whether the last six characters are the CRC-32 of what stands between them and the underscore.
pub(super) fn base62_checksum_is_right(token: &[u8]) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(start) = token.iter().position(|byte| *byte == b'_').map(|at| at + 1) else { return false };
    let Some((body, sum)) =
        token.get(start..).and_then(|rest| rest.split_at_checked(rest.len().checked_sub(6)?))
    else {
        return false;
    };
    let value = sum.iter().try_fold(0_u64, |value, byte| {
        let digit = DIGITS.iter().position(|each| each == byte)? as u64;
        Some(value * 62 + digit)
    });
    value == Some(u64::from(crc32fast::hash(body)))
}

const GITHUB: &str =
    "acts on GitHub with the rights that its owner gave it: reads private code, pushes, releases";
const GITLAB: &str = "acts on GitLab with the rights that its owner gave it";

pub(super) const RULES: &[SecretRule] = &[
    SecretRule::checked(
        "github-token",
        "GitHub token",
        GITHUB,
        &[
            &[Word("ghp_"), Run(Alnum, 36, 36)],
            &[Word("gho_"), Run(Alnum, 36, 36)],
            &[Word("ghu_"), Run(Alnum, 36, 36)],
            &[Word("ghs_"), Run(Alnum, 36, 36)],
            &[Word("ghr_"), Run(Alnum, 36, 76)],
        ],
        github_checksum,
    ),
    SecretRule::token(
        "github-fine-grained-token",
        "GitHub fine-grained token",
        GITHUB,
        &[&[Word("github_pat_"), Run(Alnum, 22, 22), Word("_"), Run(Alnum, 59, 59)]],
    ),
    SecretRule::token(
        "gitlab-token",
        "GitLab personal or project token",
        GITLAB,
        &[
            &[Word("glpat-"), Run(Url64, 20, 20)],
            &[Word("glpat-"), Run(Url64, 27, 300), Word("."), Run(Lower, 2, 2), Word("."), Run(Lower, 7, 9)],
        ],
    ),
    SecretRule::token(
        "gitlab-machine-token",
        "GitLab token of a machine",
        GITLAB,
        &[
            &[Word("gldt-"), Run(Url64, 20, 64)],
            &[Word("glrt-"), Run(Url64, 20, 64)],
            &[Word("glcbt-"), Run(Url64, 20, 70)],
            &[Word("glptt-"), Run(Url64, 40, 40)],
            &[Word("glft-"), Run(Url64, 20, 64)],
            &[Word("glimt-"), Run(Url64, 20, 64)],
            &[Word("glagent-"), Run(Url64, 50, 64)],
            &[Word("glsoat-"), Run(Url64, 20, 64)],
            &[Word("GR1348941"), Run(Url64, 20, 20)],
        ],
    ),
    SecretRule::token(
        "atlassian-token",
        "Atlassian or Bitbucket token",
        "acts on Bitbucket, Jira or Confluence as its owner",
        &[
            &[Word("ATATT3"), Run(Url64, 100, 240), Word("="), Run(Upper, 8, 8)],
            &[Word("ATCTT3"), Run(Url64, 100, 240), Word("="), Run(Upper, 8, 8)],
            &[Word("ATBB"), Run(Alnum, 32, 32)],
        ],
    ),
    SecretRule::token(
        "sourcegraph-token",
        "Sourcegraph token",
        "reads all code that its owner sees on Sourcegraph",
        &[
            &[Word("sgp_"), Run(Lower, 40, 40)],
            &[Word("sgp_"), Run(Lower, 16, 16), Word("_"), Run(Lower, 40, 40)],
        ],
    ),
    SecretRule::token(
        "buildkite-token",
        "Buildkite token",
        "starts builds and reads their logs on Buildkite",
        &[&[Word("bkua_"), Run(Lower, 40, 40)]],
    ),
    SecretRule::token(
        "circleci-token",
        "CircleCI token",
        "starts builds and reads their secrets on CircleCI",
        &[&[Word("CCIPAT_"), Run(Alnum, 20, 24), Word("_"), Run(Lower, 40, 40)]],
    ),
    SecretRule::token(
        "sonarqube-token",
        "SonarQube token",
        "reads analyses, and the code in them, on SonarQube",
        &[
            &[Word("squ_"), Run(Lower, 40, 40)],
            &[Word("sqp_"), Run(Lower, 40, 40)],
            &[Word("sqa_"), Run(Lower, 40, 40)],
        ],
    ),
    SecretRule::token(
        "snyk-token",
        "Snyk service token",
        "reads projects and their vulnerabilities on Snyk",
        &[&[Word("snyk_sat."), Run(WordRun, 8, 8), Word("."), Run(Url64, 43, 43)]],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::check;
    use super::base62_checksum_is_right;

    #[test]
    fn tokens_of_forges_are_found_and_made_up_ones_are_not() {
        // A token of GitHub's documentation, revoked, whose checksum is right.
        let github = ["ghp", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"].join("_");
        assert!(base62_checksum_is_right(github.as_bytes()));
        check(&format!("token = {github}\n"), &["github-token 1 ghp_… verified"]);
        // One character altered.
        check("token = ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", &[]);
        check(&format!("a{github}"), &[]);
        check(&format!("{github}a"), &[]);
        check("x: glpat-Ab3dE9fGh1JkLm0pQr5t\n", &["gitlab-token 1 glpat-…"]);
        check("x: glpat-xxxxxxxxxxxxxxxxxxxx\n", &[]);
        check(
            "\n\n\"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\"",
            &["github-fine-grained-token 3 github_pat_…"],
        );
        check("ATBBq7Wn2LrK5sXyB8mHc4JZt8qP0wVn2Lr9", &["atlassian-token 1 ATBB…"]);
        check("sqp_3f9a1c07e5b84d262c1f9b7a0d3e5c8f4b6a7d90", &["sonarqube-token 1 sqp_…"]);
    }
}
