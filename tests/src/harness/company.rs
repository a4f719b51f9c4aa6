//! A company that says who may do what: two teams, an approver, operators, and programs with tokens.

use std::thread;
use std::time::{Duration, Instant};

use portal_engine::Registry;
use portal_engine::access::{AccessSettings, TokenRole};
use portal_engine::db::Connection;
use portal_engine::settings::{self, Agreed};
use portal_engine::store::tokens::{NewToken, create_token};
use portal_testing::{TestDatabase, each_database};
use serde_json::{Value, json};

use super::{Client, TestServer, example_of};

/// The headers by which the proxy of these tests names people, groups and clients.
pub const PROXY: [&str; 3] = ["x-person", "x-groups", "x-client"];

/// A server, what it holds, and everybody who may ask it.
pub struct Company {
    /// The server, asked by nobody who is known.
    pub server: TestServer,
    /// A data product of the domain Sales, with a default and a custom asset.
    pub product: String,
    /// Its asset in the default mapping.
    pub asset: String,
    /// Its asset in the custom mapping, which waits for approval.
    pub custom: String,
    /// Everybody, nobody first.
    pub callers: Vec<Caller>,
}

/// Somebody who asks.
pub struct Caller {
    /// What tests call them.
    pub name: &'static str,
    /// A client that asks as them.
    pub client: Client,
    /// Their roles for the data product of the company.
    pub roles: &'static [&'static str],
}

/// What says who may do what here: operators in the group `ops`, approvers of Sales in the group
/// `stewards`, people as a proxy on 127.0.0.1 names them.
pub fn access() -> AccessSettings {
    let [person, groups, client] = PROXY;
    let settings = json!({
        "operators": ["ops", "olga@example.com"],
        "approvers": {"Sales": ["stewards"]},
        "failures_per_minute": 100_000,
        "proxy": {
            "networks": ["127.0.0.1"],
            "address_header": person,
            "groups_header": groups,
            "client_header": client,
        },
    });
    serde_json::from_value(settings).expect("it is sound")
}

/// Stores who may do what, beside what is stored already.
///
/// # Panics
///
/// When it is refused.
pub fn apply_access(connection: &mut Connection, access: Option<AccessSettings>) {
    let registry = Registry::load().expect("the linked plugins are sound");
    let mut settings = settings::export(connection, registry).expect("the database answers");
    settings.access = access;
    let agreed = Agreed { to_remove: true, to_lock_out: true };
    settings::apply(connection, registry, &settings, agreed).expect("it is applied");
}

/// A token that lasts, which a server that runs already takes.
///
/// # Panics
///
/// When it cannot be created, or the server does not take it within a few seconds.
pub fn token_for(
    server: &Client,
    connection: &mut Connection,
    name: &str,
    role: TokenRole,
    data_product: Option<&str>,
) -> String {
    let data_product = data_product.map(str::to_owned);
    let name = name.to_owned();
    let new = NewToken { name, role, data_product, expires_at: None, created_by: None };
    let secret = create_token(connection, &new).expect("it is created").reveal().to_owned();
    let (client, started) = (server.with_token(&secret), Instant::now());
    while client.get("/api/v2/users/current").status != 200 {
        assert!(started.elapsed().as_secs() < 10, "the token is not taken");
        thread::sleep(Duration::from_millis(20));
    }
    secret
}

impl Company {
    /// Runs a test against a company on every database there is.
    pub fn each(test: impl Fn(&Company)) {
        each_database(|database| test(&Company::on(database)));
    }

