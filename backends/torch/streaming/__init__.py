"""Rows that are read while they are trained on: files of Parquet and Arrow, and tar shards."""
