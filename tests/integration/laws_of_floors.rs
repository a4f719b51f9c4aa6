//! The law of floors: which modules of a crate may name which others.
//!
//! Whoever reads a file has to know only the floors below it.

mod house;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use self::house::{House, Place};
use self::paths::{Named, exported_macros, scan};

/// The crates that are built in floors.
const CRATES: [&str; 6] = [
    "portal-core",
    "portal-engine",
    "portal-macros",
    "portal-plugins",
    "portal-server",
    "portal-testing",
];

/// Every module of a crate has a floor: the group of its `mod` line in `lib.rs`. Imports go down
/// only: a module names modules of lower floors, never one of its own floor or above.
#[test]
fn modules_name_only_modules_of_lower_floors() {
    let found: Vec<String> = CRATES.iter().flat_map(|name| findings(&sources_of(name))).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_crate_that_has_modules_is_among_those_with_floors() {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name());
    let names = folders.map(|name| name.to_string_lossy().into_owned());
    let mut with_modules: Vec<String> = names
        .filter(|name| name.starts_with("portal-"))
        .filter(|name| sources_of(name).iter().any(|source| !source.module.is_empty()))
        .collect();
    with_modules.sort();
    assert_eq!(with_modules, CRATES);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A file of a crate, and the module that it is. That of `lib.rs` has no name.
struct Source {
    file: String,
    module: Vec<String>,
    text: String,
}

impl Source {
    /// `path` is the file's place below `src`.
    fn new(file: String, path: &str, text: String) -> Self {
        let names = path.trim_end_matches(".rs").split('/');
        let module = names.filter(|name| !["lib", "mod"].contains(name)).map(str::to_owned);
        Source { file, module: module.collect(), text }
    }
}

/// The sources of a crate's library. `main.rs` is a crate of its own, which names the library as
/// any other crate does.
fn sources_of(name: &str) -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let src = root().join(name).join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.sort();
    let sources = paths.iter().filter(|path| !path.ends_with("src/main.rs")).map(|path| {
        let below = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        Source::new(format!("{name}/src/{below}"), &below, text)
    });
    sources.collect()
}

/// Everything that breaks the law in one crate, whose `lib.rs` is among the sources.
fn findings(sources: &[Source]) -> Vec<String> {
    let (libs, others): (Vec<_>, Vec<_>) =
        sources.iter().partition(|source| source.module.is_empty());
    let mut house = House::read(libs[0]);
    let mut read = Vec::new();
    for source in others {
        let tokens: TokenStream =
            source.text.parse().unwrap_or_else(|error| panic!("{}: {error}", source.file));
        for name in exported_macros(tokens.clone()) {
            house.exports.insert(name, source.module.clone());
        }
        let mut named = Vec::new();
        scan(tokens, &source.module, &mut named);
        read.push((source, named));
    }
    let mut found = house.findings.clone();
    for (Source { file, module, .. }, named) in read {
        let own = &module[0];
        if !house.floors.contains_key(own) {
            found.push(format!("{file}: lib.rs has no line `mod {own};`"));
            continue;
        }
        for named in named {
            let wrong = forbidden(&house, own, &named);
            let wrong = wrong.map(|wrong| {
                format!("{file}:{}: {} names {wrong}", named.line, house.with_floor(own))
            });
            found.extend(wrong.filter(|wrong| found.last() != Some(wrong)));
        }
    }
    found
}

/// What a module must not name, if that path is such a thing.
fn forbidden(house: &House, own: &str, named: &Named) -> Option<String> {
    match house.place(&named.path) {
        Place::Module(other) => {
            // What has no floor is found already.
            let floors = house.floors[own].zip(house.floors[&other]);
            let is_above = floors.is_some_and(|(own, other)| other >= own);
            (is_above && other != own).then(|| house.with_floor(&other))
        }
        Place::Roof(name) => (!named.by_macro).then(|| format!("{name} (the roof)")),
        Place::Outside => None,
        Place::Unknown(name) => {
            Some(format!("{name}, which lib.rs neither declares nor re-exports by name"))
        }
    }
}

/// A crate with three floors.
const LIB: &str = "\
// Floor 1: what needs nothing else
pub mod words;

// Floor 2: what is made of words
pub mod pages;
#[cfg(test)]
mod covers;

// Floor 3: what is made of pages
mod books;

pub use books::{Book, shut as close};
pub use paper::Sheet;
pub use words::Word;

pub mod prelude {}
pub fn open() {}
";

fn found_in(path: &str, text: &str) -> Vec<String> {
    found_under(LIB, &[(path, text)])
}

fn found_under(lib: &str, files: &[(&str, &str)]) -> Vec<String> {
    let sources = [&[("lib.rs", lib)], files].concat();
    let sources =
        sources.into_iter().map(|(path, text)| Source::new(path.into(), path, text.into()));
    findings(&sources.collect::<Vec<_>>())
}

