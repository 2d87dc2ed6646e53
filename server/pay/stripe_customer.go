package pay

import (
	"context"
	"fmt"
	"regexp"

	"github.com/stripe/stripe-go/v82"

	"vitrine/server/wire"
)

// Kept is a way to pay that a buyer agreed to keep at Stripe.
type Kept struct {
	Method string // for Charge.Method
	Label  string // for the buyer, "visa •••• 4242"
	// Month and Year are when a card ends; 0 for what does not.
	Month, Year int
}

// Customer makes a customer at Stripe for a buyer, who is known there by nothing but the given name; keep what it returns for
// Charge.Customer. The same buyer within a day is the same customer.
func (s *Stripe) Customer(ctx context.Context, buyer wire.PersonID) (string, error) {
	if err := wire.ValidName("a buyer", buyer); err != nil {
		return "", err
	}
	p := &stripe.CustomerCreateParams{Metadata: map[string]string{"person": string(buyer)}}
	p.SetIdempotencyKey("vitrine:customer:" + string(buyer))
	c, err := s.api.V1Customers.Create(ctx, p)
	if err != nil {
		return "", customerError(ctx, "make a customer", err)
	}
	return c.ID, nil
}

// stripeID keeps an address from naming something else than a customer or a way to pay.
var stripeID = regexp.MustCompile(`^[a-z]+_[A-Za-z0-9_]{1,90}$`)

func noCustomer() error { return wire.Errorf(wire.NotFound, "there is no such customer or way to pay") }

func customerError(ctx context.Context, tried string, err error) error {
	if err = stripeError(ctx, err); wire.CodeOf(err) == wire.NotFound {
		err = noCustomer()
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// Kept returns the customer's ways to pay, the newest first.
func (s *Stripe) Kept(ctx context.Context, customer string) ([]Kept, error) {
	if !stripeID.MatchString(customer) {
		return nil, noCustomer()
	}
	var all []Kept
	for m, err := range s.api.V1Customers.ListPaymentMethods(ctx, &stripe.CustomerListPaymentMethodsParams{Customer: stripe.String(customer)}) {
		if err != nil {
			return nil, customerError(ctx, "list ways to pay", err)
		}
		k := Kept{Method: m.ID, Label: string(m.Type)}
		if m.Card != nil {
			k.Label = fmt.Sprintf("%s •••• %s", m.Card.Brand, m.Card.Last4)
			k.Month, k.Year = int(m.Card.ExpMonth), int(m.Card.ExpYear)
		}
		all = append(all, k)
	}
	return all, nil
}

// Forget removes a way to pay. One that is not the customer's has code NotFound.
func (s *Stripe) Forget(ctx context.Context, customer, method string) error {
	if !stripeID.MatchString(customer) || !stripeID.MatchString(method) {
		return noCustomer()
	}
	_, err := s.api.V1Customers.RetrievePaymentMethod(ctx, method, &stripe.CustomerRetrievePaymentMethodParams{Customer: stripe.String(customer)})
	if err == nil {
		_, err = s.api.V1PaymentMethods.Detach(ctx, method, nil)
	}
	if err != nil {
		return customerError(ctx, "forget a way to pay", err)
	}
	return nil
}

// Erase removes a customer with all ways to pay. Stripe keeps the payments, as the law on accounts has it.
func (s *Stripe) Erase(ctx context.Context, customer string) error {
	if !stripeID.MatchString(customer) {
		return noCustomer()
	}
	if _, err := s.api.V1Customers.Delete(ctx, customer, nil); err != nil {
		return customerError(ctx, "erase a customer", err)
	}
	return nil
}
