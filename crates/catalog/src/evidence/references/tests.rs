//! What each language's references are read as. Real trees are compared with the languages' own
//! parsers in `tests/evidence`.

use super::{Found, ReferencesReader};
use crate::ecosystem::dpkg::sample_image::soon;
use crate::reader::Reader as _;

/// `line kind target [by]` for each reference of a file.
fn check(path: &str, content: &str, expect: &[&str]) {
    let payload = ReferencesReader.read(path.as_bytes(), content.as_bytes(), &mut Vec::new());
    let payload = payload.unwrap_or_else(|| panic!("{path} is not read"));
    let found: Found<'_> = postcard::from_bytes(&payload).unwrap();
    let rows: Vec<String> = found
        .rows
        .iter()
        .map(|(kind, line, target, by)| {
            let by = if by.is_empty() { String::new() } else { format!(" [{by}]") };
            format!("{line} {} {target}{by}", kind.word())
        })
        .collect();
    assert_eq!(rows, expect, "{path}:\n{content}");
}

#[test]
fn a_script_names_its_interpreter_and_its_commands() {
    check(
        "docker-entrypoint.sh",
        "#!/bin/sh\nset -e\n# no-command here\nif [ \"$1\" = 'redis-server' -a \"$(id -u)\" = '0' ]; then\n\tfind . \\! -user redis -exec chown redis '{}' +\n\texec gosu redis \"$0\" \"$@\"\nfi\nexec \"$@\"\n",
        &[
            "1 interpreter /bin/sh",
            "4 command id",
            "5 command find",
            "5 command chown [find]",
            "6 command gosu [exec]",
            "6 open $0 [gosu]",
            "8 open $@ [exec]",
        ],
    );
}

#[test]
fn env_is_looked_through() {
    check(
        "a",
        "#!/usr/bin/env -S node --no-warnings\n",
        &["1 interpreter /usr/bin/env", "1 interpreter node [env]", "1 interpreter-argument --no-warnings"],
    );
    check(
        "a",
        "#!/usr/bin/env python3\nimport os\n",
        &["1 interpreter /usr/bin/env", "1 interpreter python3 [env]", "2 import os"],
    );
    check("a", "#!/usr/bin/awk -f\nimport\n", &["1 interpreter /usr/bin/awk", "1 interpreter-argument -f"]);
}

#[test]
fn here_documents_quotes_cases_and_functions_are_no_commands() {
    check(
        "x.sh",
        "cat <<-EOF >/etc/app.conf\n\trm -rf /usr\n\tEOF\nhelper() { sed -i s/a/b/ /etc/hosts; }\nhelper\ncase \"$x\" in\n  start|stop) nginx -s \"$x\" ;;\n  (*) echo 'unknown | cmd' ;;\nesac\nfor f in /docker-entrypoint.d/*.sh; do . \"$f\"; done\nA=/opt/a B=b run it\n. /etc/profile\ncommand -v curl >/dev/null && curl x\nsh -c 'wget y | tar x'\n`uname -m`\narr=(one\n two)\n",
        &[
            "1 command cat",
            "1 path /etc/app.conf",
            "4 command sed",
            "4 path /etc/hosts",
            "7 command nginx",
            "10 glob /docker-entrypoint.d/*.sh",
            "10 open $f [.]",
            "11 path /opt/a",
            "11 command run",
            "12 path /etc/profile",
            "12 source /etc/profile [.]",
            "13 command curl [command]",
            "13 command curl",
            "14 command sh",
            "14 command wget",
            "14 command tar",
            "15 command uname",
            "15 open `uname -m` [command]",
        ],
    );
}

#[test]
fn python_imports_are_found_where_they_are_and_nowhere_else() {
    check(
        "a.py",
        "\"\"\"import doc\"\"\"\nimport os, os.path as p\nfrom . import a\nfrom ..b import (c, # import no\n  d as e,)\ntry: import json\nexcept ImportError: pass\nx = 'import y'; import z\nraise E from e\nimportlib.import_module('q.r')\n__import__(name)\nf\"{x}\" r'\\d' ; import raw\nopen('/etc/hosts')\n",
        &[
            "2 import os",
            "2 import os.path",
            "3 import .",
            "3 member .a",
            "4 import ..b",
            "4 member ..b.c",
            "4 member ..b.d",
            "6 import json",
            "8 import z",
            "10 import q.r [import_module]",
            "11 open __import__",
            "12 import raw",
            "13 path /etc/hosts",
        ],
    );
    check("b.py", "open('/etc/hosts')\n", &["1 path /etc/hosts"]);
}

