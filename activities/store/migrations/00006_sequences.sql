-- +goose Up
-- A user's mailbox: when it may send and how much. Its calendar is on the wall clock of its zone.
CREATE TABLE senders (
    user_id         bigint PRIMARY KEY REFERENCES users (id),
    address         text NOT NULL UNIQUE CHECK (address = lower(address)),
    name            text NOT NULL DEFAULT '',
    timezone        text NOT NULL,
    days            int[] NOT NULL DEFAULT '{1,2,3,4,5}', -- 0 is Sunday
    from_hour       int NOT NULL DEFAULT 9 CHECK (from_hour BETWEEN 0 AND 23),
    to_hour         int NOT NULL DEFAULT 18 CHECK (to_hour BETWEEN 1 AND 24),
    holiday_list_id bigint REFERENCES holiday_lists (id),
    per_hour        int NOT NULL DEFAULT 50 CHECK (per_hour > 0),
    per_day         int NOT NULL DEFAULT 400 CHECK (per_day > 0), -- in any 24 hours
    min_gap_s       int NOT NULL DEFAULT 0 CHECK (min_gap_s >= 0),
    ramp_since      date,
    ramp_first      int NOT NULL DEFAULT 0,
    ramp_step       int NOT NULL DEFAULT 0,
    per_domain      int NOT NULL DEFAULT 0 CHECK (per_domain >= 0),   -- a calendar day; 0: no cap
    per_company     int NOT NULL DEFAULT 0 CHECK (per_company >= 0),
    paused_at       timestamptz,
    paused_by       bigint REFERENCES api_keys (id),
    halted_at       timestamptz, -- too many of its mails bounced: no first steps until 24 h later
    deleted_at      timestamptz,
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (from_hour < to_hour)
);

CREATE TABLE sequences (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE,
    edition           int NOT NULL DEFAULT 1,        -- of the steps that a new batch gets
    safeguards        boolean NOT NULL DEFAULT true, -- refuse who has been in any sequence
    stop_on_click     boolean NOT NULL DEFAULT false,
    stop_on_meeting   boolean NOT NULL DEFAULT true,
    stop_on_company   boolean NOT NULL DEFAULT false, -- somebody of the same company replied
    unresponsive_days int NOT NULL DEFAULT 7 CHECK (unresponsive_days BETWEEN 0 AND 365),
    contact_from_hour int NOT NULL DEFAULT 0 CHECK (contact_from_hour BETWEEN 0 AND 23), -- on the wall clock of the contact
    contact_to_hour   int NOT NULL DEFAULT 24 CHECK (contact_to_hour BETWEEN 1 AND 24),
    archived_at       timestamptz,
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CHECK (contact_from_hour < contact_to_hour)
);

-- The steps of an edition never change: an edit of a sequence is a new edition.
CREATE TABLE sequence_steps (
    sequence_id   bigint NOT NULL REFERENCES sequences (id),
    edition       int NOT NULL,
    no            int NOT NULL CHECK (no > 0),
    kind          text NOT NULL CHECK (kind IN ('mail', 'task')),
    subject       text NOT NULL DEFAULT '',
    text          text NOT NULL DEFAULT '', -- of a task: what is to be done
    html          text NOT NULL DEFAULT '',
    thread        boolean NOT NULL DEFAULT false, -- a reply to the mail before it
    delay_days    int NOT NULL DEFAULT 0 CHECK (delay_days BETWEEN 0 AND 180), -- sending days after the real sending of the step before
    delay_minutes int NOT NULL DEFAULT 0 CHECK (delay_minutes BETWEEN 0 AND 1440),
    from_hour     int NOT NULL DEFAULT 0 CHECK (from_hour BETWEEN 0 AND 23), -- slots, on the sender's wall clock
    to_hour       int NOT NULL DEFAULT 24 CHECK (to_hour BETWEEN 1 AND 24),
    stale_hours   int NOT NULL DEFAULT 24 CHECK (stale_hours > 0),
    PRIMARY KEY (sequence_id, edition, no),
    CHECK (from_hour < to_hour)
);

-- People to be added to a sequence: a draft until it is engaged.
CREATE TABLE batches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence_id bigint NOT NULL REFERENCES sequences (id),
    edition     int NOT NULL,
    state       text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'engaging', 'engaged', 'discarded')),
    senders     text NOT NULL DEFAULT 'owners' CHECK (senders IN ('me', 'owners', 'selected')),
    sender_ids  bigint[] NOT NULL DEFAULT '{}', -- of me: one
    split       text NOT NULL DEFAULT 'even' CHECK (split IN ('even', 'random')),
    start       text NOT NULL DEFAULT 'next_slot' CHECK (start IN ('next_slot', 'at', 'at_once')),
    start_wall  timestamp,                       -- in timezone; of start at
    timezone    text NOT NULL DEFAULT 'UTC',
    per_hour    int NOT NULL DEFAULT 0 CHECK (per_hour >= 0), -- contacts begun, all senders together; 0: as soon as possible
    per_day     int NOT NULL DEFAULT 0 CHECK (per_day >= 0),
    authorized  boolean NOT NULL DEFAULT false,  -- the safeguards do not hold for this batch
    seed        bigint NOT NULL,
    engaged_at  timestamptz,
    ring_since  timestamptz,
    checked_at  timestamptz NOT NULL DEFAULT now(),
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CHECK ((start = 'at') = (start_wall IS NOT NULL))
);
CREATE INDEX batches_sequence ON batches (sequence_id);
CREATE INDEX batches_ring ON batches (ring_since) WHERE ring_since IS NOT NULL;
CREATE INDEX batches_engaging ON batches (checked_at) WHERE state = 'engaging';

