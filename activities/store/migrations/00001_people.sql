-- +goose Up
-- Users work with Rondo; people are written to and introduced. One person per e-mail address.
CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL UNIQUE CHECK (email = lower(email)),
    name       text NOT NULL DEFAULT '',
    timezone   text NOT NULL DEFAULT 'UTC',
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- An erased person keeps the row (histories hold its id) and nothing else: email is null, name and attributes are empty.
CREATE TABLE people (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email           text UNIQUE CHECK (email = lower(email)),
    email_domain    text GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED,
    name            text NOT NULL DEFAULT '',
    timezone        text NOT NULL DEFAULT '',
    owner_id        bigint REFERENCES users (id),
    attributes      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'erased')),
    inactive_reason text NOT NULL DEFAULT '' CHECK (inactive_reason IN ('', 'admin', 'unsubscribe', 'bounce', 'spam')),
    snoozed_until   timestamptz,
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((status = 'erased') = (email IS NULL))
);
CREATE INDEX people_domain ON people (email_domain);
-- The words of a name without case and accents, whatever the locale of the database: what people are found by.
CREATE FUNCTION name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_remove(string_to_array(lower(regexp_replace(
    regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g') COLLATE "und-x-icu",
    '[^[:alnum:]]+', ' ', 'g')), ' '), '');
CREATE INDEX people_name_words ON people USING gin (name_words(name));
CREATE INDEX people_owner ON people (owner_id);
CREATE INDEX people_snoozed ON people (snoozed_until) WHERE snoozed_until IS NOT NULL;

-- Keyed hashes of erased addresses, so that a later import of the same address is dropped silently.
CREATE TABLE erasures (
    address_hash bytea PRIMARY KEY,
    erased_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE lists (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE list_people (
    list_id   bigint NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
    person_id bigint NOT NULL REFERENCES people (id),
    added_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (list_id, person_id)
);
CREATE INDEX list_people_person ON list_people (person_id);

-- An entry stops every kind of mail. The address itself, or a domain with everything below it.
CREATE TABLE blacklist (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('address', 'domain')),
    value      text NOT NULL CHECK (value = lower(value)),
    origin     text NOT NULL CHECK (origin IN ('manual', 'unsubscribe', 'bounce', 'spam')),
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, value)
);

-- Why an entry that the person made themselves was removed: who consented, when, in what words.
CREATE TABLE consents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint REFERENCES people (id),
    entry_kind text NOT NULL,
    origin     text NOT NULL,
    evidence   text NOT NULL,
    key_id     bigint NOT NULL,
    at         timestamptz NOT NULL DEFAULT now()
);

-- Whom a person wants to meet or avoid; rank 1 is the strongest wish. Confidential: only the person and the engine see it.
CREATE TABLE wishes (
    person_id bigint NOT NULL REFERENCES people (id),
    other_id  bigint NOT NULL REFERENCES people (id),
    avoid     boolean NOT NULL,
    rank      int NOT NULL CHECK (rank >= 1),
    PRIMARY KEY (person_id, other_id),
    CHECK (person_id <> other_id)
);

-- +goose Down
DROP TABLE wishes, consents, blacklist, list_people, lists, erasures, people, users;
DROP FUNCTION name_words;
