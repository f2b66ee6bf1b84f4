//! Composer versions against composer/semver.

use std::process::Command;

use super::{check, made_up};

#[test]
fn composer_versions_are_ordered_as_composer_orders_them() {
    let starts = [
        "0",
        "1",
        "1.0",
        "1.0.0",
        "v1.2",
        "V1.2",
        "1.10",
        "1.9",
        "1.2.3.4",
        "1.2.3.4.5",
        "123456",
        "99999",
        "100000",
        "2010",
        "20100102",
        "2010.01.02",
        "2010-01-02",
        "2010.1.555",
        "20100102-203040",
        "2010:01:02.5",
        "dev-main",
        "DEV-Main",
        "dev-",
        "master",
        "trunk",
        "2.1.x",
        "2.x",
        "2.*",
        "2.X.x",
        "x.1",
        "1.",
        "",
        "a",
        " 1.1",
        "99999999999999999999999",
    ];
    let parts = [
        ".0",
        ".1",
        ".10",
        ".2.3",
        "-alpha",
        "a1",
        "-beta2",
        ".beta.3",
        "b",
        "-RC1",
        "rc",
        "_rc-2",
        "-p1",
        "pl2",
        "-patch.1.2",
        "-stable",
        "stable3",
        "-Stable",
        "-dev",
        ".dev",
        "dev",
        "_dev",
        "--dev",
        ".x-dev",
        ".*-dev",
        "-1",
        "-",
        "_",
        ".",
        "+build",
        "+b uild",
        "@beta",
        "@DEV",
        "@meh",
        " as 2.0",
        "  as  dev-x",
        "-01.02",
        ":03",
        "/x",
        "#0a1b",
        ",1",
        "é",
    ];
    let script = r#"
require 'Composer/Semver/autoload.php';
$parser = new Composer\Semver\VersionParser();
$normalize = function ($text) use ($parser) {
    try { return $parser->normalize($text); } catch (UnexpectedValueException $none) { return null; }
};
foreach (explode("\n", substr(stream_get_contents(STDIN), 0, -1)) as $line) {
    [$a, $b] = array_map($normalize, explode("\t", $line));
    if ($a === null || $b === null) { echo "?\n"; continue; }
    foreach (['<', '==', '>'] as $sign) {
        if (Composer\Semver\Comparator::compare($a, $sign, $b)) { echo $sign[0], "\n"; continue 2; }
    }
    echo "?\n";
}
"#;
    check(
        "composer",
        "composer/semver",
        Command::new("php").args(["-r", script]),
        &made_up(&starts, &parts, 40_000),
    );
}
