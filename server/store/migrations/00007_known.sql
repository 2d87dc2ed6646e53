-- +goose Up
-- People who were seen outside of the shop: since when, and whether they follow it. Who has an account is known since that was made.
CREATE TABLE known (
    person  TEXT PRIMARY KEY,
    since   INTEGER NOT NULL, -- Unix time, ms
    follows INTEGER NOT NULL  -- 1 for who follows the shop
) STRICT;
CREATE INDEX known_followers ON known (follows) WHERE follows = 1;
