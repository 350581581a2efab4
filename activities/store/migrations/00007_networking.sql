-- +goose Up
-- Live events and their days. Networking sessions lie within them, tickets admit to all of them.
CREATE TABLE live_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    timezone   text NOT NULL,
    first_day  date NOT NULL,
    last_day   date NOT NULL CHECK (last_day >= first_day),
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ticket_types (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   bigint NOT NULL REFERENCES live_events (id),
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_id, name)
);

CREATE TABLE tickets (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     bigint NOT NULL REFERENCES live_events (id),
    person_id    bigint NOT NULL REFERENCES people (id),
    type_id      bigint NOT NULL REFERENCES ticket_types (id),
    display_name text NOT NULL DEFAULT '',   -- what the attendee wants to be called; '' is the person's name
    shown        text[],                     -- attributes that the attendee shows; null: all that the session allows
    revoked_at   timestamptz,
    version      bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_id, person_id)
);
CREATE INDEX tickets_person ON tickets (person_id);

CREATE TABLE networking_sessions (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id           bigint NOT NULL REFERENCES live_events (id),
    name               text NOT NULL,
    starts_wall        timestamp NOT NULL,   -- in the event's zone; the instants are derived
    ends_wall          timestamp NOT NULL,
    starts_at          timestamptz NOT NULL,
    ends_at            timestamptz NOT NULL CHECK (ends_at > starts_at),
    doors_open_s       int NOT NULL DEFAULT 0 CHECK (doors_open_s BETWEEN 0 AND 86400),
    phase              text NOT NULL DEFAULT 'planned' CHECK (phase IN ('planned', 'doors', 'open', 'ending', 'closed', 'cancelled')),
    paused_at          timestamptz,
    meeting_s          int NOT NULL DEFAULT 300 CHECK (meeting_s >= 60),
    extension          boolean NOT NULL DEFAULT true,
    rules              jsonb NOT NULL DEFAULT '{}', -- pairing.Rules
    visible_attributes text[] NOT NULL DEFAULT '{}',
    media_type         text NOT NULL DEFAULT '',    -- of the waiting media; '' is none
    bot_id             bigint REFERENCES people (id), -- of the bot partner, who takes part while its ticket is valid
    announcement       text NOT NULL DEFAULT '',
    announced_at       timestamptz,
    seed               bigint NOT NULL,      -- of every random choice of the lobby
    epoch              bigint NOT NULL DEFAULT 0, -- of the lobby's owner: an earlier one can change nothing
    seq                bigint NOT NULL DEFAULT 0, -- rises with every change that attendees see, in the order of commits
    meetings           int NOT NULL DEFAULT 0,    -- made so far
    mail_matches       boolean NOT NULL DEFAULT true, -- once closed, attendees are mailed whom they met
    invited_at         timestamptz,          -- when join mails were asked for last
    join_mailed_at     timestamptz,          -- the invited_at for which they have gone out
    met_mailed_at      timestamptz,          -- the lists of matches have gone out
    opened_at          timestamptz,
    ended_at           timestamptz,          -- no pairs after it; earlier than ends_at when closed by hand
    closed_at          timestamptz,
    ring_since         timestamptz,
    checked_at         timestamptz NOT NULL DEFAULT now(), -- when reconcile last saw its workflow
    version            bigint NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX networking_sessions_event ON networking_sessions (event_id);
CREATE INDEX networking_sessions_running ON networking_sessions (phase) WHERE phase NOT IN ('closed', 'cancelled');
CREATE UNIQUE INDEX networking_sessions_bot ON networking_sessions (bot_id) WHERE bot_id IS NOT NULL;
CREATE INDEX networking_sessions_ring ON networking_sessions (ring_since) WHERE ring_since IS NOT NULL;

CREATE TABLE waiting_media (
    session_id bigint PRIMARY KEY REFERENCES networking_sessions (id),
    content    bytea NOT NULL
);

-- Who has come to a session. Its lobby alone changes these rows while it runs; seq is the session's as of the change.
CREATE TABLE attendees (
    session_id   bigint NOT NULL REFERENCES networking_sessions (id),
    person_id    bigint NOT NULL REFERENCES people (id),
    state        text NOT NULL CHECK (state IN ('lobby', 'ready', 'meeting', 'away', 'exited', 'removed')),
    tab          text NOT NULL DEFAULT '', -- the newest; older ones are told so
    ready_at     timestamptz,              -- waits since, credit included
    credit_ms    bigint NOT NULL DEFAULT 0, -- of waiting that the next meeting owes
    relaxed      text[] NOT NULL DEFAULT '{}', -- rules that waiting has relaxed
    meeting_no   int,                      -- the open one
    last_no      int,                      -- the one before
    entered_at   timestamptz NOT NULL DEFAULT now(),
    seq          bigint NOT NULL,
    PRIMARY KEY (session_id, person_id)
) WITH (fillfactor = 70);
CREATE INDEX attendees_seq ON attendees (session_id, seq);

-- When a page of an attendee was last connected: written for all of an API instance at once, and not by the lobby.
CREATE TABLE presence (
    session_id bigint NOT NULL,
    person_id  bigint NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (session_id, person_id)
) WITH (fillfactor = 50);

-- What attendees, their pages' connections and organisers want of a lobby, committed before they are answered.
CREATE TABLE session_actions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL,
    person_id  bigint NOT NULL,
    key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 100),
    kind       text NOT NULL,
    meeting_no int NOT NULL DEFAULT 0,
    other_id   bigint NOT NULL DEFAULT 0,
    tab        text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied    boolean NOT NULL DEFAULT false,
    UNIQUE (session_id, person_id, key)
) WITH (fillfactor = 70);
CREATE INDEX session_actions_new ON session_actions (session_id) WHERE NOT applied;

