//! What a client of the Python portal reads: every member is required, also one that may be null.
//! Unknown members are left alone.

use portal_core::Id;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Declares structs whose members must all be there: serde takes an absent `Option` for a null.
macro_rules! shapes {
    ($($shape:ident { $($member:ident $(= $wire:literal)?: $type:ty),* $(,)? })*) => { $(
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "that it can be read is what is looked at")]
        pub struct $shape { $(
            $(#[serde(rename = $wire)])?
            #[serde(deserialize_with = "Deserialize::deserialize")]
            pub $member: $type,
        )* }
    )* };
}

shapes! {
    Created { id: Id }

    DomainOf { id: Id, name: String, description: String }
    TypeOf { id: Id, name: String, description: String, icon_key: String }
    ListedProduct {
        id: Id, name: String, description: String, namespace: String, status: Status,
        finalizers: Vec<Value>, tags: Vec<Value>, usage: Option<String>, domain: DomainOf,
        kind = "type": TypeOf, lifecycle: Option<Map<String, Value>>, user_count: u64,
        input_port_count: u64, technical_asset_count: u64,
    }
    Products { data_products: Vec<ListedProduct> }
    FoundProduct {
        id: Id, name: String, description: String, namespace: String, status: Status,
        finalizers: Vec<Value>, tags: Vec<Value>, usage: Option<String>, domain: DomainOf,
        kind = "type": TypeOf, lifecycle: Option<Map<String, Value>>, about: Option<String>,
    }
    Domain { id: Id, name: String, description: String, abstract_data_product_count: u64 }
    Domains { domains: Vec<Domain> }
    ProductType {
        id: Id, name: String, description: String, icon_key: String, data_product_count: u64,
    }
    ProductTypes { data_product_types: Vec<ProductType> }
    User {
        id: Id, email: String, external_id: String, first_name: String, last_name: String,
        has_seen_tour: bool, can_become_admin: bool, admin_expiry: Option<String>,
    }

    Platform { id: Id, name: String }
    Platforms { platforms: Vec<Platform> }
    Service {
        id: Id, name: String, platform: Platform, result_string_template: String,
        technical_info_template: String,
    }
    Services { platform_services: Vec<Service> }
    ServiceOptions { id: Id, platform: Platform, service: Service, config: Vec<String> }
    AllOptions { platform_service_configurations: Vec<ServiceOptions> }
    Environment { id: Id, name: String, acronym: String, context: String, is_default: bool }
    Environments { environments: Vec<Environment> }
    Entries {
        id: Id, platform: Platform, environment: Environment, service: Service,
        config: Vec<Map<String, Value>>,
    }
    AllEntries { environment_configs: Vec<Entries> }
    Values { id: Id, platform: Platform, environment: Environment, config: Map<String, Value> }

    Condition { field_name: String, value: Value }
    FormOption { label: String, value: Value }
    Checkbox { initial_value: Option<bool> }
    Select { max_count: Option<u32>, options: Vec<FormOption> }
    Text { initial_value: Option<Value> }
    Radio { max_count: Option<u32>, initial_value: Option<String>, options: Vec<FormOption> }
    FormElement {
        label: String, kind = "type": Control, required: bool, name: String,
        tooltip: Option<String>, hidden: Option<bool>, checkbox: Option<Checkbox>,
        select: Option<Select>, string: Option<Text>, radio: Option<Radio>,
        depends_on: Option<Vec<Condition>>, disabled: Option<bool>,
        use_namespace_when_not_source_aligned: Option<bool>,
    }
    Plugin {
        not_configured: bool, ui_metadata: Vec<FormElement>, plugin: String,
        has_environments: bool, result_label: Option<String>, result_tooltip: Option<String>,
        platform: String, display_name: String, icon_name: String,
        parent_platform: Option<String>, platform_tile: Option<Tile>, show_in_form: bool,
        detailed_name: Option<String>,
    }
    Plugins { plugins: Vec<Plugin> }
    Tile {
        label: String, value: String, icon_name: String, has_environments: bool,
        has_config: bool, children: Vec<Tile>, show_in_form: bool,
    }
    Tiles { platform_tiles: Vec<Tile> }
    RenderedPath { technical_asset_access_path: String }
    Address { url: String }

    Owner {
        id: Id, name: String, namespace: String, description: String, status: Status,
        kind = "type": TypeOf,
    }
    TechnicalInfo {
        environment_id: Id, environment: String, info: Option<String>, url: Option<String>,
        reason: Option<String>,
    }
    Asset {
        id: Id, name: String, description: String, namespace: String, owner_id: Id,
        platform_id: Id, service_id: Id, status: Status, technical_mapping: Mapping,
        access_modes: Vec<Value>, configuration: Map<String, Value>, owner: Owner,
        output_port_links: Vec<Value>, tags: Vec<Value>, source_aligned = "sourceAligned": bool,
        result_string: String, technical_info: Vec<TechnicalInfo>,
    }
    Assets { technical_assets: Vec<Asset> }
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pending,
    Active,
    Archived,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mapping {
    Default,
    Custom,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Control {
    String,
    Select,
    Checkbox,
    Radio,
}

/// Declares the union of configurations twice, under the constants of either sort of client.
macro_rules! configurations {
    ($($variant:ident ($own:literal | $former:literal) { $($field:ident: $type:ty),* })*) => {
        #[derive(Debug, Deserialize)]
        #[serde(tag = "configuration_type")]
        #[allow(dead_code, reason = "that it can be read is what is looked at")]
        pub enum OwnConfiguration {
            $( #[serde(rename = $own)] $variant { $($field: $type),* }, )*
        }

        #[derive(Debug, Deserialize)]
        #[serde(tag = "configuration_type")]
        #[allow(dead_code, reason = "that it can be read is what is looked at")]
        pub enum FormerConfiguration {
            $( #[serde(rename = $former)] $variant { $($field: $type),* }, )*
        }

        /// The constants: our own, and those of the Python portal.
        pub const CONSTANTS: &[(&str, &str)] = &[$(($own, $former)),*];
    };
}

configurations! {
    Snowflake("SnowflakeDataOutput" | "SnowflakeTechnicalAssetConfiguration") {
        database: String, schema: String, table: String, bucket_identifier: String,
        database_path: String, table_path: String, access_granularity: Granularity
    }
    Databricks("DatabricksDataOutput" | "DatabricksTechnicalAssetConfiguration") {
        catalog: String, schema: String, table: String, bucket_identifier: String,
        catalog_path: String, table_path: String, access_granularity: Granularity
    }
    Glue("GlueDataOutput" | "GlueTechnicalAssetConfiguration") {
        database: String, database_suffix: String, table: String, bucket_identifier: String,
        database_path: String, table_path: String, access_granularity: Granularity
    }
    Redshift("RedshiftDataOutput" | "RedshiftTechnicalAssetConfiguration") {
        database: String, schema: String, table: String, bucket_identifier: String,
        database_path: String, table_path: String, access_granularity: Granularity
    }
    S3("S3DataOutput" | "S3TechnicalAssetConfiguration") {
        bucket: String, suffix: String, path: String
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    Schema,
    Table,
}
