package server

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vitrine/server/reach"
	"vitrine/server/shop"
	"vitrine/server/store"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// secretOf is a key for one purpose, of 32 bytes (HKDF, RFC 5869).
func secretOf(ring *trust.Keyring, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, ring.Root, nil, "vitrine server: "+purpose, 32)
	if err != nil {
		panic(err) // the lengths are constants
	}
	return key
}

// bodyOf is where a letter's body is sealed.
func bodyOf(id string) trust.Field { return trust.Field{Table: "outbox", Row: id, Name: "body"} }

// post writes the e-mails. It implements trust.Post.
type post struct {
	db     *store.Store
	vault  *trust.Vault
	terms  shop.Terms
	safe   store.Safe
	origin string // of the pages
	public string // the same, "" if only this computer knows them
	links  shop.WithdrawalKeys
	nudge  func()
}

// note is a letter of trust's in the outbox, sealed.
type note struct {
	To     string            `json:"to"`
	Kind   trust.Letter      `json:"kind"`
	Fields map[string]string `json:"fields"`
}

// trusted begins the types of trust's letters.
const trusted = "trust."

// Post implements trust.Post.
func (p *post) Post(ctx context.Context, to string, kind trust.Letter, fields map[string]string) error {
	b, err := json.Marshal(note{to, kind, fields})
	if err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	l := reach.Letter{ID: rand.Text(), Kind: reach.ByMail, To: rand.Text(), Type: trusted + string(kind), Due: time.Now()}
	if l.Body, err = p.safe.Seal(ctx, bodyOf(l.ID), b); err != nil {
		return err
	}
	if err := p.db.AddLetter(ctx, l); err != nil {
		return err
	}
	p.nudge()
	return nil
}

// open makes of a letter what is sent.
func (p *post) open(ctx context.Context, l reach.Letter) ([]byte, error) {
	if l.Kind == reach.ByWebhook {
		return p.event(l)
	}
	var m reach.Mail
	var err error
	if strings.HasPrefix(l.Type, trusted) {
		m, err = p.note(ctx, l)
	} else {
		m, err = p.order(ctx, l)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// event is the body of an outgoing webhook: what happened, and the order as it was then, without its contact.
func (p *post) event(l reach.Letter) ([]byte, error) {
	return json.Marshal(struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}{l.Type, l.Body})
}

// words are the e-mails about who somebody is; {} stand for what a letter fills in.
var words = map[trust.Letter]struct{ subject, text string }{
	trust.LinkLetter: {"Your link to sign in", "Open this link in the browser in which you asked for it, within {minutes} minutes:\n\n{link}\n\n" +
		"If you did not ask for it, do nothing: without your browser it opens nothing.\n"},
	trust.InviteLetter:   {"You are invited", "You may now act as {role} in this shop. Sign in with this e-mail address:\n\n{link}\n"},
	trust.SecurityLetter: {"Your account was changed", "The way into your account was changed ({change}). If that was not you, sign in by a link and look:\n\n{link}\n"},
}

func (p *post) note(ctx context.Context, l reach.Letter) (m reach.Mail, err error) {
	var n note
	b, err := p.safe.Open(ctx, bodyOf(l.ID), l.Body)
	if err == nil {
		err = json.Unmarshal(b, &n)
	}
	if err != nil {
		return m, fmt.Errorf("open a letter: %w", err)
	}
	w, ok := words[n.Kind]
	if !ok {
		return m, fmt.Errorf("there are no words for %q", n.Kind)
	}
	where := p.origin + "/account"
	if token := n.Fields["token"]; token != "" {
		where += "#link=" + token // what follows # is sent to no server and stands in no log
	}
	text := strings.NewReplacer(
		"{link}", where, "{minutes}", n.Fields["minutes"], "{role}", n.Fields["role"], "{change}", strings.ReplaceAll(n.Fields["change"], "_", " "),
	).Replace(w.text)
	return reach.Mail{To: n.To, Subject: w.subject, Text: text}, nil
}

// order writes to the buyer of an order about it.
func (p *post) order(ctx context.Context, l reach.Letter) (m reach.Mail, err error) {
	var o wire.Order
	if err := json.Unmarshal(l.Body, &o); err != nil {
		return m, fmt.Errorf("read an order: %w", err)
	}
	c, err := p.contact(ctx, o.ID)
	if err != nil {
		return m, err
	}
	o.Contact = c
	m = reach.Mail{To: c.Email, Name: c.Address.Name}
	switch l.Type {
	case "order.paid":
		link, err := p.links.Link(p.public, o)
		if err != nil {
			return m, err
		}
		paper, err := p.terms.Receipt(o, "en", link)
		if err != nil {
			return m, err
		}
		m.Subject, m.Text, m.HTML = paper.Title, paper.Text, paper.HTML
	case "order.shipped":
		m.Subject = fmt.Sprintf("Order %d: on its way", o.Number)
		m.Text = fmt.Sprintf("Your order %d is on its way to you.\n%s", o.Number, parcel(o))
	case "order.delivered":
		m.Subject = fmt.Sprintf("Order %d: delivered", o.Number)
		m.Text = fmt.Sprintf("Your order %d has arrived.\n%s", o.Number, parcel(o))
		link, err := p.links.Link(p.public, o)
		if err != nil {
			return m, err
		}
		if link != "" && !o.Withdrawable.IsZero() {
			last := o.Withdrawable.Add(-time.Second).In(p.terms.Zone.In()) // its end is a midnight, which belongs to the day before
			m.Text += fmt.Sprintf("\nYou may withdraw from this purchase until %s, without giving a reason:\n%s\n", last.Format("2 January 2006"), link)
		}
	case "order.cancelled", "order.refunded":
		m.Subject = fmt.Sprintf("Order %d: money back", o.Number)
		m.Text = fmt.Sprintf("Of your order %d you get %s back, in the way in which you paid.\n", o.Number, o.Refunded)
		if o.Reason != "" {
			m.Text += fmt.Sprintf("\nThe shop says: %s\n", o.Reason)
		}
	default:
		return m, fmt.Errorf("there are no words for %q", l.Type)
	}
	if m.HTML == "" && p.public != "" { // the receipt is the order
		m.Text += fmt.Sprintf("\nAll your orders: %s/account\n", p.public)
	}
	return m, nil
}

// parcel is how to follow an order's parcel, a line each.
func parcel(o wire.Order) (text string) {
	if o.Carrier != "" {
		text += "Carrier: " + o.Carrier + "\n"
	}
	if o.Tracking != "" {
		text += "Tracking number: " + o.Tracking + "\n"
	}
	return text
}

// contact opens the contact of an order.
func (p *post) contact(ctx context.Context, id wire.OrderID) (*wire.Contact, error) {
	a, err := p.db.Ask(ctx, shop.Questions{Orders: []wire.OrderID{id}})
	if err != nil {
		return nil, err
	}
	if len(a.Orders) == 0 || a.Orders[0].Sealed == nil {
		return nil, wire.Errorf(wire.NotFound, "the order has no contact")
	}
	plain, err := p.vault.Open(ctx, a.Orders[0].Buyer, contactOf(id), a.Orders[0].Sealed)
	if err != nil {
		return nil, err
	}
	c := &wire.Contact{}
	return c, errors.Join(json.Unmarshal(plain, c))
}
