//! The client: it calls every route that is served, and keeps what it could not read.

use portal_core::Id;
use portal_engine::{LinkedPlugin, Registry, WireNames};
use portal_tests::harness::{Answer, Client, example_of};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::shapes::{
    Address, AllEntries, AllOptions, Asset, Assets, CONSTANTS, Created, Domain, Domains, Entries,
    Environment, Environments, FormerConfiguration, FoundProduct, OwnConfiguration, Platforms,
    Plugin, Plugins, ProductType, ProductTypes, Products, RenderedPath, ServiceOptions, Services,
    Status, Tiles, User, Values,
};

/// A client of the Python portal, or one with this portal's own constants.
pub struct StrictClient<'a> {
    client: &'a Client,
    names: WireNames,
    /// The routes that it called, as the document writes them.
    pub called: Vec<String>,
    /// What it could not read, each with its route.
    pub failures: Vec<String>,
}

/// A route of the document, and the same with its ids.
struct Call<'a>(&'a str, String);

impl Call<'_> {
    /// Fills the placeholders of a route in their order.
    fn to<'a>(path: &'a str, ids: &[&str]) -> Call<'a> {
        let mut ids = ids.iter();
        let segments = path.split('/').map(|segment| match segment.starts_with('{') {
            true => ids.next().copied().unwrap_or_else(|| panic!("{path} lacks an id")),
            false => segment,
        });
        let filled: Vec<&str> = segments.collect();
        Call(path, filled.join("/"))
    }
}

impl<'a> StrictClient<'a> {
    pub fn new(client: &'a Client, names: WireNames) -> Self {
        StrictClient { client, names, called: Vec::new(), failures: Vec::new() }
    }

    /// Calls every route, some of them for every plugin.
    pub fn go_through(&mut self, registry: &Registry) {
        self.read::<Tiles>("/api/v2/plugins/platform-tiles", &[]);
        if let Some(Plugins { plugins }) = self.read("/api/v2/plugins", &[]) {
            for constant in self.constants() {
                let is_listed = plugins.iter().any(|plugin| plugin.plugin == constant);
                self.expect("GET /api/v2/plugins", is_listed, constant);
            }
        }
        let [domain, kind] = self.go_through_kinds();
        let product = self.go_through_products(&domain, &kind);
        self.go_through_configuration();
        for (own, _) in CONSTANTS {
            let plugin = registry.find(own).expect("it is linked");
            assert_eq!(plugin.wire_name(), *own);
            let form: Option<Plugin> = self.read("/api/v2/plugins/{name}/form", &[plugin.id()]);
            let constant = plugin.name_in_answers(self.names);
            let is_named = form.is_none_or(|form| form.plugin == constant);
            self.expect("GET /api/v2/plugins/{name}/form", is_named, constant);
            self.go_through_asset(plugin, &product);
        }
        self.called.sort();
        self.called.dedup();
    }

    /// Ids of a domain and of a type.
    fn go_through_kinds(&mut self) -> [String; 2] {
        let first = self.client.create_product(&self.namespace("first"));
        let first = self.client.get(&format!("/api/v2/data_products/{first}")).ok();
        let [domain, kind] = ["domain", "type"]
            .map(|of| first[of]["id"].as_str().expect("a data product has both").to_owned());
        self.read::<Domains>("/api/v2/configuration/domains", &[]);
        self.read::<Domain>("/api/v2/configuration/domains/{id}", &[&domain]);
        self.read::<ProductTypes>("/api/v2/configuration/data_product_types", &[]);
        self.read::<ProductType>("/api/v2/configuration/data_product_types/{id}", &[&kind]);
        [domain, kind]
    }

