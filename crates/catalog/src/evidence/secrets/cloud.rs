//! Keys of clouds and of infrastructure that is run as a service.

use super::rule::{Finder, Match, SecretKind, SecretRule, Text};
use super::shape::Alphabet::{self, Alnum, Base32, Base64, Digit, Hex, Lower, Upper, Url64};
use super::shape::Piece::{Run, Word};
use super::shape::plausible;

/// How far from the name of a setting its value may stand: quotes, a colon, blanks, an arrow.
const MAX_GAP: usize = 16;

/// A value of exactly `length` characters of an alphabet behind the name of a setting.
fn value_behind(text: &Text<'_>, name_end: usize, alphabet: Alphabet, length: usize) -> Option<Match> {
    let rest = text.from(name_end);
    let gap = rest.iter().take(MAX_GAP).take_while(|byte| b" \t\"'=:,>(".contains(byte)).count();
    let is_assigned = rest.get(..gap)?.iter().any(|byte| b"=:,(".contains(byte));
    let value = rest.get(gap..gap + length)?;
    let next = rest.get(gap + length).copied().unwrap_or(b'\n');
    let ends = !alphabet.has(next) && next != b'=';
    let found = is_assigned && ends && value.iter().all(|byte| alphabet.has(*byte)) && plausible(value);
    found.then(|| Match::hidden(name_end + gap, name_end + gap + length))
}

/// The secret half of an AWS key has no form of its own: forty characters behind its usual name.
fn aws_secret(text: &Text<'_>, at: usize) -> Option<Match> {
    let name = text.from(at);
    let length =
        name.iter().take(40).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    value_behind(text, at + length, Base64, 40)
}

