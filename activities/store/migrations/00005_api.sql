-- +goose Up
CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    prefix       text NOT NULL UNIQUE,
    hash         bytea NOT NULL,            -- SHA-256 of the whole key
    name         text NOT NULL,
    scopes       text[] NOT NULL,
    user_id      bigint REFERENCES users (id),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

-- The first answer to an Idempotency-Key, replayed to every repetition for 24 hours.
CREATE TABLE idempotency (
    key_id       bigint NOT NULL REFERENCES api_keys (id),
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    status       int,                       -- null while the first request runs
    headers      jsonb,
    body         bytea,
    effective    boolean NOT NULL DEFAULT false, -- the first request has committed something: it is not run again
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- +goose Down
DROP TABLE idempotency, api_keys;
