//! How plugins reach a binary: forgetting to name one does not build, and there is one registry.
//!
//! The lists and manifests are the real ones; the crates that they name are stubs, so that each
//! build takes a second.

use portal_tests::harness::{Ran, Workspace, bundled_and};

const LIST: &str = include_str!("../../portal-plugins/src/lib.rs");
const BUNDLED_SOURCE: &str = include_str!("../../portal-plugins/src/bundled.rs");
const LIST_MANIFEST: &str = include_str!("../../portal-plugins/Cargo.toml");
const CUSTOM: &str = include_str!("../../examples/custom-portal/src/main.rs");
const DISTRIBUTION: &str = include_str!("../../portal-server/src/distribution.rs");
const CUSTOM_MANIFEST: &str = include_str!("../../examples/custom-portal/Cargo.toml");
const CORE_MANIFEST: &str = include_str!("../../portal-core/Cargo.toml");

/// What the members of the real workspace inherit from it, with stubs for dependencies.
fn root(dependencies: &[&str]) -> String {
    let dependencies: String =
        dependencies.iter().map(|name| format!("{name} = {{ path = \"{name}\" }}\n")).collect();
    format!(
        "[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"{}\"\n\
         license = \"MIT\"\npublish = false\n\
         [workspace.lints.rust]\nunsafe_code = \"forbid\"\n\
         [workspace.dependencies]\n{dependencies}",
        env!("CARGO_PKG_RUST_VERSION")
    )
}

/// The list of bundled plugins, in a workspace of stubs.
fn list() -> Workspace {
    let workspace = Workspace::new(env!("CARGO_TARGET_TMPDIR"), &root(&[])).crate_at(
        "portal-plugins",
        LIST_MANIFEST,
        ("src/lib.rs", LIST),
    );
    workspace.write("portal-plugins/src/bundled.rs", BUNDLED_SOURCE);
    bundled_and(&[]).iter().fold(workspace, |workspace, id| {
        let manifest = format!(
            "[package]\nname = \"{id}-plugin\"\nversion = \"0.1.0\"\n[features]\nsqlite = []\n"
        );
        workspace.crate_at(&format!("portal-plugins/{id}"), &manifest, ("src/lib.rs", ""))
    })
}

/// Builds the custom portal from this source, and runs it: it prints which crates it names.
fn run_custom_portal(source: &str) -> Ran {
    let server = "[package]\nname = \"portal-server\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                  [features]\ndefault = []\npostgres = []\n";
    let lib = "mod distribution;\n\
               pub struct Plugins(pub &'static [&'static str]);\n\
               impl Plugins {\n\
                   pub const fn named(names: &'static [&'static str]) -> Self { Plugins(names) }\n\
               }\n\
               pub fn run(named: Plugins) -> std::process::ExitCode {\n\
                   print!(\"{}\", named.0.join(\" \"));\n\
                   std::process::ExitCode::SUCCESS\n\
               }\n";
    let workspace =
        Workspace::new(env!("CARGO_TARGET_TMPDIR"), &root(&["portal-server", "s3-plugin"]))
            .stubs(&["s3-plugin"])
            .crate_at("portal-server", server, ("src/lib.rs", lib))
            .crate_at("custom-portal", CUSTOM_MANIFEST, ("src/main.rs", source));
    workspace.write("portal-server/src/distribution.rs", DISTRIBUTION);
    workspace.cargo(&["run", "--quiet", "-p", "custom-portal"])
}

/// The source of the custom portal with other crates in place of S3.
fn naming(crates: &str) -> String {
    let line = "portal_server::main!(s3_plugin);";
    assert_eq!(CUSTOM.matches(line).count(), 1, "{line} is not there once");
    CUSTOM.replace(line, &format!("portal_server::main!({crates});"))
}

/// The source with one line commented out.
fn without_line(source: &str, line: &str) -> String {
    assert_eq!(source.matches(line).count(), 1, "{line} is not there once");
    source.replace(line, &format!("// {line}"))
}

fn assert_fails_with_the_line_as_help(ran: &Ran, line: &str) {
    assert_eq!(ran.code, Some(101), "it builds without {line}");
    let help = ran.err.lines().find(|one| one.contains("= help: ") && one.contains(line));
    assert!(help.is_some(), "no help text holds {line}:\n{}", ran.err);
}

#[test]
fn list_of_bundled_plugins_builds_with_all_features_with_each_and_with_none() {
    let list = list();
    let ids = bundled_and(&[]);
    let all = ids.join(",");
    for features in ids.iter().copied().chain([all.as_str(), ""]) {
        let arguments =
            ["check", "-p", "portal-plugins", "--no-default-features", "--features", features];
        let ran = list.cargo(&arguments);
        assert_eq!(ran.code, Some(0), "{features:?}: {}", ran.err);
    }
}

#[test]
fn bundled_plugin_that_the_list_does_not_name_fails_the_build_with_the_line_to_add() {
    let list = list();
    let build = |source: &str| {
        list.write("portal-plugins/src/lib.rs", source);
        list.cargo(&["check", "-p", "portal-plugins"])
    };
    for id in bundled_and(&[]) {
        let line = format!("use {}_plugin as _;", id.replace('-', "_"));
        let attribute = format!("#[cfg(feature = \"{id}\")]\n");
        let commented_out = without_line(LIST, &line);
        assert_fails_with_the_line_as_help(&build(&commented_out), &line);
        let removed = LIST.replace(&format!("{attribute}{line}"), "");
        assert_ne!(removed, LIST, "{line} does not follow {attribute}");
        assert_fails_with_the_line_as_help(&build(&removed), &line);
    }
    assert_eq!(build(LIST).code, Some(0));
}

