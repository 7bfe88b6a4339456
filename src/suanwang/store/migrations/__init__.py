"""The steps of the database's schema, `NNNN_name.sql`, in order. A released step never changes."""
