DROP TABLE glue_data_outputs;
