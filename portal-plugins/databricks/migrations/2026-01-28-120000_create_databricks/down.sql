DROP TABLE databricks_data_outputs;
