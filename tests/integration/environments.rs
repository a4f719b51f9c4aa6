//! What each environment is told: a place, or why there is none, who can mend it and how.

use std::thread;
use std::time::{Duration, Instant};

use portal_core::Connection;
use portal_engine::findings::{Finding, FindingKind, Standing, findings};
use portal_engine::settings::{self, Absent, Agreed, Settings, check_file};
use portal_engine::store::{Configuration, places};
use portal_engine::{LinkedPlugin, Registry, migrate};
use portal_server::Builder;
use portal_testing::{Contract, TestDatabase, each_database, some_configurations};
use portal_tests::harness::{Client, Ran, TestServer, assets_of, command_on};
use serde_json::{Map, Value, json};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// How long the operator's page takes to show what was applied, at most; a second is promised, and
/// tests run beside others.
const PATIENCE: Duration = Duration::from_secs(10);

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

fn demo(database: &TestDatabase) -> TestServer {
    TestServer::run("", Builder::new(database.url()).demo(true))
}

/// The example of a plugin as a team enters it in the default mapping: without the namespace.
fn entered(plugin: &LinkedPlugin) -> Map<String, Value> {
    let output = plugin.output().unwrap();
    let shown: Vec<String> = output.form(&[]).into_iter().map(|element| element.name).collect();
    let mut fields = output.example().fields();
    fields.retain(|name, _| {
        Some(name.as_str()) != output.namespace_field_name() && shown.contains(name)
    });
    fields.insert("configuration_type".to_owned(), plugin.wire_name().into());
    fields
}

/// What creating an asset of a plugin in the default mapping takes.
fn new_asset(server: &Client, plugin: &LinkedPlugin) -> Value {
    let mut new = server.new_asset(plugin.display_name(), &Value::Object(entered(plugin)));
    new["technical_mapping"] = "default".into();
    new
}

/// The preview of the same.
fn preview(server: &Client, product: &str, new: &Value) -> Value {
    let mut asked = json!({"data_product": product});
    for name in ["platform_id", "service_id", "configuration", "technical_mapping"] {
        asked[name] = new[name].clone();
    }
    let path = "/api/v2/plugins/render_technical_asset_access_path";
    server.post(&format!("{path}?environments=true"), &asked).ok()
}

#[test]
fn new_data_product_has_a_place_and_a_link_in_every_environment_of_the_demo() {
    each_database(|database| {
        let server = demo(database);
        let product = server.create_product("marketing");
        for plugin in registry().outputs() {
            let id = plugin.id();
            let new = new_asset(&server, plugin);
            let previewed = preview(&server, &product, &new);
            let created = server.post(&assets_of(&product), &new).ok();
            let read = server.asset(&product, created["id"].as_str().unwrap());
            assert_eq!(created["technical_info"], read["technical_info"], "{id}");
            assert_eq!(previewed["technical_info"], read["technical_info"], "{id}");
            assert_eq!(previewed["places"], read["places"], "{id}");
            let infos = read["technical_info"].as_array().unwrap();
            assert_eq!(infos.len(), 2, "{id}");
            for info in infos {
                assert!(info["info"].is_string(), "{id}: {info}");
                let offers_none =
                    info["reason"] == format!("{} offers no link", plugin.display_name());
                assert!(info["url"].is_string() || offers_none, "{id}: {info}");
            }
            assert_page_tells_of(&server, &product, plugin, infos);
            let output = plugin.output().unwrap();
            if output.example_entry("dev") != output.example_entry("prd") {
                assert_ne!(infos[0]["info"], infos[1]["info"], "{id}");
            }
        }
        assert_eq!(server.page("/operator").text.matches("id=\"no-problems\"").count(), 1);
    });
}

