//! Core's tables, as the migrations create them: what diesel knows of the columns.

diesel::table! {
    domains (id) {
        id -> Text,
        name -> Text,
        description -> Text,
    }
}

diesel::table! {
    data_product_types (id) {
        id -> Text,
        name -> Text,
        description -> Text,
        icon_key -> Text,
    }
}

diesel::table! {
    data_products (id) {
        id -> Text,
        name -> Text,
        namespace -> Text,
        description -> Text,
        status -> Text,
        type_id -> Text,
        domain_id -> Text,
        created_at -> Timestamp,
        members_revision -> BigInt,
    }
}

diesel::table! {
    data_product_members (data_product_id, is_group, name) {
        data_product_id -> Text,
        is_group -> Bool,
        name -> Text,
    }
}

diesel::table! {
    people (id) {
        id -> Text,
        address -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> Text,
        name -> Text,
        hash -> Text,
        role -> Text,
        data_product_id -> Nullable<Text>,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    platforms (id) {
        id -> Text,
        key -> Text,
        name -> Text,
    }
}

diesel::table! {
    platform_services (id) {
        id -> Text,
        platform_id -> Text,
        plugin -> Text,
        table_name -> Text,
        name -> Text,
        result_template -> Nullable<Text>,
        technical_info_template -> Nullable<Text>,
    }
}

diesel::table! {
    platform_service_configurations (id) {
        id -> Text,
        service_id -> Text,
        options -> Text,
    }
}

diesel::table! {
    environments (id) {
        id -> Text,
        name -> Text,
        acronym -> Text,
        context -> Text,
        is_default -> Bool,
    }
}

diesel::table! {
    environment_platform_configurations (id) {
        id -> Text,
        environment_id -> Text,
        platform_id -> Text,
        config -> Text,
    }
}

diesel::table! {
    environment_service_configurations (id) {
        id -> Text,
        environment_id -> Text,
        service_id -> Text,
        config -> Text,
    }
}

diesel::table! {
    compatibility (id) {
        id -> Integer,
        wire_names -> Text,
    }
}

diesel::table! {
    configuration_revision (id) {
        id -> Integer,
        revision -> BigInt,
        tokens -> BigInt,
        sessions -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        hash -> Text,
        person -> Text,
        groups -> Text,
        groups_left_out -> Bool,
        subject -> Text,
        provider -> Text,
        browser -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        checked_at -> Timestamp,
        claimed_until -> Nullable<Timestamp>,
        retry_at -> Nullable<Timestamp>,
        sealed -> Nullable<Text>,
    }
}

diesel::table! {
    access (id) {
        id -> Integer,
        settings -> Text,
    }
}

diesel::table! {
    technical_assets (id) {
        id -> Text,
        data_product_id -> Text,
        service_id -> Text,
        configuration_type -> Text,
        name -> Text,
        description -> Text,
        namespace -> Text,
        status -> Text,
        technical_mapping -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        created_by -> Nullable<Text>,
        updated_by -> Nullable<Text>,
        configured_by -> Nullable<Text>,
        revision -> BigInt,
        found_by -> Text,
    }
}

diesel::table! {
    asset_results (asset_id) {
        asset_id -> Text,
        service_id -> Text,
        made_for -> Text,
        result -> Nullable<Text>,
        entry_name -> Nullable<Text>,
        places -> Nullable<BigInt>,
    }
}

diesel::table! {
    asset_places (asset_id, environment_id) {
        asset_id -> Text,
        environment_id -> Text,
        info -> Nullable<Text>,
        url -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::joinable!(data_products -> domains (domain_id));
diesel::joinable!(data_products -> data_product_types (type_id));
diesel::joinable!(technical_assets -> platform_services (service_id));
diesel::joinable!(tokens -> data_products (data_product_id));
diesel::joinable!(environment_platform_configurations -> platforms (platform_id));
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    technical_assets::service_id,
    asset_places::environment_id,
    asset_places::reason
);
diesel::joinable!(asset_results -> technical_assets (asset_id));
diesel::joinable!(asset_places -> technical_assets (asset_id));
diesel::joinable!(technical_assets -> data_products (data_product_id));
diesel::allow_tables_to_appear_in_same_query!(
    technical_assets,
    platform_services,
    asset_results,
    asset_places,
    data_products,
    environments
);
diesel::allow_tables_to_appear_in_same_query!(environment_platform_configurations, platforms);
diesel::allow_tables_to_appear_in_same_query!(environment_platform_configurations, environments);
diesel::allow_tables_to_appear_in_same_query!(environment_service_configurations, environments);
diesel::allow_tables_to_appear_in_same_query!(platform_services, platforms);
diesel::allow_tables_to_appear_in_same_query!(
    data_products,
    domains,
    data_product_types,
    data_product_members
);
diesel::allow_tables_to_appear_in_same_query!(tokens, data_products);