#[test]
fn plugin_that_only_the_manifest_of_a_distribution_names_fails_its_build() {
    let ran = run_custom_portal(CUSTOM);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "s3_plugin"), "{}", ran.err);
    assert_fails_with_the_line_as_help(&run_custom_portal(&naming("")), "use s3_plugin as _;");
}

#[test]
fn what_is_no_name_of_a_crate_fails_the_build_of_a_distribution() {
    let misspelt = run_custom_portal(&naming("s3_plugn, s3_plugin"));
    assert_eq!(misspelt.code, Some(101), "it builds");
    assert!(misspelt.err.contains("`s3_plugn`"), "{}", misspelt.err);
    for wrong in ["s3-plugin", "\"s3_plugin\"", "s3_plugin wiki_plugin", "s3_plugin::S3"] {
        let ran = run_custom_portal(&naming(wrong));
        assert_eq!(ran.code, Some(101), "{wrong} builds");
        let said = "error: this takes the names of plugin crates, with underscores for dashes";
        assert!(ran.err.contains(said), "{wrong}: {}", ran.err);
    }
}

/// Resolves a portal that depends on one portal-core, and through a plugin on another version.
fn resolve_two_cores(manifest: &str) -> Ran {
    let own: Vec<&str> =
        manifest.lines().filter(|line| !line.ends_with(".workspace = true")).collect();
    let other = format!("{}\nversion = \"0.2.0\"\n", own.join("\n"));
    let plugin = "[package]\nname = \"old-plugin\"\nversion = \"0.1.0\"\n\
                  [dependencies]\nportal-core = { path = \"../portal-core\" }\n";
    let portal = "[package]\nname = \"portal\"\nversion = \"0.1.0\"\n[dependencies]\n\
                  portal-core = { path = \"../portal-core\" }\n\
                  old-plugin = { path = \"../outside/old-plugin\" }\n";
    Workspace::new(env!("CARGO_TARGET_TMPDIR"), &root(&[]))
        .crate_at("portal-core", manifest, ("src/lib.rs", ""))
        .crate_at("outside/portal-core", &other, ("src/lib.rs", ""))
        .crate_at("outside/old-plugin", plugin, ("src/lib.rs", ""))
        .crate_at("portal", portal, ("src/lib.rs", ""))
        .cargo(&["metadata", "--format-version", "1", "--quiet"])
}

#[test]
fn two_copies_of_portal_core_in_one_binary_are_refused_before_anything_is_built() {
    let (package, _) = CORE_MANIFEST.split_once("\n[features]").unwrap();
    let ran = resolve_two_cores(package);
    assert_eq!(ran.code, Some(101), "two registries can be linked: {}", ran.err);
    assert!(ran.err.contains("portal_core") && ran.err.contains("links"), "{}", ran.err);
    // It is the line with `links` that does it.
    let ran =
        resolve_two_cores(&without_line(package, "links = \"portal_core\"").replace("// ", "# "));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

/// Prints what the linker collected: a plugin that the list names, or does not.
fn collected(list: &str, profile: &str) -> String {
    let package = |name: &str, dependencies: &[&str]| {
        let dependencies: String = dependencies.iter().map(|one| format!("{one}\n")).collect();
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\n{dependencies}"
        )
    };
    let core = "tiny-core = { path = \"../core\" }";
    let ran = Workspace::new(
        env!("CARGO_TARGET_TMPDIR"),
        "[profile.release]\nlto = \"fat\"\ncodegen-units = 1\n",
    )
    .crate_at(
        "core",
        &package("tiny-core", &["inventory = \"0.3\""]),
        (
            "src/lib.rs",
            "pub use inventory;\npub struct Plugin(pub &'static str);\n\
             inventory::collect!(Plugin);\n\
             pub fn count() -> usize { inventory::iter::<Plugin>().count() }",
        ),
    )
    .crate_at(
        "plugin",
        &package("plugin", &[core]),
        ("src/lib.rs", "tiny_core::inventory::submit! { tiny_core::Plugin(\"tiny\") }"),
    )
    .crate_at(
        "list",
        &package("list", &["plugin = { path = \"../plugin\" }"]),
        ("src/lib.rs", list),
    )
    .crate_at(
        "server",
        &package("server", &[core, "list = { path = \"../list\" }"]),
        ("src/main.rs", "use list as _; fn main() { print!(\"{}\", tiny_core::count()) }"),
    )
    .cargo(&["run", "--quiet", "-p", "server", "--profile", profile]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    ran.out
}

#[test]
fn plugin_that_is_named_is_collected_in_debug_and_in_release_with_lto() {
    for profile in ["dev", "release"] {
        assert_eq!(collected("use plugin as _;", profile), "1", "{profile}");
        // Why the lint is there: nothing fails, the plugin is just not there.
        assert_eq!(collected("", profile), "0", "{profile}");
    }
}
