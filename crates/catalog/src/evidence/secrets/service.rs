//! Tokens of services that messages, payments, models and monitoring are bought from.

use super::rule::{Check, Finder, Match, SecretKind, SecretRule, Text};
use super::shape::Alphabet::{Alnum, Digit, Hex, Lower, Upper, Url64};
use super::shape::Piece::{Run, Word};
use super::shape::plausible;

const MODELS: &str = "runs models on the account's bill and reads what the account stored";
const MESSAGES: &str = "reads and sends messages as the application or its user";
const MAIL: &str = "sends mail in the account's name";
const SHOP: &str = "reads orders and customers of the shop, as far as its rights go";

/// Grafana's tokens end in the CRC-32 of their random part, in hexadecimal.
fn grafana_checksum(token: &[u8]) -> Check {
    let Some((body, sum)) = token.get(5..).and_then(|rest| rest.split_at_checked(32)) else {
        return Check::Wrong;
    };
    let stated = sum.get(1..).and_then(|sum| std::str::from_utf8(sum).ok());
    let stated = stated.and_then(|sum| u32::from_str_radix(sum, 16).ok());
    if stated == Some(crc32fast::hash(body)) { Check::Right } else { Check::Unchecked }
}

/// `ID:AA…`: the id of a bot is eight to ten digits before the colon.
fn telegram(text: &Text<'_>, at: usize) -> Option<Match> {
    let digits =
        text.content.get(..at)?.iter().rev().take(11).take_while(|byte| byte.is_ascii_digit()).count();
    let start = at - digits;
    let before = text.before(start);
    let body = text.content.get(at + 1..at + 36)?;
    let next = text.content.get(at + 36).copied().unwrap_or(b'\n');
    let fits = (8..=10).contains(&digits)
        && !before.is_ascii_alphanumeric()
        && body.iter().all(|byte| Url64.has(*byte))
        && !Url64.has(next);
    (fits && plausible(body)).then(|| Match::hidden(start, at + 36))
}

