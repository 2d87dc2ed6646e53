package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vitrine/server/chat"
	"vitrine/server/store/sqlc"
	"vitrine/server/wire"
)

// RoomsOf implements chat.Storage.
func (s *Store) RoomsOf(ctx context.Context, alias func(wire.ShowID) wire.Alias) (list []wire.ShowID, err error) {
	shows, err := s.query.RoomShows(ctx)
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	var w rows
	for _, show := range shows {
		w = append(w, []any{show, alias(wire.ShowID(show))})
	}
	if len(w) == 0 {
		return nil, nil
	}
	text, err := w.text()
	if err != nil {
		return nil, err
	}
	found, err := s.query.RoomsOf(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("list the rooms of a person: %w", err)
	}
	return each(found, func(r sqlc.RoomsOfRow) wire.ShowID { return wire.ShowID(r.Show) }), nil
}

// likely makes a text what LIKE looks for.
var likely = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// about answers what is looked for by what it says.
func (s *Store) about(ctx context.Context, show wire.ShowID, q chat.Questions, a *chat.Answers) error {
	for _, what := range q.Holding {
		quoted, err := json.Marshal(what)
		if err != nil {
			return err
		}
		docs, err := s.query.RoomEventsOf(ctx, sqlc.RoomEventsOfParams{Show: string(show), Holds: "%" + likely.Replace(string(quoted[1:len(quoted)-1])) + "%"})
		if err != nil {
			return fmt.Errorf("read events of a person: %w", err)
		}
		events, err := eventsOf(docs)
		if err != nil {
			return err
		}
		a.Events = append(a.Events, events...) // one that holds two comes twice
	}
	for _, who := range q.VotesOf {
		found, err := s.query.RoomVotesOf(ctx, sqlc.RoomVotesOfParams{Show: string(show), Alias: string(who)})
		if err != nil {
			return fmt.Errorf("read votes of a person: %w", err)
		}
		for _, v := range found {
			a.Votes = append(a.Votes, chat.VoteRow{About: v.About, Alias: wire.Alias(v.Alias), Choice: int(v.Choice), At: v.At})
		}
	}
	return nil
}

// Forget implements chat.Storage.
func (s *Store) Forget(ctx context.Context, p wire.PersonID) error {
	if err := errors.Join(s.query.DropReporter(ctx, string(p)), s.query.ForgetKnown(ctx, string(p))); err != nil {
		return fmt.Errorf("forget a person's reports: %w", err)
	}
	return nil
}

// CoinLines implements chat.Storage.
func (s *Store) CoinLines(ctx context.Context, a chat.Account) ([]chat.CoinLine, error) {
	found, err := s.query.CoinLinesFor(ctx, string(a))
	if err != nil {
		return nil, fmt.Errorf("read the coins of an account: %w", err)
	}
	return each(found, func(r sqlc.CoinLinesForRow) chat.CoinLine {
		return chat.CoinLine{Transfer: r.Transfer, Account: a, Coins: r.Coins, At: r.At}
	}), nil
}

// redacted are the escalations that wait to be sent, without who is erased.
func (s *Store) redacted(ctx context.Context, b *chat.Batch) (list []sqlc.PutLetterBodyParams, err error) {
	if len(b.Erased) == 0 {
		return nil, nil
	}
	letters, err := s.query.RoomLetters(ctx, "room-"+string(b.Show)+"-%")
	if err != nil {
		return nil, fmt.Errorf("read escalations: %w", err)
	}
	for _, l := range letters {
		body, err := redactedLetter(l.Body, b.Erased)
		if err != nil {
			return nil, fmt.Errorf("redact an escalation: %w", err)
		}
		list = append(list, sqlc.PutLetterBodyParams{ID: l.ID, Body: body})
	}
	return list, nil
}

func redactedLetter(body string, erased []chat.ErasedRow) (string, error) {
	plain, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return "", err
	}
	var letter chat.Escalation
	if err := json.Unmarshal(plain, &letter); err != nil {
		return "", err
	}
	for _, e := range erased {
		letter.Redact(e.Erasure)
	}
	plain, err = json.Marshal(letter)
	return text(plain), err
}