CREATE TABLE batch_people (
    batch_id  bigint NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people (id),
    texts     jsonb NOT NULL DEFAULT '{}', -- by step: what was edited for this contact
    PRIMARY KEY (batch_id, person_id)
);

-- One person's way through a sequence. It is over when ended_at is set; a person has at most one that is not.
CREATE TABLE enrollments (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence_id  bigint NOT NULL REFERENCES sequences (id),
    edition      int NOT NULL,
    batch_id     bigint NOT NULL REFERENCES batches (id),
    person_id    bigint NOT NULL REFERENCES people (id),
    sender_id    bigint NOT NULL REFERENCES senders (user_id),
    state        text NOT NULL DEFAULT 'added' CHECK (state IN ('added', 'active', 'stopped', 'paused', 'replied', 'unresponsive',
                 'unsubscribed', 'blacklisted', 'bounced', 'error')),
    reason       text NOT NULL DEFAULT '',  -- a code: why in this state, or why the next mail was planned anew
    step         int NOT NULL DEFAULT 1,    -- the one to come, or waited for
    due_at       timestamptz,               -- when it acts next; null: waits to be rung
    paused_from  text,                      -- the state before the pause
    resume_at    timestamptz,               -- when a pause ends by itself
    by_key       bigint REFERENCES api_keys (id), -- who paused or stopped it, or reported that the contact is away
    by_way       text NOT NULL DEFAULT '' CHECK (by_way IN ('', 'contact', 'batch', 'sender', 'sequence')), -- what was picked for that
    last_sent_at timestamptz,
    texts        jsonb NOT NULL DEFAULT '{}',
    started_at   timestamptz,               -- its workflow was started
    ended_at     timestamptz,
    ring_since   timestamptz,
    checked_at   timestamptz NOT NULL DEFAULT now(),
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50); -- starting and stepping update each row, in place while there is room
CREATE UNIQUE INDEX enrollments_open ON enrollments (person_id) WHERE ended_at IS NULL;
CREATE INDEX enrollments_person ON enrollments (person_id);
CREATE INDEX enrollments_sequence ON enrollments (sequence_id, state);
CREATE INDEX enrollments_batch ON enrollments (batch_id, id);
CREATE INDEX enrollments_sender ON enrollments (sender_id) WHERE ended_at IS NULL;
CREATE INDEX enrollments_ring ON enrollments (ring_since) WHERE ring_since IS NOT NULL;
CREATE INDEX enrollments_checked ON enrollments (checked_at) WHERE ended_at IS NULL;

-- The one ledger of slots: reserved ahead, or claimed by a mail that went out. Whoever adds to a sender's slots holds its
-- row in senders, so no two planners can fill the same place.
CREATE TABLE slots (
    enrollment_id bigint NOT NULL REFERENCES enrollments (id),
    step          int NOT NULL,
    sender_id     bigint NOT NULL,
    at            timestamptz NOT NULL,            -- reserved: when it is to go; claimed: when it went
    claimed       boolean NOT NULL DEFAULT false,
    domain        text NOT NULL,
    company       text NOT NULL DEFAULT '',
    batch_id      bigint,                          -- of a first step: its batch, whose pace it counts against
    PRIMARY KEY (enrollment_id, step)
);
CREATE INDEX slots_sender ON slots (sender_id, at);
CREATE INDEX slots_batch ON slots (batch_id, at) WHERE batch_id IS NOT NULL;

CREATE TABLE tasks (
    enrollment_id bigint NOT NULL REFERENCES enrollments (id),
    step          int NOT NULL,
    edition       int NOT NULL, -- of the sequence, whose text says what is to be done
    user_id       bigint NOT NULL REFERENCES users (id),
    created_at    timestamptz NOT NULL DEFAULT now(),
    done_at       timestamptz,
    outcome       text CHECK (outcome IN ('done', 'skipped', 'dropped')), -- dropped: the enrollment ended
    PRIMARY KEY (enrollment_id, step),
    CHECK ((done_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX tasks_open ON tasks (user_id) WHERE done_at IS NULL;

-- What came back: a mail, or what an integration reported. Mails are forwarded to the sender.
CREATE TABLE replies (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enrollment_id bigint NOT NULL REFERENCES enrollments (id),
    key           text NOT NULL,       -- a mail's Message-ID, or the integration's own: the same is stored once
    kind          text NOT NULL CHECK (kind IN ('reply', 'out_of_office', 'negative', 'unsubscribe', 'bounce', 'meeting', 'click')),
    until_day     date,                -- out of office until
    subject       text NOT NULL DEFAULT '',
    text          text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL DEFAULT now(),
    forwarded_at  timestamptz,
    UNIQUE (enrollment_id, key)
);
CREATE INDEX replies_unforwarded ON replies (id) WHERE forwarded_at IS NULL;

-- +goose Down
DROP TABLE replies, tasks, slots, enrollments, batch_people, batches, sequence_steps, sequences, senders;