fn azure_account_key(text: &Text<'_>, at: usize) -> Option<Match> {
    let start = at + "AccountKey=".len();
    let value = text.content.get(start..start + 88)?;
    let right = value.ends_with(b"==") && value.iter().take(86).all(|byte| Base64.has(*byte));
    // The storage emulator's key is the same everywhere, and documented.
    let emulator = value.starts_with(b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1");
    (right && !emulator && plausible(value)).then(|| Match::hidden(start, start + 88))
}

/// Three characters, a digit and `Q~`: so begin the client secrets of Entra ID.
fn azure_client_secret(text: &Text<'_>, at: usize) -> Option<Match> {
    let start = at.checked_sub(4)?;
    let value = |byte: u8| byte.is_ascii_alphanumeric() || b"_~.-".contains(&byte);
    let before = text.content.get(start..at)?;
    let length = text.from(at).iter().take(40).take_while(|byte| value(**byte)).count();
    let body = text.content.get(start..at + length)?;
    let fits = before.iter().all(|byte| value(*byte)) && before.last().is_some_and(u8::is_ascii_digit);
    let bounded = !value(text.before(start)) && (33..=36).contains(&length);
    (fits && bounded && plausible(body)).then(|| Match::hidden(start, at + length))
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule::token(
        "aws-access-key-id",
        "AWS access key id",
        "names an AWS account and user; with its secret half, acts as that user",
        &[&[Word("AKIA"), Run(Base32, 16, 16)], &[Word("ASIA"), Run(Base32, 16, 16)]],
    ),
    SecretRule {
        id: "aws-secret-access-key",
        title: "AWS secret access key",
        opens: "acts in an AWS account as the user whose key it is",
        kind: SecretKind::Token,
        finder: Finder::Near(
            &["aws_secret", "AWS_SECRET", "SecretAccessKey", "secretAccessKey", "secret_access_key"],
            aws_secret,
        ),
    },
    SecretRule::token(
        "aws-bedrock-key",
        "Amazon Bedrock key",
        "runs models on the account's bill",
        &[&[Word("ABSK"), Run(Base64, 105, 269)]],
    ),
    SecretRule::token(
        "google-api-key",
        "Google API key",
        "calls Google's services on the account's bill, as far as the key is not restricted",
        &[&[Word("AIza"), Run(Url64, 35, 35)]],
    ),
    SecretRule::token(
        "google-oauth-secret",
        "Google OAuth client secret",
        "poses as the application towards Google's sign-in",
        &[&[Word("GOCSPX-"), Run(Url64, 28, 28)]],
    ),
    SecretRule::token(
        "google-oauth-token",
        "Google OAuth token",
        "acts as a Google user until it expires",
        &[&[Word("ya29."), Run(Url64, 60, 1000)]],
    ),
    SecretRule {
        id: "azure-storage-key",
        title: "Azure storage account key",
        opens: "reads and writes everything in the storage account",
        kind: SecretKind::Token,
        finder: Finder::Near(&["AccountKey="], azure_account_key),
    },
    SecretRule {
        id: "azure-client-secret",
        title: "Azure client secret",
        opens: "acts in Azure as the application",
        kind: SecretKind::Token,
        finder: Finder::Near(&["Q~"], azure_client_secret),
    },
    SecretRule::token(
        "alibaba-access-key-id",
        "Alibaba Cloud access key id",
        "names an Alibaba Cloud user; with its secret half, acts as that user",
        &[&[Word("LTAI"), Run(Alnum, 20, 20)], &[Word("LTAI"), Run(Alnum, 12, 12)]],
    ),
    SecretRule::token(
        "digitalocean-token",
        "DigitalOcean token",
        "runs and deletes machines on DigitalOcean",
        &[
            &[Word("dop_v1_"), Run(Hex, 64, 64)],
            &[Word("doo_v1_"), Run(Hex, 64, 64)],
            &[Word("dor_v1_"), Run(Hex, 64, 64)],
        ],
    ),
    SecretRule::token(
        "hashicorp-vault-token",
        "Vault token",
        "reads the secrets in Vault that its policies allow",
        &[&[Word("hvs."), Run(Url64, 90, 300)], &[Word("hvb."), Run(Url64, 130, 400)]],
    ),
    SecretRule {
        id: "terraform-cloud-token",
        title: "Terraform Cloud token",
        opens: "plans and applies in Terraform Cloud, and reads its states",
        kind: SecretKind::Token,
        finder: Finder::Near(&[".atlasv1."], terraform_token),
    },
    SecretRule::token(
        "databricks-token",
        "Databricks token",
        "runs jobs and reads data on Databricks",
        &[&[Word("dapi"), Run(Hex, 32, 32)], &[Word("dapi"), Run(Hex, 32, 32), Word("-"), Run(Digit, 1, 2)]],
    ),
    SecretRule::token(
        "doppler-token",
        "Doppler token",
        "reads the secrets of a Doppler project",
        &[
            &[Word("dp.pt."), Run(Alnum, 40, 44)],
            &[Word("dp.st."), Run(Lower, 2, 35), Word("."), Run(Alnum, 40, 44)],
            &[Word("dp.st."), Run(Alnum, 40, 44)],
        ],
    ),
    SecretRule::token(
        "pulumi-token",
        "Pulumi token",
        "reads and changes infrastructure through Pulumi Cloud",
        &[&[Word("pul-"), Run(Hex, 40, 40)]],
    ),
    SecretRule::token(
        "planetscale-token",
        "PlanetScale token",
        "reads and changes databases on PlanetScale",
        &[&[Word("pscale_tkn_"), Run(Url64, 32, 64)], &[Word("pscale_pw_"), Run(Url64, 32, 64)]],
    ),
    SecretRule::token(
        "supabase-token",
        "Supabase token",
        "administers projects on Supabase",
        &[&[Word("sbp_"), Run(Hex, 40, 40)]],
    ),
    SecretRule::token(
        "tailscale-key",
        "Tailscale key",
        "joins or administers a private network",
        &[
            &[Word("tskey-auth-"), Run(Alnum, 10, 30), Word("-"), Run(Alnum, 20, 60)],
            &[Word("tskey-api-"), Run(Alnum, 10, 30), Word("-"), Run(Alnum, 20, 60)],
            &[Word("tskey-client-"), Run(Alnum, 10, 30), Word("-"), Run(Alnum, 20, 60)],
        ],
    ),
    SecretRule::token(
        "fly-token",
        "Fly.io token",
        "deploys and reads secrets on Fly.io",
        &[&[Word("fm2_"), Run(Base64, 100, 900)]],
    ),
    SecretRule::token(
        "heroku-token",
        "Heroku key",
        "deploys and reads settings on Heroku",
        &[&[Word("HRKU-AA"), Run(Url64, 58, 58)]],
    ),
    SecretRule::token(
        "netlify-token",
        "Netlify token",
        "deploys and reads settings on Netlify",
        &[&[Word("nfp_"), Run(Alnum, 36, 36)]],
    ),
    SecretRule::token(
        "dynatrace-token",
        "Dynatrace token",
        "reads monitoring data, and writes it, on Dynatrace",
        &[&[Word("dt0c01."), Run(Upper, 24, 24), Word("."), Run(Upper, 64, 64)]],
    ),
    SecretRule::token(
        "cloudflare-origin-key",
        "Cloudflare origin CA key",
        "issues certificates for the account's zones",
        &[&[Word("v1.0-"), Run(Hex, 24, 24), Word("-"), Run(Hex, 146, 146)]],
    ),
];

/// Fourteen characters, the mark, and sixty to seventy more.
fn terraform_token(text: &Text<'_>, at: usize) -> Option<Match> {
    let start = at.checked_sub(14)?;
    let behind = at + ".atlasv1.".len();
    let length = text.from(behind).iter().take(80).take_while(|byte| Url64.has(**byte)).count();
    let before = text.content.get(start..at)?;
    let fits = before.iter().all(|byte| Alnum.has(*byte)) && (60..=70).contains(&length);
    let body = text.content.get(behind..behind + length)?;
    (fits && plausible(body)).then(|| Match::hidden(start, behind + length))
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::{check, random};
    use super::super::shape::Alphabet::{Alnum, Base64};

    #[test]
    fn keys_of_clouds_are_found_and_those_of_the_documentation_are_not() {
        check("id = AKIAU6GDPMRCG4BE4UMR\n", &["aws-access-key-id 1 AKIA…"]);
        check("id = AKIAIOSFODNN7EXAMPLE\n", &[]);
        check("AKIAU6GDPMRCG4BE4UM1", &[]);
        check("MAKIAU6GDPMRCG4BE4UMR", &[]);
        let secret = random(Base64, 40);
        check(&format!("aws_secret_access_key = {secret}\n"), &["aws-secret-access-key 1 …"]);
        check(&format!("{{\"SecretAccessKey\": \"{secret}\"}}"), &["aws-secret-access-key 1 …"]);
        check("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n", &[]);
        check(&format!("aws_secret_access_key = {secret}x\n"), &[]);
        check(&format!("AccountKey={}==;", random(Base64, 86)), &["azure-storage-key 1 …"]);
        check(
            "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
            &[],
        );
        check(&format!("x = ab.8Q~{}\n", random(Alnum, 32)), &["azure-client-secret 1 …"]);
        check(
            &format!("{}.atlasv1.{}", random(Alnum, 14), random(Alnum, 67)),
            &["terraform-cloud-token 1 …"],
        );
        check(&format!("key=AIza{}", random(Alnum, 35)), &["google-api-key 1 AIza…"]);
    }
}
