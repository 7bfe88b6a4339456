-- Papers beside the log, by the SHA-256 of their bytes; erased one by one.

CREATE TABLE suanwang.paper (
    digest bytea PRIMARY KEY,
    data   bytea NOT NULL
);