#[test]
fn javascript_modules_are_told_from_strings_comments_and_expressions() {
    check(
        "a.js",
        "import x from 'x'; // import 'no'\nimport 'side';\nexport * from \"./y.js\";\nconst z = require('z/lib'), r = /require('no')/;\nconst t = `require('no') ${require('yes')}`;\nif (a) /'/.test(b); a = b / c; require(name);\nimport('./lazy.mjs').then(f);\npath.join(__dirname, 'views', 'a.html');\nnew URL('./w.js', import.meta.url);\nfoo.require('no');\nconst { a: b } = { c: 1 } / 2, u = \"/etc/hosts\";\n",
        &[
            "1 import x",
            "2 import side",
            "3 import ./y.js",
            "4 import z/lib [require]",
            "5 import yes [require]",
            "6 open require",
            "7 import ./lazy.mjs [import()]",
            "8 relative views/a.html [__dirname]",
            "9 relative ./w.js [import.meta.url]",
            "11 path /etc/hosts",
        ],
    );
    check(
        "node_modules/a/package.json",
        "{\"name\": \"a\", \"main\": \"./lib.js\",\n\"bin\": {\"a\": \"cli.js\"}, \"exports\": {\".\": {\"import\": \"./m.mjs\", \"default\": null}}}",
        &["1 directive ./lib.js [main]", "2 directive cli.js [bin]", "2 directive ./m.mjs [exports]"],
    );
}

#[test]
fn ruby_perl_and_php_name_what_they_load() {
    check(
        "a.rb",
        "# require 'no'\nrequire 'json'\nrequire_relative \"../b\"\nbegin; require 'c'; rescue LoadError; end\nautoload :X, 'x/y'\ntext = <<~EOS\n  require 'no'\nEOS\nrequire name\n=begin\nrequire 'no'\n=end\n",
        &[
            "2 import json [require]",
            "3 relative ../b [require_relative]",
            "4 import c [require]",
            "5 import x/y [autoload]",
            "9 open require",
        ],
    );
    check(
        "A.pm",
        "use v5.36;\nuse strict;\nuse parent qw(A::B C);\nrequire 'old.pl';\n=pod\n\nuse No;\n\n=cut\neval { require Opt::Mod; 1 };\nprint <<EOT;\nuse No;\nEOT\n__END__\nuse No;\n",
        &[
            "2 import strict [use]",
            "3 import parent [use]",
            "3 import A::B [parent]",
            "3 import C [parent]",
            "4 source old.pl [require]",
            "10 import Opt::Mod [require]",
        ],
    );
    check(
        "a.php",
        "require 'no';<?php\n// include 'no';\nuse Foo\\Bar;\nrequire_once __DIR__ . '/../vendor/autoload.php';\ninclude('x.php');\nrequire $name;\n$s = \"include 'no'\";\nreturn ['A' => $vendorDir . '/a/b.php'];\n",
        &[
            "3 import Foo\\Bar [use]",
            "4 relative /../vendor/autoload.php [require_once]",
            "5 source x.php [include]",
            "6 open require",
            "8 relative /a/b.php [vendorDir]",
        ],
    );
}