/// The same asset, created with the form of the pages, has the same places and links on its page.
fn assert_page_tells_of(server: &Client, product: &str, plugin: &LinkedPlugin, infos: &[Value]) {
    let path = format!("/data_products/{product}/technical_assets/new/{}", plugin.id());
    let mut fields = vec![
        ("name".to_owned(), "By form".to_owned()),
        ("namespace".to_owned(), format!("{}-form", plugin.id())),
        ("technical_mapping".to_owned(), "default".to_owned()),
        ("action".to_owned(), "save".to_owned()),
    ];
    for (name, value) in entered(plugin) {
        let texts = match value {
            Value::Array(items) => items,
            other => vec![other],
        };
        for text in texts.into_iter().filter(|text| !text.is_null()) {
            let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
            fields.push((format!("configuration.{name}"), text));
        }
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let answer = server.form(&path, &fields);
    assert_eq!(answer.status, 303, "{}: {}", plugin.id(), answer.text);
    let page = server.page(answer.header("location").unwrap()).text;
    let escaped = |text: &str| text.replace('&', "&#38;");
    for text in infos.iter().flat_map(|info| [&info["info"], &info["url"]]) {
        let Some(text) = text.as_str() else { continue };
        assert!(page.contains(&escaped(text)), "{}: {text}\n{page}", plugin.id());
    }
    assert!(!page.contains("no place yet"), "{page}");
}

#[test]
fn preview_answer_and_stored_asset_agree_whatever_is_configured() {
    each_database(|database| {
        let server = demo(database);
        let product = server.create_product("marketing");
        for plugin in registry().outputs() {
            let registration = portal_core::__private::linked()
                .find(|one| portal_core::__private::parts(one).id == plugin.id())
                .unwrap();
            let contract = Contract::of_registration(registration, ".".as_ref());
            let mut stored = 0;
            for (index, fields) in some_configurations(&contract, 24).into_iter().enumerate() {
                let mut new = server.new_asset(plugin.display_name(), &Value::Object(fields));
                new["configuration"]["configuration_type"] = plugin.wire_name().into();
                new["namespace"] = format!("{}-{index}", plugin.id()).into();
                let previewed = preview(&server, &product, &new);
                let created = server.post(&assets_of(&product), &new);
                if created.status != 200 {
                    continue;
                }
                stored += 1;
                let created = created.json();
                let read = server.asset(&product, created["id"].as_str().unwrap());
                for part in ["technical_info", "places", "result_string"] {
                    assert_eq!(created[part], read[part], "{}", new["configuration"]);
                    assert_eq!(previewed[part], read[part], "{}", new["configuration"]);
                }
            }
            assert!(stored > 0, "nothing of {} was stored", plugin.id());
        }
    });
}

/// A company in which something is missing, and what is said of it.
struct Company<'a> {
    server: &'a TestServer,
    connection: Connection,
    settings: Settings,
}

