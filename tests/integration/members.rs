//! The members of a data product: who they are, who changes them, and what bad input gets.

use std::collections::BTreeSet;

use portal_core::Error;
use portal_engine::Registry;
use portal_engine::store::{self, Members, NewDataProduct};
use portal_testing::each_database;
use portal_tests::harness::{Company, each_server};
use serde_json::{Value, json};

fn path_of(company: &Company) -> String {
    format!("{}/members", company.path())
}

#[test]
fn members_are_read_by_everybody_and_replaced_whole_by_those_who_may() {
    Company::each(|company| {
        let path = path_of(company);
        let before = company.as_("viewer").get(&path);
        assert_eq!(before.ok(), json!({"people": ["mia@example.com"], "groups": ["orders-team"]}));
        let etag = before.header("etag").unwrap().to_owned();
        let new = json!({
            "people": [" Nia@Example.com", "mia@example.com", "nia@example.com"],
            "groups": [],
        });
        let put = |name: &str, headers: &[(&str, &str)], body: &Value| {
            company.as_(name).send_json("PUT", &path, headers, body)
        };
        assert_eq!(put("member", &[("if-match", &etag)], &new).ok(), Value::Null);
        let after = company.as_("viewer").get(&path);
        assert_eq!(
            after.ok(),
            json!({"people": ["mia@example.com", "nia@example.com"], "groups": []})
        );
        // They have a say at once, and those of the group have none any more.
        let nia = company.person("nia@example.com", "");
        assert_eq!(nia.send_json("PUT", &path, &[], &json!({})).status, 422);
        assert_eq!(put("member by a group", &[], &json!({})).status, 403);
        // Somebody who read the members of before overwrites nothing.
        let stale = put("operator", &[("if-match", &etag)], &new);
        assert_eq!((stale.status, stale.header("etag")), (412, after.header("etag")));
        assert_eq!(put("token of an operator", &[], &new).status, 200);
        let none = "/api/v2/data_products/01890000-0000-7000-8000-000000000000/members";
        assert_eq!(company.as_("viewer").get(none).status, 404);
        assert_eq!(company.as_("operator").send_json("PUT", none, &[], &new).status, 404);
        assert_eq!(nia.send_json("PUT", none, &[], &new).status, 404);
        let listed = company.as_("viewer").get("/api/v2/data_products").ok();
        let counts = listed["data_products"].as_array().unwrap().iter();
        let counts: Vec<_> = counts.map(|one| one["user_count"].as_i64().unwrap()).collect();
        // The operator who created both is a member by that until somebody replaces the members.
        assert_eq!(counts, [2, 1]);
    });
}

/// Whoever waits for their turn may be removed meanwhile.
#[test]
fn whether_somebody_may_is_asked_once_nobody_else_can_change_it() {
    each_database(|database| {
        let connection = &mut database.migrated(Registry::load().unwrap()).get().unwrap();
        let people = BTreeSet::from(["mia@example.com".to_owned()]);
        let members = Members { people, groups: BTreeSet::new() };
        let new = NewDataProduct {
            name: "Orders".to_owned(),
            namespace: "orders".to_owned(),
            members: members.clone(),
            ..NewDataProduct::default()
        };
        let product = store::create_data_product(connection, &new).unwrap();
        let none = Members::default();
        let refused = store::set_members(connection, &product, None, &none, |subject| {
            assert_eq!(subject.people, members.people);
            Err(Error::Forbidden("not any more".to_owned()))
        });
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        assert_eq!(store::members(connection, &product).unwrap(), (members, 1));
    });
}

#[test]
fn every_mistake_is_told_at_its_place() {
    Company::each(|company| {
        let path = path_of(company);
        let wrong = json!({
            "people": ["ada", "mia@example.com", "a b@example.com", 7],
            "groups": ["data team", "", "fine"],
            "owner": "x",
        });
        let answer = company.as_("member").send_json("PUT", &path, &[], &wrong);
        assert_eq!(answer.status, 422);
        let places: Vec<String> = answer.json()["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["at"].as_str().unwrap().to_owned())
            .collect();
        for place in ["/people/3", "/groups/0", "/groups/1", "/owner"] {
            assert!(places.iter().any(|at| at == place), "{place} is not in {places:?}");
        }
        let wrong = json!({"people": ["ada", "a b@example.com"], "groups": []});
        let answer = company.as_("member").send_json("PUT", &path, &[], &wrong);
        assert_eq!(answer.json()["problems"][0]["at"], "/people/0");
        assert_eq!(answer.json()["problems"][1]["at"], "/people/1");
        let nobody = json!({"people": [], "groups": []});
        let answer = company.as_("member").send_json("PUT", &path, &[], &nobody);
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains("the last member cannot leave"), "{}", answer.text);
        let many: Vec<String> = (0..501).map(|number| format!("p{number}@example.com")).collect();
        let answer = company.as_("member").send_json(
            "PUT",
            &path,
            &[],
            &json!({"people": many, "groups": []}),
        );
        assert_eq!(answer.status, 422);
        let unchanged = company.as_("viewer").get(&path).ok();
        assert_eq!(unchanged, json!({"people": ["mia@example.com"], "groups": ["orders-team"]}));
        // An operator may leave a data product to nobody.
        assert_eq!(company.as_("operator").send_json("PUT", &path, &[], &nobody).status, 200);
    });
}

