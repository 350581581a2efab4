-- +goose Up
CREATE TABLE rounds (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    program_id       bigint NOT NULL REFERENCES programs (id),
    schedule_id      bigint NOT NULL REFERENCES schedules (id),
    ordinal          int NOT NULL,
    phase            text NOT NULL DEFAULT 'planned' CHECK (phase IN
                     ('planned', 'open', 'matching', 'review', 'ready', 'sending', 'sent', 'closed', 'skipped', 'cancelled')),
    phase_reason     text NOT NULL DEFAULT '',    -- why skipped or cancelled: a code
    kind             text NOT NULL CHECK (kind IN ('automatic', 'review_first')),
    participation    text NOT NULL CHECK (participation IN ('ask', 'automatic')), -- as of opening
    review           boolean NOT NULL,
    at_deadline      text NOT NULL CHECK (at_deadline IN ('send', 'hold')),
    timezone         text NOT NULL,
    opt_in_wall      timestamp,
    match_wall       timestamp,
    opens_at         timestamptz NOT NULL,        -- opt-in instant, or when groups are made if there is no opt-in
    remind_at        timestamptz,
    answers_close_at timestamptz,                 -- null while undated
    match_at         timestamptz,                 -- null while undated
    check_in_at      timestamptz,
    opened_at        timestamptz,
    reminded_at      timestamptz,
    matched_at       timestamptz,
    sent_at          timestamptz,
    checked_in_at    timestamptz,
    closed_at        timestamptz,
    seed             bigint,                      -- of the matching, beside the engine that used it
    engine           text NOT NULL DEFAULT '',
    mode             text NOT NULL DEFAULT 'random', -- of the program as of matching: how the groups came about
    problem          bytea,                       -- what the engine was given as of matching: gzipped JSON lines, see store.writeProblem
    digest           bytea,                       -- SHA-256 of the groups the engine made, which a replay must make again
    review_seq       bigint NOT NULL DEFAULT 0,   -- version of the groups: one per saved edit
    repair_due       boolean NOT NULL DEFAULT false, -- somebody in a group left or declined after matching
    audience_due     boolean NOT NULL DEFAULT false, -- people changed while open: look for joiners
    looked_at        timestamptz,                 -- when the audience was last looked through for joiners
    invites_due      boolean NOT NULL DEFAULT false, -- members have been added whom no finished delivery of opt-ins has seen
    ring_since       timestamptz,
    checked_at       timestamptz NOT NULL DEFAULT now(), -- when reconcile last saw its workflow
    version          bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (schedule_id, ordinal)
);
CREATE INDEX rounds_program ON rounds (program_id, opens_at);
CREATE INDEX rounds_running ON rounds (phase) WHERE phase NOT IN ('closed', 'skipped', 'cancelled');
CREATE INDEX rounds_ring ON rounds (ring_since) WHERE ring_since IS NOT NULL;

-- Maintained, not counted: what a watcher of a round sees. version rises with every change.
CREATE TABLE round_counts (
    round_id   bigint PRIMARY KEY REFERENCES rounds (id),
    invited    int NOT NULL DEFAULT 0,
    sent       int NOT NULL DEFAULT 0,
    delivered  int NOT NULL DEFAULT 0,
    bounced    int NOT NULL DEFAULT 0,
    opted_in   int NOT NULL DEFAULT 0,
    declined   int NOT NULL DEFAULT 0,
    groups     int NOT NULL DEFAULT 0,
    version    bigint NOT NULL DEFAULT 0
);

-- A round fills the tables of its members and groups with 100,000 rows at once. They have no foreign keys, each of which
-- would be checked for every row: rounds and people are never deleted, and whoever writes holds the round's lock.
CREATE TABLE round_members (
    round_id       bigint NOT NULL,
    person_id      bigint NOT NULL,
    invited_at     timestamptz NOT NULL DEFAULT now(),
    answer         text CHECK (answer IN ('yes', 'no')),   -- null: no answer, which counts as no
    answered_at    timestamptz,
    answer_source  text CHECK (answer_source IN ('page', 'api', 'signal', 'automatic')),
    removed_at     timestamptz,                            -- left, snoozed, erased or taken out after joining
    unmatched      jsonb,                                  -- took part and is in no group: the engine's reason
    PRIMARY KEY (round_id, person_id)
);
CREATE INDEX round_members_person ON round_members (person_id);
CREATE INDEX round_members_unmatched ON round_members (round_id) WHERE unmatched IS NOT NULL;

-- Keys that integrations gave their answers: the same key of the same person is stored once.
CREATE TABLE answer_keys (
    round_id  bigint NOT NULL,
    person_id bigint NOT NULL,
    key       text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    PRIMARY KEY (round_id, person_id, key)
);

CREATE TABLE round_groups (
    round_id bigint NOT NULL,
    no       int NOT NULL,
    pinned   boolean NOT NULL DEFAULT false,
    odd      boolean NOT NULL DEFAULT false,
    score    jsonb NOT NULL,
    reasons  jsonb NOT NULL,
    PRIMARY KEY (round_id, no)
);
CREATE TABLE group_members (
    round_id  bigint NOT NULL,
    group_no  int NOT NULL,
    person_id bigint NOT NULL,
    receives  boolean NOT NULL DEFAULT false, -- of a mystery: from the other one, and must not know it
    PRIMARY KEY (round_id, group_no, person_id)
);
CREATE INDEX group_members_person ON group_members (round_id, person_id);

-- Every saved change of the groups, with what it replaced: undo reads it, the audit too.
CREATE TABLE round_edits (
    round_id bigint NOT NULL REFERENCES rounds (id),
    seq      bigint NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('swap', 'move', 'pin', 'unpin', 'forbid', 'allow', 'remove', 'regenerate', 'repair', 'undo')),
    detail   jsonb NOT NULL,
    before   jsonb NOT NULL,
    key_id   bigint,
    undone   boolean NOT NULL DEFAULT false,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (round_id, seq)
);
CREATE TABLE round_forbidden (
    round_id bigint NOT NULL REFERENCES rounds (id),
    a        bigint NOT NULL,
    b        bigint NOT NULL,
    PRIMARY KEY (round_id, a, b),
    CHECK (a < b)
);

CREATE TABLE check_ins (
    round_id    bigint NOT NULL REFERENCES rounds (id),
    person_id   bigint NOT NULL REFERENCES people (id),
    answer      text NOT NULL CHECK (answer IN ('yes', 'planned', 'no')),
    note        text NOT NULL DEFAULT '',
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (round_id, person_id)
);

-- +goose Down
DROP TABLE check_ins, round_forbidden, round_edits, group_members, round_groups, answer_keys, round_members, round_counts, rounds;