CREATE TABLE meetings (
    session_id bigint NOT NULL REFERENCES networking_sessions (id),
    no         int NOT NULL,
    made_at    timestamptz NOT NULL,
    connect_by timestamptz NOT NULL,       -- without media of all by then it ends
    started_at timestamptz,                -- all had media
    ends_at    timestamptz,                -- known once started
    extended   boolean NOT NULL DEFAULT false,
    forced     boolean NOT NULL DEFAULT false, -- by an organiser
    relaxed    text[] NOT NULL DEFAULT '{}', -- rules that did not hold for it
    ended_at   timestamptz,
    reason     text NOT NULL DEFAULT '',   -- why it ended
    room_gone  boolean NOT NULL DEFAULT false, -- the room was deleted after the end
    PRIMARY KEY (session_id, no)
) WITH (fillfactor = 70);
CREATE INDEX meetings_rooms ON meetings (session_id) WHERE ended_at IS NOT NULL AND NOT room_gone;

CREATE TABLE meeting_members (
    session_id bigint NOT NULL,
    no         int NOT NULL,
    person_id  bigint NOT NULL,
    waited_ms  bigint NOT NULL,
    media_at   timestamptz,
    extend     text NOT NULL DEFAULT '' CHECK (extend IN ('', 'yes', 'no')),
    gone_at    timestamptz,                -- lost since; null: there
    open       boolean NOT NULL DEFAULT true,
    PRIMARY KEY (session_id, no, person_id),
    FOREIGN KEY (session_id, no) REFERENCES meetings (session_id, no)
) WITH (fillfactor = 70);
-- Nobody is in two meetings, whatever the session.
CREATE UNIQUE INDEX meeting_members_open ON meeting_members (person_id) WHERE open;
CREATE INDEX meeting_members_person ON meeting_members (person_id);

-- Two people who want to stay in touch: asked for by one, and mutual once accepted. For good, whatever the event.
CREATE TABLE connections (
    a            bigint NOT NULL REFERENCES people (id),
    b            bigint NOT NULL REFERENCES people (id),
    asked_by     bigint NOT NULL,
    session_id   bigint NOT NULL,
    no           int NOT NULL,
    asked_at     timestamptz NOT NULL DEFAULT now(),
    accepted_at  timestamptz,
    PRIMARY KEY (a, b),
    CHECK (a < b AND asked_by IN (a, b))
);
CREATE INDEX connections_b ON connections (b);
CREATE INDEX connections_session ON connections (session_id);

CREATE TABLE blocks (
    person_id bigint NOT NULL REFERENCES people (id),
    other_id  bigint NOT NULL REFERENCES people (id),
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, other_id),
    CHECK (person_id <> other_id)
);
CREATE INDEX blocks_other ON blocks (other_id);

CREATE TABLE reports (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES networking_sessions (id),
    no         int NOT NULL,
    person_id  bigint NOT NULL REFERENCES people (id), -- who reports
    other_id   bigint NOT NULL REFERENCES people (id),
    reason     text NOT NULL CHECK (reason IN ('harassment', 'inappropriate', 'spam', 'other')),
    text       text NOT NULL DEFAULT '',
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acted', 'dismissed')),
    at         timestamptz NOT NULL DEFAULT now(),
    version    bigint NOT NULL DEFAULT 1,
    UNIQUE (session_id, no, person_id, other_id)
);

-- +goose Down
DROP TABLE reports, blocks, connections, meeting_members, meetings, session_actions, presence, attendees, waiting_media,
    networking_sessions, tickets, ticket_types, live_events;
