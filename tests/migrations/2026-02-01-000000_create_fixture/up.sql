CREATE TABLE fixture_data_outputs (
    id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    retention_days INTEGER,
    size_limit BIGINT NOT NULL,
    encrypted BOOLEAN NOT NULL,
    key_name TEXT NOT NULL,
    tags TEXT NOT NULL,
    tier TEXT,
    note TEXT,
    hidden_mark TEXT NOT NULL,
    full_name TEXT NOT NULL
);