impl Company<'_> {
    fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.apply();
    }

    fn apply(&mut self) {
        settings::apply(
            &mut self.connection,
            registry(),
            &self.settings,
            Agreed { to_remove: true, ..Agreed::default() },
        )
        .unwrap();
    }

    fn findings(&mut self) -> Vec<Finding> {
        let configuration = Configuration::load(&mut self.connection, registry()).unwrap();
        while places::refresh(&mut self.connection, registry(), &configuration).unwrap() {}
        let absent = migrate::absent(&mut self.connection, registry()).unwrap();
        let standing = Standing::of(registry(), &configuration);
        findings(&mut self.connection, registry(), &configuration, &standing, &absent).unwrap()
    }

    /// Everything found is on the operator's page, after a moment.
    fn assert_page_tells(&self, found: &[Finding]) {
        let asked = Instant::now();
        loop {
            let page = self.server.page("/operator").text;
            let count = page.matches("<li class=\"card\">").count();
            let text = page.replace("&#34;", "\"").replace("<code>", "").replace("</code>", "");
            let is_told = |finding: &Finding| text.contains(&finding.message.replace('`', "")[1..]);
            if count == found.len() && found.iter().all(is_told) {
                return;
            }
            assert!(asked.elapsed() < PATIENCE, "{found:#?}\n{page}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// An asset of the data product gives the reason in its answer and on its page, which also has the
    /// lines that mend it.
    fn assert_an_asset_tells(&self, product: &str, told: &Finding) {
        let listed = self.server.get(&assets_of(product)).ok();
        let is_told = |info: &&Value| {
            info["environment"].as_str() == told.environment.as_deref()
                && info["reason"].is_string()
        };
        let found = listed["technical_assets"].as_array().unwrap().iter().find_map(|asset| {
            let mut infos = asset["technical_info"].as_array().unwrap().iter();
            Some((asset["id"].as_str().unwrap(), infos.find(is_told)?))
        });
        let (asset, info) = found.unwrap_or_else(|| panic!("{told:#?}\n{listed:#}"));
        let path = format!("/data_products/{product}/technical_assets/{asset}");
        let page = self.server.page(&path).text;
        let page = page.replace("<code>", "").replace("</code>", "");
        let reason = info["reason"].as_str().unwrap().replace('`', "");
        assert!(page.contains(&reason[1..]), "{reason}\n{page}");
        assert!(page.contains("What the operator can add"), "{page}");
    }

    /// Puts the lines of everything found where they belong in the file, and applies it.
    fn mend(&mut self, found: &[Finding]) {
        let mut file: Value = serde_json::to_value(&self.settings).unwrap();
        for lines in found.iter().filter_map(|finding| finding.lines.as_ref()) {
            let lines: toml::Value =
                toml::from_str(lines).unwrap_or_else(|error| panic!("{lines}: {error}"));
            merge(&mut file, serde_json::to_value(lines).unwrap());
        }
        let settings: Settings = serde_json::from_value(file).unwrap();
        let text = settings.to_toml().unwrap();
        let checked = check_file("portal.toml", &text, registry(), &Absent::default());
        self.settings = checked.unwrap_or_else(|wrong| panic!("{wrong}\n{text}")).settings;
        self.apply();
    }
}

/// Puts what lines say into a file, as somebody would: entries of one name are one.
fn merge(file: &mut Value, lines: Value) {
    match (file, lines) {
        (Value::Object(file), Value::Object(lines)) => {
            for (name, line) in lines {
                merge(file.entry(name).or_insert(Value::Null), line);
            }
        }
        (Value::Array(file), Value::Array(lines)) => {
            for line in lines {
                let known = file.iter_mut().find(|known| known["identifier"] == line["identifier"]);
                match known {
                    Some(known) if line.is_object() => merge(known, line),
                    _ => file.push(line),
                }
            }
        }
        (file, lines) => *file = lines,
    }
}

/// Runs with a company in which every service is configured and every asset has a place.
fn in_company(test: impl Fn(&mut Company<'_>, &str)) {
    each_database(|database| {
        let server = demo(database);
        let product = server.create_product("marketing");
        for plugin in registry().outputs() {
            server.create_asset(&product, &new_asset(&server, plugin));
        }
        let mut connection = database.connect();
        let settings = settings::export(&mut connection, registry()).unwrap();
        let mut company = Company { server: &server, connection, settings };
        assert_eq!(company.findings(), []);
        test(&mut company, &product);
    });
}

/// Breaks something, sees it told everywhere, mends it with the lines that were shown.
fn assert_mended(kind: FindingKind, message: &str, assets: bool, broken: fn(&mut Settings)) {
    in_company(|company, product| {
        company.change(broken);
        let found = company.findings();
        let told = found.iter().find(|finding| finding.message.contains(message));
        let told = told.unwrap_or_else(|| panic!("{message}: {found:#?}"));
        assert_eq!(told.kind, kind, "{told:#?}");
        assert_eq!(told.assets > 0, assets, "{told:#?}");
        company.assert_page_tells(&found);
        if assets {
            company.assert_an_asset_tells(product, told);
        }
        company.mend(&found);
        assert_eq!(company.findings(), []);
        company.assert_page_tells(&[]);
    });
}

#[test]
fn entry_that_was_removed_is_told_and_its_lines_mend_it() {
    assert_mended(
        FindingKind::NoPlace,
        "no entry `marketing` for Glue in production",
        true,
        |settings| {
            let production = settings.environments.get_mut("production").unwrap();
            let entries = production.services.get_mut("glue").unwrap();
            let other = json!({"identifier": "analytics", "database_name": "a", "bucket_identifier": "b", "s3_path": "c"});
            *entries = vec![other.as_object().unwrap().clone()];
            settings.services.get_mut("glue").unwrap().options = vec!["analytics".to_owned()];
        },
    );
}

#[test]
fn missing_values_of_a_platform_are_told_and_their_lines_mend_it() {
    assert_mended(FindingKind::Missing, "Snowflake in production: no values", true, |settings| {
        settings.environments.get_mut("production").unwrap().platforms.remove("snowflake");
    });
}

#[test]
fn missing_value_of_a_platform_that_others_read_is_told_and_its_lines_mend_it() {
    assert_mended(FindingKind::Missing, "Glue in production: no values", true, |settings| {
        let production = settings.environments.get_mut("production").unwrap();
        production.platforms.get_mut("aws").unwrap().shift_remove("account_id");
    });
}

#[test]
fn option_without_entries_is_told_and_its_lines_mend_it() {
    assert_mended(FindingKind::Partial, "1 of 2 options have an entry", false, |settings| {
        settings.services.get_mut("s3").unwrap().options.push("archive".to_owned());
    });
}

#[test]
fn many_options_without_entries_are_one_finding_that_a_pattern_mends() {
    assert_mended(FindingKind::Partial, "1 of 51 options have an entry", false, |settings| {
        let options = &mut settings.services.get_mut("s3").unwrap().options;
        options.extend((0..50).map(|index| format!("bucket-{index}")));
    });
}

#[test]
fn environment_without_anything_is_told_and_its_lines_mend_it() {
    assert_mended(
        FindingKind::Missing,
        "Glue in staging: no values, no entries",
        true,
        |settings| {
            let mut staging = settings.environments["development"].clone();
            staging.acronym = "stg".to_owned();
            staging.platforms.clear();
            staging.services.clear();
            settings.environments.insert("staging".to_owned(), staging);
        },
    );
}

#[test]
fn template_that_names_what_an_entry_lacks_is_told_and_its_lines_mend_it() {
    let message = "has no `room`, which the template of its technical information names";
    assert_mended(FindingKind::NoPlace, message, true, |settings| {
        settings.services.get_mut("fixture").unwrap().technical_info_template =
            Some("{room}/{address}".to_owned());
        for environment in settings.environments.values_mut() {
            for entry in environment.services.get_mut("fixture").unwrap() {
                entry.shift_remove("room");
            }
        }
    });
}

#[test]
fn missing_secret_is_told_with_its_place() {
    in_company(|company, _| {
        company.change(|settings| {
            let production = settings.environments.get_mut("production").unwrap();
            let values = production.platforms.get_mut("fixture").unwrap();
            values.insert("token".to_owned(), json!({"env": "PORTAL_NO_SUCH_SECRET"}));
        });
        let found = company.findings();
        let [secret] = &found[..] else { panic!("{found:#?}") };
        assert_eq!(secret.kind, FindingKind::Secret);
        assert!(secret.message.contains("environments.production.platforms.fixture.token"));
        assert!(secret.message.contains("PORTAL_NO_SUCH_SECRET is not set"), "{secret:#?}");
        company.assert_page_tells(&found);
        company.change(|settings| {
            let production = settings.environments.get_mut("production").unwrap();
            production.platforms.get_mut("fixture").unwrap().shift_remove("token");
        });
        company.assert_page_tells(&[]);
    });
}

#[test]
fn assets_of_a_disabled_plugin_are_told_and_the_command_fails_until_it_is_back() {
    each_database(|database| {
        drop(demo(database));
        let problems = |enabled: Option<&str>| {
            let mut command = command_on(PORTAL, database);
            command.args(["config", "problems", "--json"]);
            if let Some(enabled) = enabled {
                command.env("ENABLED_PLUGINS", enabled);
            }
            Ran::of(&mut command)
        };
        let all: Vec<&str> = registry().plugins().iter().map(|plugin| plugin.id()).collect();
        let without: Vec<&str> = all.iter().copied().filter(|id| *id != "redshift").collect();
        let ran = problems(Some(&without.join(",")));
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let told = ran.json();
        assert_eq!(told["ok"], false);
        let found = told["problems"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{told:#}");
        assert_eq!(found[0]["type"], "absent");
        assert_eq!(found[0]["assets"], 6);
        assert!(
            found[0]["remedy"].as_str().unwrap().starts_with("Add redshift to ENABLED_PLUGINS")
        );
        let ran = problems(None);
        assert_eq!((ran.code, ran.json()["ok"].clone()), (Some(0), json!(true)), "{}", ran.out);
    });
}

#[test]
fn assets_are_filtered_by_their_places_and_found_by_their_results() {
    in_company(|company, product| {
        company.change(|settings| {
            settings.environments.get_mut("production").unwrap().services.remove("glue");
            for environment in settings.environments.values_mut() {
                environment.services.remove("databricks");
            }
        });
        company.findings();
        let named = |query: &str| {
            let listed = company.server.get(&format!("{}?{query}", assets_of(product))).ok();
            let assets = listed["technical_assets"].as_array().unwrap().clone();
            let names = assets.iter().map(|asset| asset["name"].as_str().unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(named("places=none"), ["Databricks"]);
        assert_eq!(named("places=some"), ["Glue"]);
        let all = registry().outputs().count();
        assert_eq!(named("places=all").len(), all - 2);
        // The result says "marketing__raw", the environment "marketing_dev__raw".
        assert_eq!(named("text=marketing__raw.orders"), ["Glue"]);
        assert_eq!(named("text=MARKETING_DEV__raw"), ["Glue"]);
        let wrong = company.server.get(&format!("{}?places=sum", assets_of(product)));
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("did you mean some?"), "{}", wrong.text);

        let page = company.server.page(&format!("/data_products/{product}?places=none")).text;
        assert!(page.contains("Databricks") && !page.contains(">Glue</a>"), "{page}");
        assert!(page.contains("no place yet"), "{page}");
    });
}

#[test]
fn another_asset_with_the_same_result_is_named() {
    each_database(|database| {
        let server = demo(database);
        let product = server.create_product("marketing");
        let glue = registry().find("glue").unwrap();
        let mut new = new_asset(&server, glue);
        new["name"] = "Orders".into();
        let first = server.post(&assets_of(&product), &new).ok();
        assert_eq!(first["same_result"], json!([]));
        new["namespace"] = "again".into();
        let other = json!([{
            "id": first["id"],
            "name": "Orders",
            "data_product_id": product,
            "data_product": "marketing",
        }]);
        assert_eq!(preview(&server, &product, &new)["same_result"], other);
        let second = server.post(&assets_of(&product), &new).ok();
        assert_eq!(second["same_result"], other);
        let path =
            format!("/data_products/{product}/technical_assets/{}", second["id"].as_str().unwrap());
        let page = server.page(&path).text;
        assert!(page.contains("Already published as <a href="), "{page}");
    });
}

#[test]
fn preview_for_environments_names_what_it_needs() {
    each_database(|database| {
        let server = demo(database);
        let product = server.create_product("marketing");
        let mut new = new_asset(&server, registry().find("glue").unwrap());
        let new = new.as_object_mut().unwrap();
        for name in ["name", "namespace"] {
            new.shift_remove(name);
        }
        let path = "/api/v2/plugins/render_technical_asset_access_path?environments=";
        let asked = |value: &str, body: &Map<String, Value>| {
            server.post(&format!("{path}{value}"), &Value::Object(body.clone()))
        };
        let lacking = asked("true", new);
        assert_eq!(lacking.status, 422, "{}", lacking.text);
        assert_eq!(lacking.json()["detail"][0]["loc"], json!(["body", "data_product"]));
        assert_eq!(asked("yes", new).status, 422);
        // Without a data product nobody knows its namespace.
        assert_eq!(asked("false", new).status, 422);
        let mut whole = new.clone();
        whole["configuration"]["database"] = "marketing".into();
        let plain = asked("false", &whole).ok();
        assert_eq!(plain, json!({"technical_asset_access_path": "marketing__raw.orders"}));
        new.insert("data_product".to_owned(), json!("01a211c2-0f99-74fd-93c7-1b44eae026f3"));
        assert_eq!(asked("true", new).status, 404);
        new.insert("data_product".to_owned(), json!(product));
        assert_eq!(asked("true", new).status, 200);
    });
}
