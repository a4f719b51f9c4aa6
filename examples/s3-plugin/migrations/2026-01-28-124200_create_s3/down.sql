DROP TABLE s3_data_outputs;