/// OpenAI's older keys have their mark in the middle.
fn openai_old(text: &Text<'_>, at: usize) -> Option<Match> {
    let before = text.content.get(..at)?.iter().rev().take(100).take_while(|byte| Url64.has(**byte)).count();
    let start = at - before;
    let behind = at + "T3BlbkFJ".len();
    let length = text.from(behind).iter().take(100).take_while(|byte| Url64.has(**byte)).count();
    let key = text.content.get(start..behind + length)?;
    let fits = key.starts_with(b"sk-") && before >= 20 && length >= 20 && plausible(key.get(3..)?);
    fits.then_some(Match { start, end: behind + length, shown: 3, is_verified: false })
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule::token(
        "slack-token",
        "Slack token",
        MESSAGES,
        &[
            &[
                Word("xoxb-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Alnum, 24, 24),
            ],
            &[
                Word("xoxp-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Hex, 32, 32),
            ],
            &[
                Word("xapp-"),
                Run(Digit, 1, 1),
                Word("-"),
                Run(Upper, 9, 12),
                Word("-"),
                Run(Digit, 10, 13),
                Word("-"),
                Run(Hex, 64, 64),
            ],
            &[Word("xoxe-"), Run(Digit, 1, 1), Word("-"), Run(Alnum, 140, 170)],
        ],
    ),
    SecretRule::token(
        "slack-webhook",
        "Slack webhook",
        "posts into a channel of the workspace",
        &[&[
            Word("hooks.slack.com/services/T"),
            Run(Upper, 8, 12),
            Word("/B"),
            Run(Upper, 8, 12),
            Word("/"),
            Run(Alnum, 24, 24),
        ]],
    ),
    SecretRule::token(
        "discord-webhook",
        "Discord webhook",
        "posts into a channel",
        &[
            &[Word("discord.com/api/webhooks/"), Run(Digit, 17, 20), Word("/"), Run(Url64, 60, 80)],
            &[Word("discordapp.com/api/webhooks/"), Run(Digit, 17, 20), Word("/"), Run(Url64, 60, 80)],
        ],
    ),
    SecretRule {
        id: "telegram-bot-token",
        title: "Telegram bot token",
        opens: MESSAGES,
        kind: SecretKind::Token,
        finder: Finder::Near(&[":AA"], telegram),
    },
    SecretRule::token(
        "stripe-live-key",
        "Stripe live key",
        "charges, refunds and reads customers on Stripe",
        &[&[Word("sk_live_"), Run(Alnum, 24, 247)], &[Word("rk_live_"), Run(Alnum, 24, 247)]],
    ),
    SecretRule::token(
        "stripe-webhook-secret",
        "Stripe webhook secret",
        "forges events of Stripe",
        &[&[Word("whsec_"), Run(Alnum, 32, 64)]],
    ),
    SecretRule::token(
        "square-token",
        "Square token",
        "charges and reads customers on Square",
        &[&[Word("sq0atp-"), Run(Url64, 22, 22)], &[Word("sq0csp-"), Run(Url64, 43, 43)]],
    ),
    SecretRule::token(
        "shopify-token",
        "Shopify token",
        SHOP,
        &[
            &[Word("shpat_"), Run(Hex, 32, 32)],
            &[Word("shpca_"), Run(Hex, 32, 32)],
            &[Word("shppa_"), Run(Hex, 32, 32)],
            &[Word("shpss_"), Run(Hex, 32, 32)],
        ],
    ),
    SecretRule::token(
        "easypost-token",
        "EasyPost key",
        "buys postage on the account's bill",
        &[&[Word("EZAK"), Run(Alnum, 54, 54)]],
    ),
    SecretRule::token(
        "sendgrid-token",
        "SendGrid key",
        MAIL,
        &[&[Word("SG."), Run(Url64, 22, 22), Word("."), Run(Url64, 43, 43)]],
    ),
    SecretRule::token(
        "brevo-token",
        "Brevo key",
        MAIL,
        &[&[Word("xkeysib-"), Run(Hex, 64, 64), Word("-"), Run(Alnum, 16, 16)]],
    ),
    SecretRule::token(
        "resend-key",
        "Resend key",
        MAIL,
        &[&[Word("re_"), Run(Alnum, 8, 8), Word("_"), Run(Alnum, 24, 24)]],
    ),
    SecretRule::token(
        "anthropic-key",
        "Anthropic key",
        MODELS,
        &[&[Word("sk-ant-api03-"), Run(Url64, 95, 95)], &[Word("sk-ant-admin01-"), Run(Url64, 95, 95)]],
    ),
    SecretRule::token(
        "openai-key",
        "OpenAI key",
        MODELS,
        &[
            &[Word("sk-proj-"), Run(Url64, 48, 200)],
            &[Word("sk-svcacct-"), Run(Url64, 48, 200)],
            &[Word("sk-admin-"), Run(Url64, 48, 200)],
        ],
    ),
    SecretRule {
        id: "openai-legacy-key",
        title: "OpenAI key of the older form",
        opens: MODELS,
        kind: SecretKind::Token,
        finder: Finder::Near(&["T3BlbkFJ"], openai_old),
    },
    SecretRule::token("groq-key", "Groq key", MODELS, &[&[Word("gsk_"), Run(Alnum, 52, 52)]]),
    SecretRule::token("replicate-token", "Replicate token", MODELS, &[&[Word("r8_"), Run(Alnum, 37, 37)]]),
    SecretRule::token("perplexity-key", "Perplexity key", MODELS, &[&[Word("pplx-"), Run(Alnum, 48, 48)]]),
    SecretRule::token("xai-key", "xAI key", MODELS, &[&[Word("xai-"), Run(Alnum, 80, 80)]]),
    SecretRule::checked(
        "grafana-token",
        "Grafana token",
        "reads and changes dashboards and data sources",
        &[&[Word("glsa_"), Run(Alnum, 32, 32), Word("_"), Run(Hex, 8, 8)]],
        grafana_checksum,
    ),
    SecretRule::token(
        "grafana-cloud-token",
        "Grafana Cloud token",
        "writes and reads metrics and logs",
        &[&[Word("glc_eyJ"), Run(Alnum, 60, 400)]],
    ),
    SecretRule::token(
        "sentry-token",
        "Sentry token",
        "reads errors, and what users did before them",
        &[
            &[Word("sntryu_"), Run(Hex, 64, 64)],
            &[Word("sntrys_eyJ"), Run(Alnum, 80, 400), Word("_"), Run(Alnum, 43, 43)],
        ],
    ),
    SecretRule::token(
        "new-relic-key",
        "New Relic key",
        "reads and writes monitoring data",
        &[&[Word("NRAK-"), Run(Upper, 27, 27)]],
    ),
    SecretRule::token(
        "linear-key",
        "Linear key",
        "reads and changes issues as its owner",
        &[&[Word("lin_api_"), Run(Alnum, 40, 40)]],
    ),
    SecretRule::token(
        "notion-token",
        "Notion token",
        "reads and changes pages",
        &[&[Word("ntn_"), Run(Alnum, 46, 46)]],
    ),
    SecretRule::token(
        "figma-token",
        "Figma token",
        "reads designs as its owner",
        &[&[Word("figd_"), Run(Url64, 40, 40)]],
    ),
    SecretRule::token(
        "airtable-token",
        "Airtable token",
        "reads and changes tables",
        &[&[Word("pat"), Run(Alnum, 14, 14), Word("."), Run(Hex, 64, 64)]],
    ),
    SecretRule::token(
        "postman-key",
        "Postman key",
        "reads collections, and the secrets in them",
        &[&[Word("PMAK-"), Run(Hex, 24, 24), Word("-"), Run(Hex, 34, 34)]],
    ),
    SecretRule::token(
        "prefect-key",
        "Prefect key",
        "runs flows in the workspace",
        &[&[Word("pnu_"), Run(Lower, 36, 36)]],
    ),
    SecretRule::token(
        "contentful-token",
        "Contentful token",
        "reads and changes content",
        &[&[Word("CFPAT-"), Run(Url64, 43, 43)]],
    ),
    SecretRule::token(
        "twilio-key",
        "Twilio key with its secret",
        "calls and sends messages on the account's bill",
        &[&[Word("TWILIO_AUTH_TOKEN="), Run(Hex, 32, 32)]],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::{check, random};
    use super::super::shape::Alphabet::{Alnum, Digit, Hex, Url64};

    #[test]
    fn tokens_of_services_are_found() {
        let slack = ["xoxb", &random(Digit, 11), &random(Digit, 12), &random(Alnum, 24)].join("-");
        check(&slack, &["slack-token 1 xoxb-…"]);
        check("xoxb-not-a-token", &[]);
        check(&format!("123456789:AA{}", random(Url64, 33)), &["telegram-bot-token 1 …"]);
        check(&format!("12345:AA{}", random(Url64, 33)), &[]);
        let live = format!("{}_live_{}", "sk", random(Alnum, 24));
        check(&live, &["stripe-live-key 1 sk_live_…"]);
        check(&live.replace("live", "test"), &[]);
        check(
            &format!("sk-{}T3BlbkFJ{}", random(Alnum, 20), random(Alnum, 20)),
            &["openai-legacy-key 1 sk-…"],
        );
        let body = random(Alnum, 32);
        let sum = format!("{:08x}", crc32fast::hash(body.as_bytes()));
        check(&format!("glsa_{body}_{sum}"), &["grafana-token 1 glsa_… verified"]);
        check(&format!("glsa_{body}_{}", random(Hex, 8)), &["grafana-token 1 glsa_…"]);
    }
}