    /// Id of a new data product.
    fn go_through_products(&mut self, domain: &str, kind: &str) -> String {
        let own: Option<User> = self.read("/api/v2/users/current", &[]);
        let owners: Vec<String> = own.iter().map(|user| user.id.to_string()).collect();
        let new = json!({
            "name": "Orders",
            "namespace": self.namespace("orders"),
            "description": "What was ordered",
            "type_id": kind,
            "domain_id": domain,
            "lifecycle_id": Id::new(),
            "owners": owners,
            "about": null,
            "tag_ids": [],
            "input_ports": null,
        });
        let created: Option<Created> =
            self.send("POST", &Call::to("/api/v2/data_products", &[]), Some(&new));
        // The other calls are looked at even where this one fails.
        let product = created.map_or_else(
            || self.client.create_product(&self.namespace("others")),
            |created| created.id.to_string(),
        );
        let path = "/api/v2/data_products/{id}";
        if let Some(found) = self.read::<FoundProduct>(path, &[&product]) {
            let ids = [found.domain.id.as_str(), found.kind.id.as_str()];
            self.expect("GET /api/v2/data_products/{id}", ids == [domain, kind], "other ids");
        }
        if let Some(Products { data_products }) = self.read("/api/v2/data_products", &[]) {
            let is_listed = data_products.iter().any(|one| one.id.as_str() == product);
            self.expect("GET /api/v2/data_products", is_listed, "the new one is missing");
        }
        product
    }

    /// A namespace of its own for either sort of client.
    fn namespace(&self, name: &str) -> String {
        format!("{name}-{:?}", self.names).to_lowercase()
    }

    fn go_through_configuration(&mut self) {
        let base = "/api/v2/configuration";
        let path = |rest: &str| format!("{base}{rest}");
        let platforms: Option<Platforms> = self.read(&path("/platforms"), &[]);
        let platforms = platforms.map(|all| all.platforms).unwrap_or_default();
        for platform in &platforms {
            self.read::<Services>(&path("/platforms/{id}/services"), &[platform.id.as_str()]);
        }
        let options: Option<AllOptions> = self.read(&path("/platforms/configs"), &[]);
        for one in options.map(|all| all.platform_service_configurations).unwrap_or_default() {
            let ids = [one.platform.id.as_str(), one.service.id.as_str()];
            self.read::<ServiceOptions>(
                &path("/platforms/configs/{config_id}"),
                &[one.id.as_str()],
            );
            self.read::<ServiceOptions>(&path("/platforms/{id}/services/{service_id}"), &ids);
            let everywhere = "/environments/platforms/{platform_id}/services/{service_id}/config";
            self.read::<AllEntries>(&path(everywhere), &ids);
        }
        let environments: Option<Environments> = self.read(&path("/environments"), &[]);
        for environment in environments.map(|all| all.environments).unwrap_or_default() {
            let id = environment.id.as_str();
            self.read::<Environment>(&path("/environments/{id}"), &[id]);
            let entries: Option<AllEntries> = self.read(&path("/environments/{id}/configs"), &[id]);
            for one in entries.map(|all| all.environment_configs).unwrap_or_default() {
                let config = "/environments/configs/{config_id}";
                self.read::<Entries>(&path(config), &[one.id.as_str()]);
                let [platform, service] = [one.platform.id.as_str(), one.service.id.as_str()];
                let entries =
                    "/environments/{id}/platforms/{platform_id}/services/{service_id}/config";
                self.read::<Entries>(&path(entries), &[id, platform, service]);
                if one.platform.name == "Amazon Web Services" {
                    let values = "/environments/{id}/platforms/{platform_id}/config";
                    self.read::<Values>(&path(values), &[id, platform]);
                }
            }
        }
    }

    /// The life of one asset, sent as this sort of client sends it.
    fn go_through_asset(&mut self, plugin: &LinkedPlugin, product: &str) {
        let (display_name, mut configuration) = example_of(plugin.id());
        configuration["configuration_type"] = plugin.name_in_answers(self.names).into();
        let mut new = self.client.new_asset(display_name, &configuration);
        new["description"] = "".into();
        new["tag_ids"] = json!([]);
        let preview = json!({
            "platform_id": new["platform_id"],
            "service_id": new["service_id"],
            "configuration": configuration,
        });
        let call = Call::to("/api/v2/plugins/render_technical_asset_access_path", &[]);
        self.send::<RenderedPath>("POST", &call, Some(&preview));

        const ASSETS: &str = "/api/v2/data_products/{id}/technical_assets";
        const ASSET: &str = "/api/v2/data_products/{id}/technical_assets/{asset_id}";
        let created: Option<Created> = self.send("POST", &Call::to(ASSETS, &[product]), Some(&new));
        let asset = created.map_or_else(String::new, |created| created.id.to_string());
        let listed: Option<Assets> = self.read(ASSETS, &[product]);
        for asset in listed.map(|all| all.technical_assets).unwrap_or_default() {
            self.read_configuration(&format!("GET {ASSETS}"), asset.configuration);
        }
        let ids = [product, asset.as_str()];
        if let Some(found) = self.read::<Asset>(ASSET, &ids) {
            self.read_configuration(&format!("GET {ASSET}"), found.configuration);
            self.expect(&format!("GET {ASSET}"), found.status == Status::Pending, "not pending");
        }
        self.address(plugin, product);
        let changed = json!({"name": "Renamed", "description": "", "tag_ids": []});
        self.send::<Created>("PUT", &Call::to(ASSET, &ids), Some(&changed));
        let status = "/api/v2/data_products/{id}/technical_assets/{asset_id}/status";
        self.send::<()>("PUT", &Call::to(status, &ids), Some(&json!({"status": "active"})));
        if let Some(found) = self.read::<Asset>(ASSET, &ids) {
            let is_changed = (found.name.as_str(), &found.status) == ("Renamed", &Status::Active);
            self.expect(&format!("GET {ASSET}"), is_changed, "not what was written");
        }
        self.count(product, 1);
        self.send::<()>("DELETE", &Call::to(ASSET, &ids), None);
        self.count(product, 0);
    }

