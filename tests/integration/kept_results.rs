//! Results that are kept beside assets: made anew when what they follow from changes, and only then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use portal_engine::Registry;
use portal_engine::db::Connection;
use portal_engine::settings::{Agreed, ServiceSettings, Settings, apply, export};
use portal_engine::store::{Configuration, places};
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{TestServer, assets_of, example_of, kept_results};
use serde_json::{Value, json};

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

fn change(connection: &mut Connection, change: impl FnOnce(&mut Settings)) {
    let mut settings = export(connection, registry()).unwrap();
    change(&mut settings);
    apply(connection, registry(), &settings, Agreed { to_remove: true, ..Agreed::default() })
        .unwrap();
}

/// Makes results anew until none is old.
fn refresh(connection: &mut Connection) {
    let configuration = Configuration::load(connection, registry()).unwrap();
    while places::refresh(connection, registry(), &configuration).unwrap() {}
}

fn glue(settings: &mut Settings) -> &mut ServiceSettings {
    settings.services.entry("glue".to_owned()).or_default()
}

/// Assets of Glue and of S3.
fn filled(database: &TestDatabase, count: usize) -> (TestServer, String, Vec<String>) {
    let server = TestServer::start(database);
    let product = server.create_product("orders");
    let mut assets = Vec::new();
    for id in ["glue", "s3"] {
        let (display_name, configuration) = example_of(id);
        let mut new = server.new_asset(display_name, &configuration);
        for index in 0..count {
            new["namespace"] = format!("{id}-{index}").into();
            let asset = server.create_asset(&product, &new);
            if id == "glue" {
                assets.push(asset);
            }
        }
    }
    (server, product, assets)
}

#[test]
fn only_what_a_plugins_results_follow_from_makes_them_anew() {
    each_database(|database| {
        let (_server, _, assets) = filled(database, 2);
        let connection = &mut database.connect();
        let first = kept_results(connection);
        change(connection, |settings| {
            settings.domains.insert("Sales".to_owned(), "Orders".to_owned());
            glue(settings).options.push("more".to_owned());
        });
        refresh(connection);
        assert_eq!(kept_results(connection), first, "nothing follows from domains and options");
        change(connection, |settings| {
            glue(settings).result_template = Some("all of {database}".to_owned());
        });
        refresh(connection);
        let then = kept_results(connection);
        for (before, after) in first.iter().zip(&then) {
            let is_of_glue = assets.contains(&before.asset_id);
            assert_eq!(before.made_for != after.made_for, is_of_glue, "{after:?}");
        }
    });
}

#[test]
fn assets_can_be_changed_while_results_are_made_anew() {
    each_database(|database| {
        let (server, product, assets) = filled(database, 20);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            // Somebody changes the template again and again, and each time all results are old.
            let refreshing = scope.spawn(|| {
                let connection = &mut database.connect();
                for round in 0.. {
                    let template = format!("{{database}} {round} {{table}}");
                    change(connection, |settings| {
                        glue(settings).result_template = Some(template);
                    });
                    refresh(connection);
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
            let (_, configuration) = example_of("glue");
            for round in 0..5 {
                for asset in &assets {
                    let mut configuration = configuration.clone();
                    configuration["table"] = format!("table_{round}").into();
                    let body = json!({
                        "name": "Changed", "description": "", "configuration": configuration,
                    });
                    let path = format!("{}/{asset}", assets_of(&product));
                    server.send_json("PUT", &path, &[], &body).ok();
                }
            }
            is_over.store(true, Ordering::Relaxed);
            refreshing.join().unwrap();
        });
        // What is kept is what was written last, under the template that was applied last.
        let connection = &mut database.connect();
        refresh(connection);
        let configuration = Configuration::load(connection, registry()).unwrap();
        let service = configuration.service_of("glue").unwrap();
        let template = service.templates.as_ref().unwrap().result.source();
        for one in kept_results(connection).iter().filter(|one| assets.contains(&one.asset_id)) {
            let stored: Value = server.asset(&product, &one.asset_id);
            assert_eq!(stored["configuration"]["table"], "table_4");
            let database = stored["configuration"]["database"].as_str().unwrap();
            let expected = template.replace("{database}", database).replace("{table}", "table_4");
            assert_eq!(one.result.as_deref(), Some(expected.as_str()));
        }
    });
}
