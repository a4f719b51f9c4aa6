//! Many clients at once: nothing fails, nothing is lost, nothing is given twice.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use portal_testing::TestDatabase;
use portal_tests::harness::{
    Answer, Client, TestServer, assets_of, each_server, example_of, execute, output_ids,
};
use serde_json::json;

/// Runs the same work on many clients that start together.
fn at_once(
    base: &str,
    clients: usize,
    work: impl Fn(&Client, usize) -> Vec<Answer> + Sync,
) -> Vec<Answer> {
    let barrier = Barrier::new(clients);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|index| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    let client = Client::new(base);
                    barrier.wait();
                    work(&client, index)
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn sixteen_clients_create_at_once_and_every_acknowledged_asset_is_there() {
    each_server(|server| {
        let product = server.create_product("orders");
        let assets: Vec<_> = output_ids()
            .into_iter()
            .map(|id| {
                let (display_name, configuration) = example_of(id);
                server.new_asset(display_name, &configuration)
            })
            .collect();
        let answers = at_once(server.base(), 16, |client, index| {
            let create = |round: usize| {
                let mut new = assets[(index + round) % assets.len()].clone();
                new["namespace"] = format!("client-{index}-{round}").into();
                client.post(&assets_of(&product), &new)
            };
            (0..8).map(create).collect()
        });
        let mut created: Vec<String> =
            answers.iter().map(|answer| answer.ok()["id"].as_str().unwrap().to_owned()).collect();
        created.sort();
        assert_eq!(created.len(), 16 * 8);
        let listed = server.get(&assets_of(&product)).ok();
        let listed = listed["technical_assets"].as_array().unwrap();
        let ids: Vec<&str> = listed.iter().map(|asset| asset["id"].as_str().unwrap()).collect();
        assert_eq!(ids, created, "ids sort by the time they were made");
        assert!(listed.iter().all(|asset| asset["result_string"].is_string()));
    });
}

/// Exactly one of the answers is a success; the others say why.
fn one_wins(answers: &[Answer], reason: &str) {
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.status, 400, "{}", answer.text);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(reason), "{detail}");
    }
}

#[test]
fn eight_clients_that_want_one_namespace_in_a_product_get_it_once() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("s3");
        let mut new = server.new_asset(display_name, &configuration);
        for round in 0..5 {
            new["namespace"] = format!("wanted-{round}").into();
            let answers = at_once(server.base(), 8, |client, _| {
                vec![client.post(&assets_of(&product), &new)]
            });
            let reason = format!("the namespace \"wanted-{round}\" is taken in this data product");
            one_wins(&answers, &reason);
        }
        let listed = server.get(&assets_of(&product)).ok();
        assert_eq!(listed["technical_assets"].as_array().unwrap().len(), 5);
    });
}

#[test]
fn eight_products_that_want_one_namespace_and_bring_one_domain() {
    each_server(|server| {
        for round in 0..5 {
            let namespace = format!("wanted-{round}");
            let body = json!({
                "name": "Wanted",
                "namespace": namespace,
                "type": format!("Type {round}"),
                "domain": format!("Domain {round}"),
            });
            let answers = at_once(server.base(), 8, |client, _| {
                vec![client.post("/api/v2/data_products", &body)]
            });
            one_wins(&answers, &format!("the namespace {namespace:?} is taken in the portal"));
        }
        let answers = at_once(server.base(), 8, |client, index| {
            let body = json!({
                "name": "Own", "namespace": format!("own-{index}"), "domain": "Shared", "type": "Shared",
            });
            vec![client.post("/api/v2/data_products", &body)]
        });
        for answer in answers {
            answer.ok();
        }
    });
}

#[test]
fn readers_see_whole_assets_while_others_create_and_delete() {
    each_server(|server| {
        let product = server.create_product("orders");
        let (display_name, configuration) = example_of("fixture");
        let asset = server.new_asset(display_name, &configuration);
        let answers = at_once(server.base(), 8, |client, index| {
            let mut answers = Vec::new();
            for round in 0..20 {
                if index % 2 == 0 {
                    let mut new = asset.clone();
                    new["namespace"] = format!("asset-{index}-{round}").into();
                    let id = client.create_asset(&product, &new);
                    answers.push(client.delete(&format!("{}/{id}", assets_of(&product))));
                } else {
                    let listed = client.get(&assets_of(&product)).ok();
                    for asset in listed["technical_assets"].as_array().unwrap() {
                        assert_eq!(asset.get("unavailable"), None, "{asset}");
                    }
                }
            }
            answers
        });
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(server.get(&assets_of(&product)).ok(), json!({"technical_assets": []}));
    });
}

#[test]
fn writers_that_wait_for_sqlite_leave_its_connections_to_readers() {
    let database = TestDatabase::sqlite();
    let server = TestServer::start(&database);
    let mut other = database.connect();
    execute(&mut other, "BEGIN IMMEDIATE");
    thread::scope(|scope| {
        let create = |index| server.create_product(&format!("orders-{index}"));
        let writers: Vec<_> = (0..16).map(|index| scope.spawn(move || create(index))).collect();
        // Long enough for all of them to arrive.
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(1) {
            server.get("/api/v2/data_products").ok();
            thread::sleep(Duration::from_millis(10));
        }
        execute(&mut other, "ROLLBACK");
        writers.into_iter().for_each(|writer| drop(writer.join().unwrap()));
    });
}
