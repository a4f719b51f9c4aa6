DROP TABLE redshift_data_outputs;
