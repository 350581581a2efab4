-- +goose Up
CREATE TABLE programs (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name               text NOT NULL UNIQUE,
    audience           text NOT NULL DEFAULT '',   -- a filter over people; '' is everybody
    group_size         int NOT NULL DEFAULT 2 CHECK (group_size BETWEEN 2 AND 8),
    participation      text NOT NULL DEFAULT 'ask' CHECK (participation IN ('ask', 'automatic')),
    mode               text NOT NULL DEFAULT 'random' CHECK (mode IN ('random', 'cross_groups', 'composer', 'lottery', 'mystery')),
    leftover           text NOT NULL DEFAULT 'larger' CHECK (leftover IN ('larger', 'smaller', 'left_out')),
    seats              jsonb NOT NULL DEFAULT '{}', -- of a composer's group
    fixed              bigint[] NOT NULL DEFAULT '{}', -- people in a lottery's group besides those drawn
    rules              jsonb NOT NULL DEFAULT '[]', -- ranked matching rules, the first outranks the rest
    reminder           boolean NOT NULL DEFAULT true,
    sender_name        text NOT NULL DEFAULT '',
    visible_attributes text[] NOT NULL DEFAULT '{}',
    texts              jsonb NOT NULL DEFAULT '{}', -- Liquid, by purpose; a missing purpose uses the built-in text
    color              text NOT NULL,
    rounds_sent        int NOT NULL DEFAULT 0,      -- counts matches sent, so that "rounds ago" is a subtraction
    archived_at        timestamptz,
    version            bigint NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE program_leavers (
    program_id bigint NOT NULL REFERENCES programs (id),
    person_id  bigint NOT NULL REFERENCES people (id),
    left_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (program_id, person_id)
);

CREATE TABLE never_pairs (
    program_id bigint NOT NULL REFERENCES programs (id),
    a          bigint NOT NULL REFERENCES people (id),
    b          bigint NOT NULL REFERENCES people (id),
    PRIMARY KEY (program_id, a, b),
    CHECK (a < b)
);

-- Who met whom in a program, and how many of its rounds had been sent before their last (programs.rounds_sent).
CREATE TABLE pairs_met (
    program_id bigint NOT NULL, -- without a foreign key: it would be checked for every row of a round
    a          bigint NOT NULL,
    b          bigint NOT NULL,
    times      int NOT NULL,
    last_no    int NOT NULL,
    PRIMARY KEY (program_id, a, b),
    CHECK (a < b)
);

-- The fair odd-one-out ledger: how often a member was in the odd group or left out.
CREATE TABLE odd_ones (
    program_id bigint NOT NULL, -- without a foreign key: it would be checked for every row of a round
    person_id  bigint NOT NULL,
    times      int NOT NULL,
    last_no    int NOT NULL,
    PRIMARY KEY (program_id, person_id)
);

CREATE TABLE holiday_lists (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE holidays (
    list_id bigint NOT NULL REFERENCES holiday_lists (id) ON DELETE CASCADE,
    day     date NOT NULL,
    name    text NOT NULL,
    PRIMARY KEY (list_id, day)
);

-- Wall clocks are stored as such (timestamp without zone); instants are derived from them and the zone.
CREATE TABLE schedules (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    program_id      bigint NOT NULL REFERENCES programs (id),
    kind            text NOT NULL CHECK (kind IN ('automatic', 'review_first')),
    opt_in_wall     timestamp,           -- null: no opt-in (automatic participation, review_first)
    match_wall      timestamp,           -- null: undated (review_first until a date is set)
    anchor_wall     timestamp NOT NULL,  -- when the round of ordinal 0 begins
    timezone        text NOT NULL,
    every_weeks     int NOT NULL CHECK (every_weeks BETWEEN 0 AND 4), -- 0: once
    until_day       date,
    max_rounds      int CHECK (max_rounds > 0),
    review          boolean NOT NULL DEFAULT false, -- opt-in and review in one round
    answers_close_s int NOT NULL DEFAULT 86400 CHECK (answers_close_s >= 0), -- before the match wall clock; used with review
    at_deadline     text NOT NULL DEFAULT 'send' CHECK (at_deadline IN ('send', 'hold')),
    holiday_list_id bigint REFERENCES holiday_lists (id),
    on_holiday      text NOT NULL DEFAULT 'skip' CHECK (on_holiday IN ('skip', 'next_working_day')),
    next_ordinal    int NOT NULL DEFAULT 0,      -- the first occurrence that has no round yet
    ended_at        timestamptz,                 -- no further occurrence, or deleted
    ring_since      timestamptz,                 -- committed, and the workflow has not been rung yet
    checked_at      timestamptz NOT NULL DEFAULT now(), -- when reconcile last saw its workflow
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (until_day IS NULL OR max_rounds IS NULL)
);
CREATE INDEX schedules_program ON schedules (program_id);
CREATE INDEX schedules_ring ON schedules (ring_since) WHERE ring_since IS NOT NULL;

-- What was changed about one occurrence of a schedule.
CREATE TABLE occurrences (
    schedule_id bigint NOT NULL REFERENCES schedules (id),
    ordinal     int NOT NULL,
    change      text NOT NULL CHECK (change IN ('moved', 'skipped', 'cancelled')),
    opt_in_wall timestamp,
    match_wall  timestamp,
    PRIMARY KEY (schedule_id, ordinal)
);

-- +goose Down
DROP TABLE occurrences, schedules, holidays, holiday_lists, odd_ones, pairs_met, never_pairs, program_leavers, programs;