#[test]
fn configuration_names_files_with_the_directive() {
    check(
        "etc/nginx/nginx.conf",
        "user www-data;\ninclude /etc/nginx/modules-enabled/*.conf; # include no;\nhttp {\n  include mime.types;\n  server { root /usr/share/nginx/html; index index.html; }\n}\n",
        &[
            "2 directive /etc/nginx/modules-enabled/*.conf [include]",
            "4 directive mime.types [include]",
            "5 directive /usr/share/nginx/html [root]",
            "5 directive index.html [index]",
        ],
    );
    check(
        "etc/nsswitch.conf",
        "hosts: files [!UNAVAIL=return] dns # x\n",
        &["1 directive files [hosts]", "1 directive dns [hosts]"],
    );
    check(
        "etc/pam.d/login",
        "auth required pam_unix.so nullok\n@include common-auth\n-session optional pam_systemd.so\n",
        &[
            "1 directive pam_unix.so [module]",
            "2 directive common-auth [@include]",
            "3 directive pam_systemd.so [module]",
        ],
    );
    check(
        "etc/ld.so.conf",
        "include /etc/ld.so.conf.d/*.conf\n/usr/local/lib\n",
        &["1 directive /etc/ld.so.conf.d/*.conf [include]", "2 directive /usr/local/lib"],
    );
    check(
        "usr/lib/systemd/system/a.service",
        "[Service]\nExecStart=-/usr/bin/a --config /etc/a.conf\n",
        &["2 directive /usr/bin/a [execstart]", "2 directive /etc/a.conf [execstart]"],
    );
    check(
        "etc/crontab",
        "SHELL=/bin/sh\n17 * * * * root cd / && run-parts /etc/cron.hourly\n",
        &["2 command run-parts [cron]", "2 path /etc/cron.hourly [cron]"],
    );
    check(
        "etc/php/8.2/cli/php.ini",
        "; extension=no\nextension=curl\nopenssl.cafile = \"/etc/ssl/ca.pem\"\n",
        &["2 directive curl [extension]", "3 directive /etc/ssl/ca.pem [openssl.cafile]"],
    );
    check(
        "etc/logrotate.d/nginx",
        "/var/log/nginx/*.log {\n  daily\n}\n",
        &["1 directive /var/log/nginx/*.log"],
    );
}

#[test]
fn a_file_that_is_too_large_says_so() {
    let payload = ReferencesReader.too_large(b"a.js", 1 << 30).unwrap();
    let found: Found<'_> = postcard::from_bytes(&payload).unwrap();
    assert!(!found.is_complete && found.rows.is_empty());
}

#[test]
fn nothing_that_is_cut_short_or_mixed_up_stops_a_reader() {
    let texts = [
        "$(`\"'${<<EOF (( [[ case x in \\",
        "import (from . import `${ /[ 'x\\",
        "<?php <<<A /* \" use require __DIR__ .",
        "=begin <<~X require %w(",
    ];
    for path in [
        "a.sh",
        "a.py",
        "a.js",
        "a.rb",
        "a.pl",
        "a.php",
        "etc/nginx/a.conf",
        "etc/crontab",
        "etc/php/php.ini",
    ] {
        for text in texts {
            for cut in 0..=text.len() {
                let _ = ReferencesReader.read(path.as_bytes(), &text.as_bytes()[..cut], &mut Vec::new());
                let repeated = text[..cut].repeat(50);
                let _ = ReferencesReader.read(path.as_bytes(), repeated.as_bytes(), &mut Vec::new());
            }
        }
    }
}

