CREATE TABLE domains (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL
);

CREATE TABLE data_product_types (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    icon_key TEXT NOT NULL
);

CREATE TABLE data_products (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    namespace TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    type_id TEXT NOT NULL REFERENCES data_product_types (id),
    domain_id TEXT NOT NULL REFERENCES domains (id),
    created_at TIMESTAMP NOT NULL,
    -- Counts the changes of its members, so that concurrent edits do not overwrite each other.
    members_revision BIGINT NOT NULL DEFAULT 1
);

-- Who works on a data product: the addresses of people, and groups of theirs.
CREATE TABLE data_product_members (
    data_product_id TEXT NOT NULL REFERENCES data_products (id) ON DELETE CASCADE,
    is_group BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (data_product_id, is_group, name)
);

CREATE INDEX data_product_members_by_name ON data_product_members (is_group, name);

-- The ids of people who were here, or were named as members.
CREATE TABLE people (
    id TEXT PRIMARY KEY NOT NULL,
    address TEXT NOT NULL UNIQUE,
    created_at TIMESTAMP NOT NULL
);

-- What programs show to be known. The secret itself is stored nowhere: hash is its SHA-256.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    -- The data product that a member is a member of.
    data_product_id TEXT REFERENCES data_products (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    created_by TEXT,
    expires_at TIMESTAMP,
    last_used_at TIMESTAMP
);

-- People who have signed in. The secret in the cookie is stored nowhere: hash is its SHA-256.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL,
    -- What the provider said when it was last asked: a JSON list of texts.
    groups TEXT NOT NULL,
    groups_left_out BOOLEAN NOT NULL,
    -- Who the person is at which provider.
    subject TEXT NOT NULL,
    provider TEXT NOT NULL,
    browser TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    checked_at TIMESTAMP NOT NULL,
    -- Until when a server is about to ask the provider again; this end also tells its claim from others.
    claimed_until TIMESTAMP,
    -- When to ask it again after it could not be reached.
    retry_at TIMESTAMP,
    -- The refresh token and the ID token, encrypted.
    sealed TEXT
);

CREATE INDEX sessions_by_person ON sessions (person, seen_at);
CREATE INDEX sessions_by_use ON sessions (seen_at, id);

CREATE TABLE platforms (
    id TEXT PRIMARY KEY NOT NULL,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

-- A service is what one plugin brings; table_name is where the plugin keeps its data outputs, so
-- that they can be exported when the plugin is no longer linked. Templates are overrides: NULL means the plugin's own.
CREATE TABLE platform_services (
    id TEXT PRIMARY KEY NOT NULL,
    platform_id TEXT NOT NULL REFERENCES platforms (id),
    plugin TEXT NOT NULL UNIQUE,
    table_name TEXT NOT NULL,
    name TEXT NOT NULL,
    result_template TEXT,
    technical_info_template TEXT
);

-- The options that a service offers in forms: a JSON list of texts.
CREATE TABLE platform_service_configurations (
    id TEXT PRIMARY KEY NOT NULL,
    service_id TEXT NOT NULL UNIQUE REFERENCES platform_services (id) ON DELETE CASCADE,
    options TEXT NOT NULL
);

CREATE TABLE environments (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    acronym TEXT NOT NULL UNIQUE,
    context TEXT NOT NULL,
    is_default BOOLEAN NOT NULL
);

-- The values of a platform in an environment: a JSON object typed by the platform's plugins.
CREATE TABLE environment_platform_configurations (
    id TEXT PRIMARY KEY NOT NULL,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    platform_id TEXT NOT NULL REFERENCES platforms (id) ON DELETE CASCADE,
    config TEXT NOT NULL,
    UNIQUE (environment_id, platform_id)
);

-- The entries of a service in an environment: a JSON list typed by the service's plugin.
CREATE TABLE environment_service_configurations (
    id TEXT PRIMARY KEY NOT NULL,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    service_id TEXT NOT NULL REFERENCES platform_services (id) ON DELETE CASCADE,
    config TEXT NOT NULL,
    UNIQUE (environment_id, service_id)
);

-- What answers call plugins, for clients of another portal: no row, or one.
CREATE TABLE compatibility (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    wire_names TEXT NOT NULL
);

-- Who may do what, as a JSON object: no row while nobody has said it, or one.
CREATE TABLE access (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    settings TEXT NOT NULL
);

-- Counts the changes of all configuration above, and those of tokens and sessions by themselves, so
-- that servers notice each other's. A session that begins is no such change.
CREATE TABLE configuration_revision (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    revision BIGINT NOT NULL,
    tokens BIGINT NOT NULL,
    sessions BIGINT NOT NULL
);

INSERT INTO configuration_revision (id, revision, tokens, sessions) VALUES (1, 0, 0, 0);

-- configuration_type is the plugin's wire name when the asset was written; the configuration
-- itself is a row of the plugin's own table with the same id.
CREATE TABLE technical_assets (
    id TEXT PRIMARY KEY NOT NULL,
    data_product_id TEXT NOT NULL REFERENCES data_products (id) ON DELETE CASCADE,
    service_id TEXT NOT NULL REFERENCES platform_services (id),
    configuration_type TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    namespace TEXT NOT NULL,
    status TEXT NOT NULL,
    technical_mapping TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- The address of a person, or `token:` and the name of a token; NULL when nobody was known.
    created_by TEXT,
    updated_by TEXT,
    -- Who wrote its configuration, which is replaced whole: they do not approve it. A token counts as
    -- whoever created it.
    configured_by TEXT,
    -- Counts the changes of the asset, so that concurrent edits do not overwrite each other.
    revision BIGINT NOT NULL,
    -- The result and what it is in each environment, each once and on its own line. It follows from
    -- other tables, as asset_results does, and is here because a list is searched row by row.
    found_by TEXT NOT NULL DEFAULT '',
    UNIQUE (data_product_id, namespace)
);

-- Pages of a data product's assets are read in id order.
CREATE INDEX technical_assets_by_product ON technical_assets (data_product_id, id);

-- What assets are called: their result, and what they are in each environment or why they are
-- nowhere. All of it follows from other tables and is made anew when these change; made_for says for
-- which state of them it was made. It is here to be searched, filtered and compared.
CREATE TABLE asset_results (
    asset_id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    -- That of the asset, so that one index finds the results of a service.
    service_id TEXT NOT NULL REFERENCES platform_services (id) ON DELETE CASCADE,
    made_for TEXT NOT NULL,
    result TEXT,
    -- The name by which the asset looks for its entry in each environment.
    entry_name TEXT,
    -- In how many environments it has a place; NULL when it cannot be rendered.
    places BIGINT
);

CREATE INDEX asset_results_by_result ON asset_results (service_id, result, asset_id);
CREATE INDEX asset_results_by_entry_name ON asset_results (service_id, entry_name);

CREATE TABLE asset_places (
    asset_id TEXT NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    info TEXT,
    url TEXT,
    reason TEXT,
    PRIMARY KEY (asset_id, environment_id)
);

CREATE INDEX asset_places_that_lack ON asset_places (environment_id, asset_id) WHERE reason IS NOT NULL;
