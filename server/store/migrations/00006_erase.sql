-- +goose Up
-- By these a person's traces in rooms are found, to export and to erase them.
CREATE INDEX room_people ON room_records (key, show) WHERE kind IN ('person', 'gone');
CREATE INDEX room_votes_alias ON room_votes (alias, show);