/// What there is of a file whose content is given; `None` where nothing is kept.
fn is_complete(path: &str, content: &str) -> Option<bool> {
    let payload = ReferencesReader.read(path.as_bytes(), content.as_bytes(), &mut Vec::new())?;
    Some(postcard::from_bytes::<Found<'_>>(&payload).unwrap().is_complete)
}

#[test]
fn what_nests_without_end_takes_no_stack_and_is_told() {
    let deep = |text: &str| text.repeat((1 << 20) / text.len());
    for text in [
        "${",
        "\"${",
        "$(",
        "`",
        "\"`",
        "<(",
        "a=${b:-$(",
        "$((",
        "((",
        "[[ ",
        "case x in ",
        "eval '",
        "sh -c \"",
        "${x:-\"",
    ] {
        is_complete("a.sh", &deep(text));
    }
    for text in ["${", "$(", "\"${", "${a:-\"$("] {
        assert_eq!(is_complete("a.sh", &deep(text)), Some(false), "{text}");
    }
    assert_eq!(is_complete("a.sh", "a ${b:-\"$(c \"${d:-e}\")\"}"), Some(true));
    for path in
        ["a.py", "a.js", "a.rb", "a.pl", "a.php", "etc/nginx/a.conf", "etc/php/php.ini", "etc/crontab"]
    {
        for text in ["(", "[", "{", "`${", "f'{", "#{", "@{[", "\"${", "<?php (", "$(", "* * * * * root ${"] {
            is_complete(path, &deep(text));
        }
    }
    let open = "{\"exports\":".to_owned() + &deep("[");
    assert_eq!(is_complete("package.json", &open), Some(false));
    let deep = format!("{{\"exports\":{}\"a\"{}}}", "[".repeat(100), "]".repeat(100));
    assert_eq!(is_complete("package.json", &deep), Some(false), "too deep to be followed");
    let ignored = format!("{{\"x\":{}1{},\"main\":\"a\"}}", "[".repeat(100_000), "]".repeat(100_000));
    check("package.json", &ignored, &["1 directive a [main]"]);
}

#[test]
fn a_manifest_that_is_damaged_says_so() {
    assert_eq!(is_complete("package.json", "{\"main\": \"a.js\", "), Some(false));
    assert_eq!(is_complete("package.json", "[]"), Some(false));
    assert_eq!(is_complete("package.json", "{\"main\": \"a.js\"}"), Some(true));
}

/// Each of these takes minutes where something is looked for again from every place.
#[test]
fn what_looks_like_a_beginning_all_over_is_read_in_time() {
    const SIZE: usize = 4 << 20;
    let all = |text: &str| text.repeat(SIZE / text.len());
    let names: String = (0..SIZE / 24).map(|at| format!("n{at},")).collect();
    for (path, text) in [
        ("a.js", format!("import x;{}", all("/["))),
        ("a.js", format!("import x;{}", all("/[\\/"))),
        ("a.js", format!("import x;{}[", all("\\/"))),
        ("a.js", all("__dirname}")),
        ("a.js", format!("{}`", all("__dirname}"))),
        ("a.php", format!("<?php <<<A{}", all("\n"))),
        ("a.php", format!("<?php <<<A\n{}", all(" "))),
        ("a.php", all("<?#?>")),
        ("a.php", format!("<?{}", all("#?"))),
        ("a.py", format!("from {} import {names}", "a".repeat(SIZE / 2))),
        ("a.py", all("import_module(")),
        ("a.pl", all("use parent(")),
        ("a.pl", all("use parent;")),
        ("a.pl", all("use lib(")),
        ("a.pl", all("{use A")),
        ("a.pl", format!("{}\n{}", "<<A".repeat(SIZE / 6), "A\n".repeat(SIZE / 4))),
        ("a.rb", all(";autoload")),
        ("a.rb", all(";require \"a';")),
        ("a.sh", format!("{}\n{}", "<<A ".repeat(SIZE / 8), "A\n".repeat(SIZE / 4))),
        ("a.sh", (0..SIZE / 20).map(|at| format!("/u/{at}$(a{at})\n")).collect()),
        ("a.sh", all("${'")),
        ("a.sh", all("\"${a:-'")),
        ("package.json", format!("{{{}\"a\":0}}", all("\"\\u006dain\":\"b\","))),
        ("package.json", format!("{{\"exports\":[{}0]}}", all("{\"\":0},"))),
        ("etc/nginx/a.conf", all("a \\\n")),
        ("etc/nginx/a.conf", all("a '")),
        ("etc/crontab", all("* * * * * root `\n")),
        ("etc/php/php.ini", all("a=:")),
    ] {
        soon(|| is_complete(path, &text));
    }
}

#[test]
fn lines_are_counted_where_what_a_word_holds_comes_first() {
    check(
        "a.sh",
        "x\n$(b\nc)z\ne\n",
        &["1 command x", "2 command b", "3 command c", "2 open $(b\\x0ac)z [command]", "4 command e"],
    );
}

#[test]
fn statements_behind_a_list_of_parents_are_read() {
    check(
        "A.pm",
        "use parent qw(A); use lib ('/usr/share/b'); require C;\n",
        &[
            "1 path /usr/share/b",
            "1 import parent [use]",
            "1 import A [parent]",
            "1 import lib [use]",
            "1 path /usr/share/b [use lib]",
            "1 import C [require]",
        ],
    );
    check("a.rb", "autoload :A, 'a'; autoload :B; x = 1, 'c'\n", &["1 import a [autoload]"]);
    check("a.js", "x = </[y; import 'z'; a = /b'/; import 'c'\n", &["1 import z", "1 import c"]);
    check("a.php", "<?php # a ?> text <?php // b ? c\nuse D;\n", &["2 import D [use]"]);
    check("a.php", "<?php $a = <<<EOT\n\n  \n  text EOT\n  EOT;\nuse D;\n", &["6 import D [use]"]);
}
