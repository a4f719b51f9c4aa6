ALTER TABLE parameter_store_parameters ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 30;
