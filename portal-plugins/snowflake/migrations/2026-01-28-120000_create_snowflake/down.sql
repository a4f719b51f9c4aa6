DROP TABLE snowflake_data_outputs;
