-- +goose Up
-- The ledger: one row per message, committed before the provider is called. See design: "Mail: what can be promised".
-- What becomes of a call becomes of all its messages, so an accepted call is one changed row: a message in state called
-- is as its call says, and the view messages reads the two together.
CREATE TABLE mail_calls (
    id          uuid PRIMARY KEY,
    attempt     uuid NOT NULL,            -- of the delivery that makes the call
    purpose     text NOT NULL,
    subject_id  bigint NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'closed')), -- closed: its messages say what is known
    accepted_at timestamptz,
    provider_id text                      -- X-Message-Id of the call
);
CREATE INDEX mail_calls_open ON mail_calls (purpose, subject_id) WHERE state = 'open';

CREATE TABLE ledger (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose      text NOT NULL CHECK (purpose IN ('opt_in', 'reminder', 'match', 'no_match', 'check_in', 'test', 'step', 'forward', 'join', 'met')),
    subject_id   bigint NOT NULL,          -- the round, the session of join and met, the enrollment of a step; for a test mail its own number
    person_id    bigint NOT NULL,          -- inserted from people, whose rows are never deleted: a foreign key would only cost
    step         int NOT NULL DEFAULT 0,   -- the group's number in mails about a group: a person may be in several
    state        text NOT NULL CHECK (state IN ('called', 'sent', 'failed', 'unknown', 'suppressed')),
    reason       text NOT NULL DEFAULT '', -- a code: why failed or suppressed
    call_id      uuid,                     -- the last call that carried it, or is about to
    resends      int NOT NULL DEFAULT 0,   -- how often an unknown row was sent again
    claimed_at   timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,              -- where its call does not say
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
    UNIQUE (subject_id, purpose, person_id, step) -- a mailing is one stretch of it
) WITH (fillfactor = 70); -- the provider's events update each row a few times, in place while there is room
CREATE INDEX ledger_person ON ledger (person_id);
CREATE INDEX ledger_doubt ON ledger (purpose, subject_id) WHERE state = 'unknown';

CREATE VIEW messages AS
SELECT l.id, l.purpose, l.subject_id, l.person_id, l.step,
    CASE WHEN l.state <> 'called' THEN l.state WHEN c.state = 'accepted' THEN 'sent' ELSE 'sending' END AS state,
    l.reason, l.resends, CASE WHEN l.state IN ('called', 'sent') THEN c.provider_id END AS provider_id, l.claimed_at,
    CASE WHEN l.state = 'called' THEN c.accepted_at ELSE l.sent_at END AS sent_at, l.unknown_at,
    l.processed_at, l.delivered_at, l.deferred_at, l.bounced_at, l.dropped_at, l.opened_at, l.clicked_at, l.spam_at, l.unsubscribed_at
FROM ledger l LEFT JOIN mail_calls c ON c.id = l.call_id;

-- +goose Down
DROP VIEW messages;
DROP TABLE ledger, mail_calls;
