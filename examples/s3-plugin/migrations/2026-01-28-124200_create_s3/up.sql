CREATE TABLE s3_data_outputs (
    id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    bucket TEXT NOT NULL,
    suffix TEXT NOT NULL,
    path TEXT NOT NULL
);
