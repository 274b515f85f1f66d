-- sqlfluff:dialect:sqlite
-- The mail server's own file, SQLite: what became of each idempotency key, and which returned messages were taken.
CREATE TABLE IF NOT EXISTS mail (
    key TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('handed', 'sent', 'refused', 'deferred')),
    reply TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS returned (
    mark TEXT PRIMARY KEY,
    at REAL NOT NULL
) WITHOUT ROWID;
