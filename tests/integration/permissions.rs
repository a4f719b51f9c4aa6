//! Who may ask for what: everybody at every route and page, compared with the table of permissions.
//!
//! The table is what `portal-server permissions` prints, which is made from the tables that serve
//! the requests: a new route or page is held to it by itself.

use std::collections::BTreeMap;
use std::fs;

use portal_tests::harness::{Answer, Caller, Client, Company, Crawl, Ran, command};
use serde_json::{Value, json};

use crate::written::{assert_written, root};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

/// A line of the table.
#[derive(Debug)]
struct Line {
    method: String,
    path: String,
    is_page: bool,
    permission: String,
    roles: Vec<String>,
    roles_for_custom: Vec<String>,
}

fn table() -> Vec<Line> {
    let printed = Ran::of(command(PORTAL).args(["permissions", "--json"])).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let texts = |value: &Value| value.as_array().unwrap().iter().map(text).collect();
    let lines = printed.as_array().unwrap().iter().map(|line| Line {
        method: text(&line["method"]),
        path: text(&line["path"]),
        is_page: line["is_page"].as_bool().unwrap(),
        permission: text(&line["permission"]),
        roles: texts(&line["roles"]),
        roles_for_custom: texts(&line["roles_for_custom"]),
    });
    lines.collect()
}

impl Line {
    fn is_permitted_to(&self, roles: &[&str], is_custom: bool) -> bool {
        let needed = if is_custom { &self.roles_for_custom } else { &self.roles };
        self.permission == "open" || needed.iter().any(|role| roles.contains(&role.as_str()))
    }

    /// Its path, with what the company has in place of its placeholders.
    fn fill(&self, company: &Company, asset: &str, ids: &BTreeMap<&str, String>) -> String {
        let mut path = self.path.replace("{asset_id}", asset);
        for (name, id) in ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        let kind = match self.path.strip_prefix("/api/v2/configuration/") {
            Some(rest) => rest.split('/').next().unwrap(),
            None => "data_products",
        };
        let id = if kind == "data_products" { &company.product } else { &ids[kind] };
        let path = path.replace("{id}", id);
        assert!(!path.contains('{'), "no test knows what stands for a part of {path}");
        path
    }

    /// Asks for it, in a way that changes nothing when it is permitted.
    fn ask(&self, client: &Client, path: &str) -> Answer {
        match (self.method.as_str(), self.is_page) {
            ("GET", true) => client.page(path),
            ("GET", false) => client.get(path),
            (_, true) => client.form(path, &[("nothing", "")]),
            ("DELETE", false) => client.send("DELETE", path, &[("if-match", "\"0\"")]),
            (method, false) => client.send_json(method, path, &[], &json!({})),
        }
    }
}

/// Ids of what is configured, by the names that paths have for them.
fn ids_of(reader: &Client) -> BTreeMap<&'static str, String> {
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let first = |path: &str, list: &str| {
        reader.get(&format!("/api/v2/configuration/{path}")).ok()[list][0].clone()
    };
    let (platform, service) = reader.service("S3");
    let environment = text(&first("environments", "environments"));
    let entries = first(&format!("environments/{environment}/configs"), "environment_configs");
    BTreeMap::from([
        ("name", "s3".to_owned()),
        ("plugin", "s3".to_owned()),
        ("platforms", platform.clone()),
        ("platform_id", platform),
        ("service_id", service),
        ("environments", environment),
        ("domains", text(&first("domains", "domains"))),
        ("data_product_types", text(&first("data_product_types", "data_product_types"))),
        ("entries", text(&entries)),
        ("options", text(&first("platforms/configs", "platform_service_configurations"))),
    ])
}

#[test]
fn everybody_may_ask_for_what_the_table_says_and_for_nothing_else() {
    let table = table();
    assert!(table.len() > 60, "{} lines", table.len());
    Company::each(|company| {
        let mut ids = ids_of(company.as_("operator"));
        let (mut permitted, mut refused) = (0, 0);
        for line in &table {
            let of_platforms = line.path.contains("configuration/platforms");
            let config = if of_platforms { "options" } else { "entries" };
            ids.insert("config_id", ids[config].clone());
            let has_asset = line.path.contains("{asset_id}");
            for is_custom in [false, true] {
                if is_custom && !has_asset {
                    continue;
                }
                let asset = if is_custom { &company.custom } else { &company.asset };
                let path = line.fill(company, asset, &ids);
                for Caller { name, client, roles } in &company.callers {
                    let answer = line.ask(client, &path);
                    let what = format!("{name}: {} {path}: {}", line.method, answer.text);
                    match (line.is_permitted_to(roles, is_custom), *name) {
                        (true, _) => {
                            assert!(![401, 403, 429].contains(&answer.status), "{what}");
                            assert!(answer.status < 500, "{} {what}", answer.status);
                            permitted += 1;
                        }
                        (false, "nobody") => {
                            assert_eq!(answer.status, 401, "{what}");
                            let challenge = answer.header("www-authenticate").unwrap();
                            assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
                            refused += 1;
                        }
                        (false, _) => {
                            assert_eq!(answer.status, 403, "{what}");
                            let is_told = answer.text.contains("ask ")
                                && (answer.text.contains("an operator")
                                    || line.permission == "be_known");
                            assert!(is_told, "{what}");
                            refused += 1;
                        }
                    }
                }
            }
        }
        assert!(permitted > 400 && refused > 150, "{permitted} permitted, {refused} refused");
        // Nothing has happened.
        let listed = company.as_("operator").get(&format!("{}/technical_assets", company.path()));
        let assets = listed.ok()["technical_assets"].as_array().unwrap().clone();
        let states: Vec<&str> = assets.iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!(states, ["pending", "active"]);
    });
}

