-- +goose Up
-- The ledger: one row per message, committed before the provider is called. See design: "Mail: what can be promised".
CREATE TABLE messages (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose      text NOT NULL CHECK (purpose IN ('opt_in', 'reminder', 'match', 'no_match', 'check_in', 'test')),
    subject_id   bigint NOT NULL,          -- the round; for a test mail its own number
    person_id    bigint NOT NULL,          -- inserted from people, whose rows are never deleted: a foreign key would only cost
    step         int NOT NULL DEFAULT 0,
    state        text NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'unknown', 'suppressed')),
    reason       text NOT NULL DEFAULT '', -- a code: why failed or suppressed
    claim        uuid NOT NULL,            -- the attempt that owns a row in state sending
    resends      int NOT NULL DEFAULT 0,   -- how often an unknown row was sent again
    provider_id  text,                     -- X-Message-Id of the call
    claimed_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    unknown_at   timestamptz,              -- in doubt since; null also for a doubt that no further sending will end
    processed_at timestamptz,
    delivered_at timestamptz,
    deferred_at  timestamptz,
    bounced_at   timestamptz,
    dropped_at   timestamptz,
    opened_at    timestamptz,
    clicked_at   timestamptz,
    spam_at      timestamptz,
    unsubscribed_at timestamptz,
    UNIQUE (purpose, subject_id, person_id, step)
) WITH (fillfactor = 70); -- the provider's events update each row a few times, in place while there is room
CREATE INDEX messages_person ON messages (person_id);
CREATE INDEX messages_doubt ON messages (purpose, subject_id) WHERE state IN ('sending', 'unknown');

-- +goose Down
DROP TABLE messages;
