ALTER TABLE parameter_store_parameters DROP COLUMN retention_days;