#[test]
fn imports_that_go_down_are_accepted() {
    let text = "
        use crate::{Sheet, Word, words::{self, Letter}};
        use super::words::spell;
        pub(in crate::books) mod chapters {
            use super::super::pages;
            use self::inner::Page;
        }
        #[serde(with = \"crate::words\")]
        fn read(self: ::std::boxed::Box<Self>) -> crate::pages::Page { $crate::prelude::call() }
        #[cfg(test)]
        mod tests { use super::*; }
    ";
    assert_eq!(found_in("books.rs", text), [""; 0]);
    assert_eq!(
        found_in("books/chapters.rs", "use super::{Title, cover}; use crate::books;"),
        [""; 0]
    );
}

#[test]
fn imports_that_go_up_or_sideways_are_found_wherever_they_stand() {
    let up = [
        "use crate::books;",
        "use crate::books::Book as Volume;",
        "use crate::{words, books::{Book, Title}};",
        "use {crate::words, crate::books};",
        "use super::books::*;",
        "use super::{words, books};",
        "use self::super::books;",
        "mod tests { use super::super::books; }",
        "mod $name { fn f() { super::super::books::f() } }",
        "fn f() -> u8 { crate::books::count() }",
        "fn f(book: &crate::books::Book) {}",
        "fn f() { let read = <crate::books::Book as Read>::read; }",
        "#[derive(crate::books::Read)] struct A;",
        "#[serde(default = \"crate::books::title\")] struct A;",
        "fn f() { print!(\"{}\", [crate::books::count()]); }",
        "macro_rules! m { ($a:ident) => { $crate::books::$a() }; }",
        "use crate::Book;",
        "use crate::close;",
    ];
    for text in up {
        let found = found_in("pages.rs", text);
        assert_eq!(found, ["pages.rs:1: pages (floor 2) names books (floor 3)"], "{text}");
    }
    assert_eq!(
        found_in(
            "pages/lines.rs",
            "\n use crate::{\n words,\n covers::{\n A, B}};\nuse super::super::books;"
        ),
        [
            "pages/lines.rs:4: pages (floor 2) names covers (floor 2)",
            "pages/lines.rs:6: pages (floor 2) names books (floor 3)",
        ]
    );
}

#[test]
fn exported_macro_belongs_to_the_module_that_defines_it() {
    let lib = "// Floor 1: a\nmod a;\n\n// Floor 2: b\nmod b;";
    let b = "/// A.\n#[macro_export]\n#[rustfmt::skip]\nmacro_rules! bind { () => {} }";
    let found = found_under(lib, &[("a.rs", "crate::bind!();"), ("b.rs", b)]);
    assert_eq!(found, ["a.rs:1: a (floor 1) names b (floor 2)"]);
}

#[test]
fn roof_is_named_by_macros_alone() {
    let roof = |name: &str| [format!("books.rs:1: books (floor 3) names {name} (the roof)")];
    assert_eq!(found_in("books.rs", "use crate::prelude::*;"), roof("prelude"));
    assert_eq!(found_in("books.rs", "fn f() { super::open() }"), roof("open"));
    for text in ["use crate::*;", "use super::*;", "use crate as root;", "use {super as root};"] {
        assert_eq!(found_in("books.rs", text), roof("the crate itself"), "{text}");
    }
    assert_eq!(found_in("books.rs", "macro_rules! m { () => { $crate::open() } }"), [""; 0]);
}

#[test]
fn name_that_leads_nowhere_known_is_found() {
    let message = "books.rs:2: books (floor 3) names Lost, which lib.rs neither declares nor re-exports by name";
    assert_eq!(found_in("books.rs", "\nuse crate::Lost;"), [message]);
    assert_eq!(found_in("books.rs", "\nuse $crate::Lost;"), [message]);
    assert_eq!(found_in("pens.rs", ""), ["pens.rs: lib.rs has no line `mod pens;`"]);
}

#[test]
fn module_without_a_floor_is_found() {
    let rest =
        "a floor begins with the line `// Floor 1: what stands on it` and ends with an empty line";
    let found = found_under("mod a;\n\n// Floor 1: b\npub mod b;\n\n#[cfg(test)]\npub mod c;", &[]);
    let message = |line: u8, name: &str| format!("lib.rs:{line}: {name} has no floor: {rest}");
    assert_eq!(found, [message(1, "a"), message(7, "c")]);
}

#[test]
fn module_whose_macros_need_no_path_is_found() {
    let found = found_under("// Floor 1: a\n#[macro_use]\nmod a;", &[]);
    assert!(found[0].starts_with("lib.rs:3: the macros of a need no path"), "{found:?}");
}

#[test]
fn floors_are_counted_from_one_and_say_what_they_hold() {
    let found = found_under("// Floor 1: a\nmod a;\n\n// Floor 3: b\nmod b;\n// Floor 3:\n", &[]);
    let expected = [
        r#"lib.rs:4: "// Floor 3: b" does not begin with "// Floor 2: ""#,
        r#"lib.rs:6: "// Floor 3:" does not begin with "// Floor 3: ""#,
    ];
    assert_eq!(found, expected);
}
