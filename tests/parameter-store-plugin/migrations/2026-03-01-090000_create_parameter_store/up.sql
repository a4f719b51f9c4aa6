CREATE TABLE parameter_store_parameters (
    id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    parameter TEXT NOT NULL,
    kind TEXT NOT NULL,
    kms_key TEXT,
    tier TEXT NOT NULL,
    overwrite BOOLEAN NOT NULL,
    labels TEXT NOT NULL
);
