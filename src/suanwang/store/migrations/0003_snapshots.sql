-- Snapshots of the engine's state in parts, and large values stored as they are: compressing them costs
-- more time in the one writer than it saves on disk.

CREATE TABLE suanwang.snapshot (
    index bigint,
    part  integer,
    data  bytea NOT NULL,
    PRIMARY KEY (index, part)
);

ALTER TABLE suanwang.snapshot ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE suanwang.event ALTER COLUMN record SET STORAGE EXTERNAL;
