DROP TABLE fixture_data_outputs;
