-- +goose Up
-- Rooms whose stage goes on by itself, for a server that begins to look for them.
CREATE INDEX room_awake ON room_records (show) WHERE kind = 'awake';