    /// Sees that a data product has that many assets.
    fn count(&mut self, product: &str, expected: u64) {
        let Some(listed) = self.read::<Products>("/api/v2/data_products", &[]) else { return };
        let found = listed.data_products.iter().find(|one| one.id.as_str() == product);
        let count = found.map(|one| one.technical_asset_count);
        self.expect("GET /api/v2/data_products", count == Some(expected), "another count");
    }

    /// Where the platform of a plugin is, in every environment that it is configured in.
    fn address(&mut self, plugin: &LinkedPlugin, product: &str) {
        let Call(route, path) = Call::to("/api/v2/plugins/{name}/url", &[plugin.id()]);
        let environments = self.client.get("/api/v2/configuration/environments").ok();
        for environment in environments["environments"].as_array().expect("a list") {
            let environment = environment["name"].as_str().expect("a name");
            let query = format!("{path}?id={product}&environment={environment}");
            self.send::<Address>("GET", &Call(route, query), None);
        }
    }

    fn read<T: DeserializeOwned>(&mut self, path: &str, ids: &[&str]) -> Option<T> {
        self.send("GET", &Call::to(path, ids), None)
    }

    fn send<T: DeserializeOwned>(
        &mut self,
        method: &str,
        Call(route, path): &Call<'_>,
        body: Option<&Value>,
    ) -> Option<T> {
        let answer = match body {
            Some(body) => self.client.send_json(method, path, &[], body),
            None => self.client.send(method, path, &[]),
        };
        let route = format!("{method} {route}");
        self.called.push(route.clone());
        match parsed(&answer) {
            Ok(read) => Some(read),
            Err(why) => {
                self.failures.push(format!("{route}: {why}"));
                None
            }
        }
    }

    fn read_configuration(&mut self, route: &str, configuration: Map<String, Value>) {
        let configuration = Value::Object(configuration);
        let read = match self.names {
            WireNames::Own => OwnConfiguration::deserialize_from(configuration),
            WireNames::Former => FormerConfiguration::deserialize_from(configuration),
        };
        if let Err(why) = read {
            self.failures.push(format!("{route}: configuration: {why}"));
        }
    }

    /// What a client of this sort compares the names of plugins with.
    fn constants(&self) -> Vec<&'static str> {
        let own = self.names == WireNames::Own;
        CONSTANTS.iter().map(|(ours, theirs)| if own { *ours } else { *theirs }).collect()
    }

    fn expect(&mut self, route: &str, holds: bool, otherwise: &str) {
        if !holds {
            self.failures.push(format!("{route}: {otherwise}"));
        }
    }
}

/// Reads one of the two unions, which have nothing but that in common.
trait Configuration: DeserializeOwned {
    fn deserialize_from(configuration: Value) -> Result<(), String> {
        serde_json::from_value::<Self>(configuration).map(drop).map_err(|error| error.to_string())
    }
}

impl Configuration for OwnConfiguration {}
impl Configuration for FormerConfiguration {}

/// The body of an answer that is 200, as what it should be.
fn parsed<T: DeserializeOwned>(answer: &Answer) -> Result<T, String> {
    if answer.status != 200 {
        return Err(format!("{} {}", answer.status, answer.text));
    }
    serde_json::from_str(&answer.text).map_err(|error| format!("{error} in {}", answer.text))
}
