//! After export, purge and import, the API answers as before, byte for byte.

use std::collections::BTreeMap;
use std::process::Command;

use portal_engine::store::write;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{Client, Process, Ran, assets_of, command_on, execute, output_ids};
use serde_json::Value;

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// Everything that can be read of a portal, by path: the text and its entity tag.
fn answers(database: &TestDatabase) -> BTreeMap<String, String> {
    let server = Process::serve(&mut portal(database, &["serve"]));
    let mut answers = Answers { client: server.client(), found: BTreeMap::new() };
    for path in ["/api/openapi.json", "/api/v2/plugins/platform-tiles"] {
        answers.ask(path);
    }
    for plugin in ids(&answers.ask("/api/v2/plugins")["plugins"], "plugin") {
        for part in ["form", "schema", "icon"] {
            answers.ask(&format!("/api/v2/plugins/{plugin}/{part}"));
        }
    }
    let products = ids(&answers.ask("/api/v2/data_products")["data_products"], "id");
    for product in &products {
        answers.ask(&format!("/api/v2/data_products/{product}"));
        let assets = answers.ask(&assets_of(product));
        for asset in ids(&assets["technical_assets"], "id") {
            answers.ask(&format!("{}/{asset}", assets_of(product)));
        }
    }
    answers.ask_for_configuration(&products);
    answers.found
}

struct Answers<'a> {
    client: &'a Client,
    found: BTreeMap<String, String>,
}

impl Answers<'_> {
    fn ask(&mut self, path: &str) -> Value {
        let answer = self.client.get(path);
        let tag = answer.header("etag").unwrap_or_default();
        self.found.insert(path.to_owned(), format!("{} {tag} {}", answer.status, answer.text));
        answer.json()
    }

    fn ask_for_configuration(&mut self, products: &[String]) {
        const BASE: &str = "/api/v2/configuration";
        let options = self.ask(&format!("{BASE}/platforms/configs"));
        for id in ids(&options["platform_service_configurations"], "id") {
            self.ask(&format!("{BASE}/platforms/configs/{id}"));
        }
        let environments = self.ask(&format!("{BASE}/environments"));
        let environments = &environments["environments"];
        for id in ids(environments, "id") {
            self.ask(&format!("{BASE}/environments/{id}"));
            let entries = self.ask(&format!("{BASE}/environments/{id}/configs"));
            for id in ids(&entries["environment_configs"], "id") {
                self.ask(&format!("{BASE}/environments/configs/{id}"));
            }
        }
        let platforms = self.ask(&format!("{BASE}/platforms"));
        for platform in ids(&platforms["platforms"], "id") {
            for id in ids(environments, "id") {
                self.ask(&format!("{BASE}/environments/{id}/platforms/{platform}/config"));
            }
            let services = self.ask(&format!("{BASE}/platforms/{platform}/services"));
            for service in ids(&services["platform_services"], "id") {
                let below = format!("platforms/{platform}/services/{service}");
                self.ask(&format!("{BASE}/{below}"));
                self.ask(&format!("{BASE}/environments/{below}/config"));
                for id in ids(environments, "id") {
                    self.ask(&format!("{BASE}/environments/{id}/{below}/config"));
                }
            }
        }
        for plugin in output_ids() {
            for environment in ids(environments, "name") {
                let query = format!("id={}&environment={environment}", products[0]);
                self.ask(&format!("/api/v2/plugins/{plugin}/url?{query}"));
            }
        }
    }
}

/// This member of every item of a list.
fn ids(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("a list: {list}"));
    items.iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

/// A plugin is exported and purged, the migrations bring an empty table and a fresh service, and
/// the import puts back all the rest.
fn there_and_back(database: &TestDatabase, plugin: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.json");
    let file = file.to_str().unwrap();
    let mut others = output_ids();
    others.retain(|id| *id != plugin);
    let uninstall = ["plugins", "uninstall", plugin, "--export", file, "--purge"];
    Ran::ok(portal(database, &uninstall).env("ENABLED_PLUGINS", others.join(",")));
    Ran::ok(&mut portal(database, &["migrations", "run"]));
    Ran::ok(&mut portal(database, &["plugins", "import", file]));
}

fn assert_same(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    let paths = |of: &BTreeMap<String, String>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(before), paths(after));
    for (path, text) in before {
        assert_eq!(text, &after[path], "{path}");
    }
}

/// S3 and Glue share a platform and its values, the fixture has one to itself, with a secret.
#[test]
fn export_purge_run_and_import_change_no_answer() {
    each_database(|database| {
        drop(Process::serve(&mut portal(database, &["serve", "--demo"])));
        let connection = &mut database.connect();
        let templates = [Some("s3://{bucket}/overridden"), Some("{environment}: {path}")];
        write::set_templates(connection, "s3", templates[0], templates[1]).unwrap();
        execute(connection, "UPDATE platform_services SET name = 'Our glue' WHERE plugin = 'glue'");
        let before = answers(database);
        assert!(before.len() > 100, "{}", before.len());
        for plugin in ["s3", "glue", "fixture"] {
            there_and_back(database, plugin);
            assert_same(&before, &answers(database));
        }
    });
}
