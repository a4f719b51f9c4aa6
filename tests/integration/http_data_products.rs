//! Data products over HTTP: what creating one takes, and the domains and types that come with it.

use portal_core::Id;
use portal_tests::harness::{Answer, TestServer, each_server};
use serde_json::{Value, json};

const PRODUCTS: &str = "/api/v2/data_products";

/// The fields that an answer finds something wrong with, in its order.
fn wrong(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let problems = answer.json()["problems"].as_array().unwrap().clone();
    problems.iter().map(|problem| problem["at"].as_str().unwrap().to_owned()).collect()
}

/// A new data product, and its domain and type.
fn created(server: &TestServer, body: &Value) -> [Value; 2] {
    let id = server.post(PRODUCTS, body).ok()["id"].as_str().unwrap().to_owned();
    let found = server.get(&format!("{PRODUCTS}/{id}")).ok();
    [found["domain"].clone(), found["type"].clone()]
}

#[test]
fn domain_and_type_are_named_or_given_by_their_ids() {
    each_server(|server| {
        let named = json!({
            "name": "A", "namespace": "a", "domain": "Sales", "type": "Aggregate",
        });
        let [domain, kind] = created(server, &named);
        assert_eq!((&domain["name"], &kind["name"]), (&json!("Sales"), &json!("Aggregate")));
        let by_ids = json!({
            "name": "B", "namespace": "b", "domain_id": domain["id"], "type_id": kind["id"],
        });
        assert_eq!(created(server, &by_ids), [domain.clone(), kind.clone()]);
        let both = json!({
            "name": "C", "namespace": "c", "domain_id": domain["id"], "domain": " Sales ",
        });
        assert_eq!(created(server, &both)[0], domain);
        let domains = server.get("/api/v2/configuration/domains").ok();
        let counts = domains["domains"].as_array().unwrap().iter();
        let counts: Vec<(&str, i64)> = counts
            .map(|one| {
                let count = one["abstract_data_product_count"].as_i64().unwrap();
                (one["name"].as_str().unwrap(), count)
            })
            .collect();
        assert_eq!(counts, [("Sales", 3)]);
        let types = server.get("/api/v2/configuration/data_product_types").ok();
        let aggregate = &types["data_product_types"].as_array().unwrap()[0];
        assert_eq!(
            (&aggregate["name"], &aggregate["data_product_count"]),
            (&json!("Aggregate"), &json!(2))
        );
    });
}

#[test]
fn ids_that_nothing_has_and_names_that_are_not_theirs_are_refused() {
    each_server(|server| {
        let [domain, _] = created(server, &json!({"name": "A", "namespace": "a"}));
        let nobody = Id::new();
        let with = |member: &str, value: Value| {
            let mut body = json!({"name": "B", "namespace": "b"});
            body[member] = value;
            body
        };
        let missing = server.post(PRODUCTS, &with("type_id", json!(nobody)));
        assert_eq!(missing.status, 404, "{}", missing.text);
        assert!(missing.text.contains(&format!("no type has the id {nobody}")), "{}", missing.text);
        let mut body = with("type_id", json!(nobody));
        body["domain_id"] = json!(nobody);
        body["namespace"] = "B".into();
        assert_eq!(wrong(&server.post(PRODUCTS, &body)), ["/namespace", "/type_id", "/domain_id"]);
        let mut body = with("domain_id", domain["id"].clone());
        body["domain"] = "Finance".into();
        let answer = server.post(PRODUCTS, &body);
        assert_eq!(wrong(&answer), ["/domain_id"]);
        assert!(answer.text.contains("send one of the two"), "{}", answer.text);
        for (member, value) in [
            ("tag_ids", json!([nobody])),
            ("input_ports", json!([{}])),
            ("owners", json!(["somebody"])),
            ("lifecycle_id", json!(7)),
            ("domain_id", json!("Sales")),
        ] {
            let at = wrong(&server.post(PRODUCTS, &with(member, value)));
            assert!(at.iter().all(|at| at.starts_with(&format!("/{member}"))), "{member}: {at:?}");
        }
        let products = server.get(PRODUCTS).ok();
        assert_eq!(products["data_products"].as_array().unwrap().len(), 1, "one was stored");
    });
}
