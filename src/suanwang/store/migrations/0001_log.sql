-- The log: events by index, the inputs that led to them, and the one row that says who leads.

CREATE TABLE suanwang.event (
    index  bigint PRIMARY KEY,
    record bytea NOT NULL
);

CREATE TABLE suanwang.input (
    id          text COLLATE "C" PRIMARY KEY,
    digest      bytea NOT NULL,
    first_index bigint NOT NULL,
    count       integer NOT NULL
);

CREATE TABLE suanwang.lead (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    bigint NOT NULL,
    size     bigint NOT NULL
);

INSERT INTO suanwang.lead (epoch, size) VALUES (0, 0);
