CREATE TABLE databricks_data_outputs (
    id TEXT PRIMARY KEY NOT NULL REFERENCES technical_assets (id) ON DELETE CASCADE,
    "catalog" TEXT NOT NULL,
    "schema" TEXT NOT NULL,
    access_granularity TEXT NOT NULL,
    "table" TEXT NOT NULL,
    bucket_identifier TEXT NOT NULL,
    catalog_path TEXT NOT NULL,
    table_path TEXT NOT NULL
);