#[test]
fn page_changes_members_and_keeps_what_was_typed() {
    Company::each(|company| {
        let path = format!("/data_products/{}/members", company.product);
        let mia = company.as_("member");
        let page = mia.page(&path).text;
        let revision = page.split("name=\"revision\" value=\"").nth(1).unwrap();
        let revision = revision.split('"').next().unwrap();
        let send = |people: &str, groups: &str, revision: &str| {
            mia.form(&path, &[("people", people), ("groups", groups), ("revision", revision)])
        };
        let wrong = send("mia@example.com\r\nnobody", "data team", revision);
        assert_eq!(wrong.status, 422);
        for part in [
            "2 things are not right yet",
            "nobody&#34; is no address",
            "contains a blank",
            "mia@example.com\nnobody</textarea>",
        ] {
            assert!(wrong.text.contains(part), "{part} is not in {}", wrong.text);
        }
        let done = send("mia@example.com\r\n\r\n new@example.com ", "", revision);
        assert_eq!((done.status, done.header("location")), (303, Some(path.as_str())));
        let late = send("mia@example.com", "", revision);
        assert_eq!(late.status, 412);
        assert!(late.text.contains("Somebody was faster"), "{}", late.text);
        let viewer = company.as_("viewer").page(&path).text;
        assert!(viewer.contains("new@example.com") && !viewer.contains("<textarea"), "{viewer}");
        let refused = company.as_("viewer").form(&path, &[("people", "x@example.com")]);
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("ask members of orders, or an operator"), "{}", refused.text);
    });
}

#[test]
fn owners_that_are_known_become_members_and_others_are_refused() {
    Company::each(|company| {
        let id_of = |name: &str| {
            let known = company.as_(name).get("/api/v2/users/current").ok();
            known["id"].as_str().unwrap().to_owned()
        };
        let [viewer, abe, token] = ["viewer", "approver", "token of an operator"].map(id_of);
        let create = |name: &str, namespace: &str, owners: &[&str]| {
            let new = json!({"name": "New", "namespace": namespace, "owners": owners});
            company.as_(name).post("/api/v2/data_products", &new)
        };
        let members = |created: &Value| {
            let id = created["id"].as_str().unwrap();
            company.as_("viewer").get(&format!("/api/v2/data_products/{id}/members")).ok()
        };
        let created = create("viewer", "one", &[&viewer, &abe]).ok();
        assert_eq!(members(&created)["people"], json!(["abe@example.com", "vera@example.com"]));
        let created = create("token of an operator", "two", &[&token, &abe]).ok();
        assert_eq!(members(&created)["people"], json!(["abe@example.com"]));
        let created = create("token of an operator", "three", &[]).ok();
        assert_eq!(members(&created)["people"], json!([]));
        let unknown = "01890000-0000-7000-8000-000000000000";
        let refused = create("viewer", "four", &[&abe, unknown]);
        assert_eq!(refused.status, 404);
        assert!(refused.text.contains(&format!("nobody here has the id {unknown}")));
        let refused = create("viewer", "Five", &[&abe, unknown]);
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("/owners/1"), "{}", refused.text);
    });
}

#[test]
fn portal_that_tells_nobody_apart_has_members_all_the_same() {
    each_server(|server| {
        let product = server.create_product("orders");
        let path = format!("/api/v2/data_products/{product}/members");
        assert_eq!(server.get(&path).ok(), json!({"people": [], "groups": []}));
        let new = json!({"people": ["ada@example.com"], "groups": ["team"]});
        assert_eq!(server.send_json("PUT", &path, &[], &new).status, 200);
        assert_eq!(server.get(&path).ok(), new);
    });
}
