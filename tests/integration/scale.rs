//! Many assets: the statements that a list costs, and lists longer than one statement can bind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Connection as _, InstrumentationEvent};
use portal_core::Id;
use portal_engine::db::{Backend, Connection};
use portal_engine::store::{self, AssetFilter, AssetPage};
use portal_engine::{Registry, migrate};
use portal_testing::{TestDatabase, add_examples, each_database, example_environments};
use portal_tests::harness::{FIVE, product_with};

fn registry() -> &'static Registry {
    Registry::load().unwrap()
}

fn prepared(database: &TestDatabase) -> Connection {
    let mut connection = database.connect();
    migrate::run(&mut connection, registry()).unwrap();
    add_examples(&mut connection, registry(), &example_environments()).unwrap();
    connection
}

/// A page, and how many queries it cost.
fn counted(connection: &mut Connection, product: &Id, filter: &AssetFilter) -> (AssetPage, usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && query.to_string().starts_with("SELECT")
        {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    let page = store::list_assets(connection, registry(), product, filter).unwrap();
    connection.set_instrumentation(|_: InstrumentationEvent<'_>| {});
    (page, count.load(Ordering::Relaxed))
}

#[test]
fn list_costs_one_query_and_one_for_each_plugin_however_many_assets_there_are() {
    each_database(|database| {
        let connection = &mut prepared(database);
        for index in 0..90 {
            product_with(connection, &format!("product-{index}"), 100);
        }
        let product = product_with(connection, "large", 1_000);
        let (page, queries) = counted(connection, &product, &AssetFilter::default());
        assert_eq!((page.assets.len(), queries), (1_000, 1 + FIVE.len()));

        let mut filter = AssetFilter { limit: Some(100), ..AssetFilter::default() };
        let mut listed = 0;
        loop {
            let (page, queries) = counted(connection, &product, &filter);
            assert_eq!(queries, 1 + FIVE.len(), "after {listed} assets");
            listed += page.assets.len();
            filter.after = page.next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(listed, 1_000);
    });
}

#[test]
fn page_is_found_by_the_index_wherever_it_begins() {
    let database = TestDatabase::sqlite();
    assert_eq!(database.backend(), Backend::Sqlite);
    let connection = &mut prepared(&database);
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let steps: Vec<Step> = diesel::RunQueryDsl::load(
        diesel::sql_query(
            "EXPLAIN QUERY PLAN SELECT * FROM technical_assets
             WHERE data_product_id = 'a' AND id > 'b' ORDER BY id LIMIT 100",
        ),
        connection,
    )
    .unwrap();
    let plan: Vec<String> = steps.into_iter().map(|step| step.detail).collect();
    assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
    assert!(plan[0].contains("technical_assets_by_product"), "{plan:?}");
}

#[test]
fn data_product_of_seventy_thousand_assets_lists() {
    each_database(|database| {
        let connection = &mut prepared(database);
        let product = product_with(connection, "huge", 70_000);
        let (page, queries) = counted(connection, &product, &AssetFilter::default());
        assert_eq!(page.assets.len(), 70_000);
        // 14,000 assets of each plugin take two statements, because one binds 10,000 ids.
        assert_eq!(queries, 1 + 2 * FIVE.len());
    });
}
