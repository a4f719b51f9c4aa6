//! The whole portal through its public surface, on every database. This is the table of contents.
//!
//! All of it is one binary, because what these tests use takes a second to link each time.

#![expect(clippy::unwrap_used, reason = "tests panic")]

// Laws over the linked plugins and over the source tree.
mod bundled;
mod kept_results;
mod laws;
mod laws_of_floors;
mod laws_of_pages;
mod laws_of_surface;
mod linking;
mod written;

// Which plugins there are: what the registry refuses, and what an operator selects.
mod broken;
mod conformance;
mod registry;
mod registry_fields;
mod selection;
mod sketch;

// The database: tables, the operator's file, rows, and a plugin's data out and back.
mod migrations;
mod scale;
mod settings;
mod slow_clients;
mod storage;
mod tables;
mod transfer;
mod transfer_answers;
mod transfer_files;

// The API: what its users see.
mod all_problems;
mod asset_life;
mod concurrency;
mod empty_values;
mod entries;
mod environments;
mod foreign_requests;
mod full_disk;
mod hanging;
mod http_assets;
mod http_bad_input;
mod http_bodies;
mod http_configuration;
mod http_data_products;
mod http_media;
mod http_namespaces;
mod http_plugins;
mod http_queries;
mod http_rendering;
mod http_routes;
mod http_urls;
mod openapi;
mod text_limits;

// Who may do what.
mod bearer;
mod closed;
mod members;
mod people;
mod permissions;
mod sessions;
mod sign_in;
mod tokens;

// The pages, without a browser.
mod pages;
mod pages_edit;
mod pages_form;
mod pages_lists;
mod patterns;

// Portals by code: below a prefix, and in an application of one's own.
mod embedded;

// The command line, and portals as processes.
mod absent;
mod cli;
mod cli_migrations;
mod logging;
mod lost_file;
mod operator_files;
mod processes;
mod python_client;
mod refusals;
mod several_servers;
mod two_builds;

// Named so that everything it names is linked.
use portal_tests as _;
