//! What each purl type makes of the letters of a name, after its definition in the package-url
//! project. A type that is not named here keeps its names as they are.

use super::Purl;

pub(super) fn normalise(purl: &mut Purl) {
    let Purl { kind, namespace, name, version, .. } = purl;
    match kind.as_str() {
        "alpm" | "apk" | "bitbucket" | "composer" | "deb" | "gitee" | "github" | "gitlab" | "golang"
        | "hex" | "luarocks" | "npm" | "openvsx" | "vscode-extension" => {
            lower(namespace);
            *name = name.to_lowercase();
        }
        "rpm" | "qpkg" => lower(namespace),
        "bitnami" | "oci" => *name = name.to_lowercase(),
        "cpan" => *namespace = namespace.as_ref().map(|author| author.to_uppercase()),
        "huggingface" => lower(version),
        // An underscore takes the place of whatever a Dart package name cannot hold.
        "pub" => {
            *name = name
                .to_lowercase()
                .chars()
                .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
                .collect();
        }
        "pypi" => {
            *name = fold_python_name(name);
            lower(version);
        }
        _ => {}
    }
}

fn lower(part: &mut Option<String>) {
    *part = part.as_ref().map(|text| text.to_lowercase());
}

/// PEP 503: lower case, and a run of `-`, `_` and `.` is one `-`.
fn fold_python_name(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.to_lowercase().chars() {
        if matches!(letter, '-' | '_' | '.') {
            if !folded.ends_with('-') {
                folded.push('-');
            }
        } else {
            folded.push(letter);
        }
    }
    folded
}
