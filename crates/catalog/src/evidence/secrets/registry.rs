//! Tokens of package registries and registries of images and models.

use super::forge::base62_checksum_is_right;
use super::rule::{Check, SecretRule};
use super::shape::Alphabet::{Alnum, Hex, Lower, Url64};
use super::shape::Piece::{Run, Word};

/// npm's tokens end in a checksum as GitHub's do
/// (<https://github.blog/2021-09-23-announcing-npms-new-access-token-format/>).
fn npm_checksum(token: &[u8]) -> Check {
    if base62_checksum_is_right(token) { Check::Right } else { Check::Unchecked }
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule::checked(
        "npm-token",
        "npm token",
        "publishes packages to npm as its owner, and installs private ones",
        &[&[Word("npm_"), Run(Alnum, 36, 36)]],
        npm_checksum,
    ),
    SecretRule::token(
        "pypi-token",
        "PyPI token",
        "publishes packages to PyPI as its owner",
        // A macaroon in Base64 whose beginning says for which index it is.
        &[
            &[Word("pypi-AgEIcHlwaS5vcmc"), Run(Url64, 50, 1000)],
            &[Word("pypi-AgENdGVzdC5weXBpLm9yZw"), Run(Url64, 50, 1000)],
        ],
    ),
    SecretRule::token(
        "rubygems-token",
        "RubyGems key",
        "publishes gems as its owner",
        &[&[Word("rubygems_"), Run(Hex, 48, 48)]],
    ),
    SecretRule::token(
        "crates-token",
        "crates registry token",
        "publishes crates as its owner",
        &[&[Word("cio"), Run(Alnum, 32, 32)]],
    ),
    SecretRule::token(
        "docker-hub-token",
        "Docker Hub token",
        "pulls private images from Docker Hub, and pushes, as its owner",
        &[&[Word("dckr_pat_"), Run(Url64, 27, 27)], &[Word("dckr_oat_"), Run(Url64, 32, 32)]],
    ),
    SecretRule::token(
        "nuget-token",
        "NuGet key",
        "publishes packages to NuGet as its owner",
        &[&[Word("oy2"), Run(Lower, 43, 43)]],
    ),
    SecretRule::token(
        "clojars-token",
        "Clojars token",
        "publishes artefacts to Clojars as its owner",
        &[&[Word("CLOJARS_"), Run(Hex, 60, 60)]],
    ),
    SecretRule::token(
        "hugging-face-token",
        "Hugging Face token",
        "reads private models and data sets on Hugging Face, and writes them, as its owner",
        &[&[Word("hf_"), Run(Alnum, 34, 34)]],
    ),
    SecretRule::token(
        "artifactory-token",
        "Artifactory key",
        "reads and publishes artefacts on a JFrog server as its owner",
        &[&[Word("AKCp"), Run(Alnum, 69, 69)], &[Word("cmVmdGtu"), Run(Alnum, 56, 56)]],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::check;

    #[test]
    fn tokens_of_registries_are_found() {
        let npm = ["npm", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"].join("_");
        check(&npm, &["npm-token 1 npm_… verified"]);
        check(&["npm", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"].join("_"), &["npm-token 1 npm_…"]);
        check("npm_config_registry_url_for_the_whole_team", &[]);
        check("dckr_pat_Ab3dE9fGh1JkLm0pQr5tUv7_w-2", &["docker-hub-token 1 dckr_pat_…"]);
        check("rubygems_3f9a1c07e5b84d262c1f9b7a0d3e5c8f4b6a7d901e2f3c4b", &["rubygems-token 1 rubygems_…"]);
        check("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", &[]);
        check("hf_Ab3dE9fGh1JkLm0pQr5tUv7wXyZaB2cDeF", &["hugging-face-token 1 hf_…"]);
    }
}
