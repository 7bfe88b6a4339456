-- What attempts write to their streams, in parts as their agents send them.

CREATE TABLE suanwang.attempt_log (
    attempt text COLLATE "C",
    stream  text COLLATE "C",
    first   bigint,
    data    bytea NOT NULL,
    PRIMARY KEY (attempt, stream, first)
);