    /// A company on a fresh database.
    ///
    /// # Panics
    ///
    /// When it cannot be set up.
    pub fn on(database: &TestDatabase) -> Self {
        let registry = Registry::load().expect("the linked plugins are sound");
        drop(TestServer::start(database));
        let pool = database.migrated(registry);
        apply_access(&mut pool.get().expect("the database answers"), Some(access()));
        let server = TestServer::over(pool.clone(), registry.clone());
        let olga = as_person(&server, "olga@example.com", "");
        let product = of_team(&olga, "orders", "mia@example.com");
        of_team(&olga, "returns", "bob@example.com");
        let (display_name, configuration) = example_of("s3");
        let mut new = olga.new_asset(display_name, &configuration);
        let custom = olga.create_asset(&product, &new);
        new["namespace"] = "default".into();
        new["technical_mapping"] = "default".into();
        new["configuration"]["suffix"] = "orders".into();
        let asset = olga.create_asset(&product, &new);
        let mut company = Company { server, product, asset, custom, callers: Vec::new() };
        let mut connection = pool.get().expect("the database answers");
        let mut token = |name: &str, role, data_product: Option<&str>| {
            let secret = token_for(&company.server, &mut connection, name, role, data_product);
            company.server.with_token(&secret)
        };
        let tokens = [
            token("reader", TokenRole::Viewer, None),
            token("ci", TokenRole::Member, Some("orders")),
            token("other-ci", TokenRole::Member, Some("returns")),
            token("admin", TokenRole::Operator, None),
        ];
        let [reader, ci, other_ci, admin] = tokens;
        let person = |address: &str, groups: &str| as_person(&company.server, address, groups);
        company.callers = vec![
            Caller::new("nobody", company.server.with(&[]), &[]),
            Caller::new("viewer", person("vera@example.com", "staff"), &["viewer", "creator"]),
            Caller::new("member", person("Mia@Example.com", ""), &["viewer", "creator", "member"]),
            Caller::new(
                "member by a group",
                person("gus@example.com", "staff, orders-team"),
                &["viewer", "creator", "member"],
            ),
            Caller::new(
                "member of another one",
                person("bob@example.com", "returns-team"),
                &["viewer", "creator"],
            ),
            Caller::new(
                "approver",
                person("abe@example.com", "stewards"),
                &["viewer", "creator", "approver"],
            ),
            Caller::new("operator", olga, &["viewer", "creator", "operator"]),
            Caller::new("token of a viewer", reader, &["viewer"]),
            Caller::new("token of a member", ci, &["viewer", "member"]),
            Caller::new("token of another member", other_ci, &["viewer"]),
            Caller::new("token of an operator", admin, &["viewer", "operator"]),
        ];
        company
    }

    /// A data product whose members are a group. Returns its id.
    ///
    /// # Panics
    ///
    /// When it cannot be created.
    pub fn product_of(operator: &Client, namespace: &str, group: &str) -> String {
        with_members(operator, namespace, &json!({"people": [], "groups": [group]}))
    }

    /// A client that asks as somebody.
    ///
    /// # Panics
    ///
    /// When nobody is called that.
    pub fn as_(&self, name: &str) -> &Client {
        let mut callers = self.callers.iter();
        &callers.find(|caller| caller.name == name).expect("somebody is called that").client
    }

    /// A client that asks as a person, in groups separated by commas.
    pub fn person(&self, address: &str, groups: &str) -> Client {
        as_person(&self.server, address, groups)
    }

    /// The path of the data product below the API.
    pub fn path(&self) -> String {
        format!("/api/v2/data_products/{}", self.product)
    }
}

impl Caller {
    fn new(name: &'static str, client: Client, roles: &'static [&'static str]) -> Self {
        Caller { name, client, roles }
    }
}

/// A client whose requests come by way of the proxy, which names a person.
fn as_person(server: &Client, address: &str, groups: &str) -> Client {
    let [person, in_groups, _] = PROXY;
    server.with(&[(person, address), (in_groups, groups)])
}

/// A data product of the domain Sales whose members are a person and a group. Returns its id.
fn of_team(operator: &Client, namespace: &str, member: &str) -> String {
    let groups = [format!("{namespace}-team")];
    with_members(operator, namespace, &json!({"people": [member], "groups": groups}))
}

fn with_members(operator: &Client, namespace: &str, members: &Value) -> String {
    let new = json!({"name": namespace, "namespace": namespace, "domain": "Sales"});
    let created = operator.post("/api/v2/data_products", &new).ok();
    let id = created["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v2/data_products/{id}/members");
    assert_eq!(operator.send_json("PUT", &path, &[], members).ok(), Value::Null);
    id
}
