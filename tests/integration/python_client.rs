//! Clients of the Python portal are generated from its OpenAPI document and strict: a member that is
//! absent, another status or another constant is an error to them. This one is written from the
//! documented shapes alone, and goes through every route that is served.

mod client;
mod shapes;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use std::{fs, thread};

use portal_engine::db::Connection;
use portal_engine::settings::{Absent, Agreed, apply, apply_and_keep, check_file, export};
use portal_engine::transfer::export_plugin;
use portal_engine::{Registry, WireNames};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Crawl, Ran, TestServer, assets_of, command, example_of, kept_results, output_ids,
};
use serde_json::{Value, json};

use self::client::StrictClient;
use crate::written::root;

/// Where the page of a plugin says what programs send.
const FOR_PROGRAMS: &str = "<section id=\"programs\"";

/// How long a server takes at most to follow a change of the configuration, with room for a slow
/// machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

/// Makes the operator say which names answers carry, or say nothing.
fn say(connection: &mut Connection, names: Option<WireNames>) {
    let mut settings = export(connection, registry()).unwrap();
    settings.compatibility.wire_names = names;
    apply(connection, registry(), &settings, Agreed::default()).unwrap();
}

/// Waits until answers carry these names.
fn wait_for(server: &TestServer, names: WireNames) {
    let expected: Vec<&str> =
        registry().plugins().iter().map(|plugin| plugin.name_in_answers(names)).collect();
    let asked = Instant::now();
    loop {
        let listed = server.get("/api/v2/plugins").ok();
        let found = listed["plugins"].as_array().unwrap().iter();
        let found: Vec<&str> = found.map(|plugin| plugin["plugin"].as_str().unwrap()).collect();
        if found == expected {
            return;
        }
        assert!(asked.elapsed() < PATIENCE, "{found:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn server_with(database: &TestDatabase, names: WireNames) -> TestServer {
    let server = TestServer::start(database);
    say(&mut database.connect(), Some(names));
    wait_for(&server, names);
    server
}

#[test]
fn strict_client_goes_through_every_route_that_is_served() {
    each_database(|database| {
        for names in [WireNames::Own, WireNames::Former] {
            let server = server_with(database, names);
            let mut client = StrictClient::new(&server, names);
            client.go_through(registry());
            assert_eq!(client.failures, [""; 0], "{names:?}");
            let table = Table::read();
            let served: BTreeSet<&str> = table.served().collect();
            let called: BTreeSet<&str> = client.called.iter().map(String::as_str).collect();
            assert_eq!(called, served, "the calls are not the routes that the page calls served");
        }
    });
}

#[test]
fn requests_may_carry_any_name_whatever_answers_carry() {
    each_database(|database| {
        for answered in [WireNames::Own, WireNames::Former] {
            let server = server_with(database, answered);
            for id in output_ids() {
                let plugin = registry().find(id).unwrap();
                let product =
                    server.create_product(&format!("sent-{id}-{answered:?}").to_lowercase());
                let (display_name, mut configuration) = example_of(id);
                let own = [plugin.wire_name(), plugin.id()];
                let names = own.into_iter().chain(plugin.aliases().iter().copied());
                for (index, name) in names.enumerate() {
                    configuration["configuration_type"] = name.into();
                    let mut new = server.new_asset(display_name, &configuration);
                    new["namespace"] = format!("asset-{index}").into();
                    let asset = server.create_asset(&product, &new);
                    let read = server.asset(&product, &asset);
                    let read = &read["configuration"]["configuration_type"];
                    assert_eq!(*read, plugin.name_in_answers(answered));
                    let changed =
                        json!({"name": "A", "description": "", "configuration": configuration});
                    let path = format!("{}/{asset}", assets_of(&product));
                    server.send_json("PUT", &path, &[], &changed).ok();
                }
            }
        }
    });
}

/// Everything that tables hold of assets, as text. What results were made for tells whether they
/// were made again.
fn stored_assets(connection: &mut Connection) -> String {
    let exports =
        output_ids().into_iter().map(|id| export_plugin(connection, registry(), id).unwrap());
    let exports = serde_json::to_string(&exports.collect::<Vec<_>>()).unwrap();
    format!("{exports}{:?}", kept_results(connection))
}

#[test]
fn setting_changes_answers_and_no_stored_row() {
    each_database(|database| {
        let server = TestServer::start(database);
        let product = server.create_product("orders");
        for id in output_ids() {
            let (display_name, configuration) = example_of(id);
            server.create_asset(&product, &server.new_asset(display_name, &configuration));
        }
        let connection = &mut database.connect();
        let before = stored_assets(connection);
        let list = || server.get(&assets_of(&product)).text;
        let first = list();
        for (said, names) in [(Some(WireNames::Former), WireNames::Former), (None, WireNames::Own)]
        {
            say(connection, said);
            wait_for(&server, names);
            let listed: Value = serde_json::from_str(&list()).unwrap();
            for asset in listed["technical_assets"].as_array().unwrap() {
                let name = asset["configuration"]["configuration_type"].as_str().unwrap();
                assert_eq!(name, registry().find(name).unwrap().name_in_answers(names));
            }
            assert_eq!(stored_assets(connection), before);
        }
        assert_eq!(list(), first);
    });
}

#[test]
fn pages_show_former_names_only_beside_what_programs_send() {
    each_database(|database| {
        let server = server_with(database, WireNames::Former);
        let product = server.create_product("orders");
        for id in output_ids() {
            let (display_name, configuration) = example_of(id);
            server.create_asset(&product, &server.new_asset(display_name, &configuration));
        }
        let former: Vec<&str> =
            registry().plugins().iter().flat_map(|plugin| plugin.aliases()).copied().collect();
        let is_told = |text: &str| former.iter().any(|name| text.contains(name));
        for address in Crawl::of(&server).answers.keys() {
            let answer = server.page(address);
            if !answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
                continue;
            }
            match address.strip_prefix("/plugins/") {
                None => assert!(!is_told(&answer.text), "{address}"),
                Some(plugin) => {
                    let id = plugin.split('#').next().unwrap_or(plugin);
                    let (shown, programs) =
                        answer.text.split_once(FOR_PROGRAMS).unwrap_or((&answer.text, ""));
                    let rest = programs.split_once("</section>").map_or("", |(_, rest)| rest);
                    assert!(!is_told(shown) && !is_told(rest), "{address}");
                    let plugin = registry().find(id).unwrap();
                    let sent = plugin.name_in_answers(WireNames::Former);
                    assert!(plugin.output().is_none() || programs.contains(sent), "{address}");
                }
            }
        }
    });
}

#[test]
fn document_has_the_names_that_answers_carry() {
    each_database(|database| {
        for names in [WireNames::Own, WireNames::Former] {
            let server = server_with(database, names);
            let served = server.get("/api/openapi.json").ok();
            for plugin in registry().outputs() {
                let schema = format!("StoredDataOutput.{}", plugin.id());
                let schema = &served["components"]["schemas"][schema];
                let allowed = &schema["properties"]["configuration_type"]["enum"];
                assert_eq!(*allowed, json!([plugin.name_in_answers(names)]));
            }
            let word = serde_json::to_value(names).unwrap();
            let arguments = ["openapi", "--open", "--wire-names", word.as_str().unwrap()];
            let printed = Ran::of(command(env!("CARGO_BIN_EXE_test-portal")).args(arguments));
            assert_eq!(printed.json(), served, "{names:?}");
        }
    });
}

#[test]
fn plan_names_what_changes_in_answers() {
    let database = TestDatabase::sqlite();
    let mut connection = database.migrated(registry()).get().unwrap();
    let mut told = Vec::new();
    for names in [Some(WireNames::Former), Some(WireNames::Own), None] {
        let mut settings = export(&mut connection, registry()).unwrap();
        settings.compatibility.wire_names = names;
        let done = apply(&mut connection, registry(), &settings, Agreed::default()).unwrap();
        told.extend(done.changes.iter().map(ToString::to_string));
        assert_eq!(export(&mut connection, registry()).unwrap(), settings);
    }
    assert_eq!(
        told,
        [
            "add former names of plugins in answers",
            "change wire names of plugins in answers",
            "remove wire names of plugins in answers",
        ]
    );
}

#[test]
fn start_keeps_the_names_that_its_file_omits() {
    let database = TestDatabase::sqlite();
    let connection = &mut *database.migrated(registry()).get().unwrap();
    say(connection, Some(WireNames::Former));
    let file = check_file("portal.toml", "", registry(), &Absent::default()).unwrap();
    assert!(apply_and_keep(connection, registry(), file, Agreed::default()).unwrap().is_empty());
    let stored = export(connection, registry()).unwrap();
    assert_eq!(stored.compatibility.wire_names, Some(WireNames::Former));
}

#[test]
fn file_says_which_names_answers_carry() {
    let check = |text: &str| check_file("portal.toml", text, registry(), &Absent::default());
    let checked = check("[compatibility]\nwire_names = \"former\"\n").unwrap();
    let without: Vec<&str> = checked.warnings.iter().map(|one| one.message.as_str()).collect();
    let expected: Vec<String> = registry()
        .plugins()
        .iter()
        .filter(|plugin| plugin.aliases().is_empty())
        .map(|plugin| {
            let (name, own) = (plugin.display_name(), plugin.wire_name());
            format!("{name} has no alias: answers carry {own:?}, as without this setting")
        })
        .collect();
    assert!(!expected.is_empty(), "the test has no plugin without an alias");
    assert_eq!(without, expected);
    assert!(checked.warnings.iter().all(|one| one.at == "portal.toml:2"));
    assert!(check("[compatibility]\nwire_names = \"own\"\n").unwrap().warnings.is_empty());
    let wrong = check("[compatibility]\nwire_names = \"formr\"\nnames = 1\n").unwrap_err();
    insta::assert_snapshot!(wrong.to_string());
}

/// The table of routes in `docs/python-portal.md`.
struct Table {
    rows: Vec<[String; 3]>,
}

impl Table {
    const PAGE: &str = "docs/python-portal.md";

    fn read() -> Self {
        let page = fs::read_to_string(root().join(Self::PAGE)).unwrap();
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.splitn(3, " | ");
            let route = cells.next()?.strip_suffix('`')?.to_owned();
            Some([route, cells.next()?.to_owned(), cells.next()?.to_owned()])
        });
        Table { rows: rows.collect() }
    }

    fn all(&self, words: &[&str]) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().filter(|[_, word, _]| words.contains(&word.as_str()));
        rows.map(|[route, ..]| route.as_str())
    }

    /// The routes that clients of the Python portal find here.
    fn served(&self) -> impl Iterator<Item = &str> {
        self.all(&["served", "served differently"])
    }
}

#[test]
fn table_of_routes_is_that_of_the_document() {
    let table = Table::read();
    let known = ["served", "served differently", "only here", "not served"];
    assert_eq!(table.all(&known).count(), table.rows.len(), "a row says something else");
    for [route, word, why] in &table.rows {
        assert_eq!(why.is_empty(), word == "served", "{route}: only a difference needs a reason");
    }
    each_database(|database| {
        let server = TestServer::start(database);
        let document = server.get("/api/openapi.json").ok();
        let paths = document["paths"].as_object().unwrap().iter();
        let routes: BTreeSet<String> = paths
            .filter(|(path, _)| path.starts_with("/api/v2"))
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let listed = table.all(&["served", "served differently", "only here"]);
        let listed: BTreeSet<String> = listed.map(str::to_owned).collect();
        assert_eq!(listed, routes);
        for absent in table.all(&["not served"]) {
            assert!(!routes.contains(absent), "{absent} is served");
        }
    });
}