/// Whoever has to be looked up as a member is told the same of an address as everybody else.
#[test]
fn wrong_ids_are_told_alike_whoever_asks() {
    Company::each(|company| {
        let nothing = "01890000-0000-7000-8000-000000000000";
        let own = &company.product;
        for (path, status) in [
            (format!("/api/v2/data_products/x/technical_assets/{nothing}"), 422),
            (format!("/api/v2/data_products/{own}/technical_assets/x"), 422),
            (format!("/api/v2/data_products/{nothing}/technical_assets/{nothing}"), 404),
            (format!("/api/v2/data_products/{own}/technical_assets/{nothing}"), 404),
        ] {
            let told = |name: &str| {
                let answer = company.as_(name).send("DELETE", &path, &[]);
                (answer.status, answer.json())
            };
            let (found, body) = told("operator");
            assert_eq!(found, status, "{path}: {body}");
            for name in ["member", "token of a member", "viewer", "token of a viewer"] {
                assert_eq!(told(name), (status, body.clone()), "{name}: {path}");
            }
        }
    });
}

#[test]
fn nothing_is_offered_that_is_refused() {
    let table = table();
    let line_of = |method: &str, address: &str| {
        let path = address.split(['?', '#']).next().unwrap();
        let fits = |line: &&Line| {
            let (pattern, path): (Vec<&str>, Vec<&str>) =
                (line.path.split('/').collect(), path.split('/').collect());
            let is_same = |(one, other): (&&str, &&str)| one.starts_with('{') || one == other;
            line.method == method
                && pattern.len() == path.len()
                && pattern.iter().zip(&path).all(is_same)
        };
        // Literal segments stand before placeholders.
        table.iter().find(fits).unwrap_or_else(|| panic!("nothing serves {method} {address}"))
    };
    Company::each(|company| {
        let product = format!("/data_products/{}", company.product);
        let asset = |id: &str| format!("{product}/technical_assets/{id}");
        let pages = [
            ("/".to_owned(), false),
            ("/data_products".to_owned(), false),
            (product.clone(), false),
            (format!("{product}/members"), false),
            ("/operator".to_owned(), false),
            (asset(&company.asset), false),
            (asset(&company.custom), true),
        ];
        let mut offers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for Caller { name, client, roles } in &company.callers[1..] {
            for (path, is_custom) in &pages {
                let answer = client.page(path);
                assert_eq!(answer.status, 200, "{name} {path}");
                let crawl = Crawl::of_answer(client, path, &answer);
                let links = crawl.links().iter().map(|address| ("GET", address));
                for (method, address) in
                    links.chain(crawl.actions.iter().map(|address| ("POST", address)))
                {
                    let line = line_of(method, address);
                    assert!(
                        line.is_permitted_to(roles, *is_custom),
                        "{path} offers {method} {address} to {name}"
                    );
                    if !["open", "read"].contains(&line.permission.as_str()) {
                        offers.entry(name).or_default().push(line.path.clone());
                    }
                }
            }
        }
        let is_offered = |name: &str, end: &str| {
            offers.get(name).is_some_and(|all| all.iter().any(|path| path.ends_with(end)))
        };
        for (end, to) in [
            ("/edit", "member"),
            ("/delete", "token of a member"),
            ("/technical_assets/new", "member by a group"),
            ("/status", "member"),
            ("/status", "approver"),
            ("/members", "member"),
            ("/tokens", "operator"),
            ("/data_products/new", "viewer"),
        ] {
            assert!(is_offered(to, end), "{end} is not offered to {to}: {offers:?}");
        }
        assert_eq!(offers.get("token of a viewer"), None);
    });
}

#[test]
fn document_tells_of_every_permission() {
    let text = fs::read_to_string(root().join("docs/permissions.md")).unwrap();
    let (before, rest) = text.split_once("<!-- permissions -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /permissions -->").unwrap();
    let mut lines = String::from("| method | path | permission | who |\n|---|---|---|---|\n");
    let code = |roles: &[String]| {
        let names: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
        names.join(" or ")
    };
    for line in table() {
        let Line { method, path, permission, roles, roles_for_custom, .. } = &line;
        let who = match (roles.is_empty(), roles == roles_for_custom) {
            (true, _) => "everybody".to_owned(),
            (false, true) => code(roles),
            (false, false) => {
                format!("{}; in the custom mapping {}", code(roles), code(roles_for_custom))
            }
        };
        lines.push_str(&format!("| {method} | `{path}` | `{permission}` | {who} |\n"));
    }
    assert_written(
        "docs/permissions.md",
        &format!("{before}<!-- permissions -->\n{lines}<!-- /permissions -->{after}"),
    );
}
