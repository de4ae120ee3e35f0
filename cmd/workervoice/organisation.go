package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"workervoice/cases"
)

// An organisationOrder says with whom an organisation may speak. A list that is
// nil stays as it is.
type organisationOrder struct {
	Org, Name                    string
	Speaks, Employers, Conflicts []string
}

// organisation makes an organisation, or says with whom it may speak, and
// prints how it then stands. It asks the program that runs on the same data
// folder, and works by itself where none does.
func organisation(ctx context.Context, c *config, fs *flag.FlagSet, args []string, _ io.Reader, out io.Writer) error {
	var o organisationOrder
	fs.StringVar(&o.Org, "of", string(home), "short name of the organisation, made if there is none such")
	fs.StringVar(&o.Name, "of-name", "", "what it is called, if it is made now")
	for name, to := range map[string]*[]string{"speaks": &o.Speaks, "employer": &o.Employers, "conflict": &o.Conflicts} {
		fs.Func(name, map[string]string{
			"speaks":   "a kind of `counterpart` that it may speak with (" + strings.Join(partyNames(), ", ") + "); may be given several times; empty: all",
			"employer": "`name` of an employer or agency that it may speak with, in each spelling and script that workers use; may be given several times; empty: all",
			"conflict": "`name` of an employer or agency of which it is not independent; may be given several times; empty: none",
		}[name], func(v string) error {
			if *to = append(slices.Clip(*to), strings.TrimSpace(v)); v == "" {
				*to = []string{}
			}
			return nil
		})
	}
	if err := c.parse(fs, args); err != nil {
		return err
	}
	return order(ctx, c, "organisation", o, out, (*system).standing)
}

// standing carries out an order.
func (s *system) standing(ctx context.Context, order organisationOrder, out io.Writer) error {
	id := cases.OrgID(strings.ToLower(strings.TrimSpace(order.Org)))
	var speaks []cases.Party
	for _, p := range order.Speaks {
		if !slices.Contains(cases.Parties, cases.Party(p)) {
			return fmt.Errorf("-speaks %s: there is no such counterpart: choose from %s", p, strings.Join(partyNames(), ", "))
		}
		speaks = append(speaks, cases.Party(p))
	}
	if err := s.organisation(ctx, id, order.Name); err != nil {
		return err
	}
	o, err := s.store.Organisation(ctx, id)
	if err != nil {
		return err
	}
	if order.Speaks != nil {
		o.Speaks = speaks
	}
	if order.Employers != nil {
		o.Employers = order.Employers
	}
	if order.Conflicts != nil {
		o.Conflicts = order.Conflicts
	}
	if order.Speaks != nil || order.Employers != nil || order.Conflicts != nil {
		if err := s.store.PutOrganisation(ctx, cases.Bot, o); err != nil {
			return err
		}
	}
	with := []string{"all"}
	if len(o.Speaks) > 0 {
		with = nil
		for _, p := range o.Speaks {
			with = append(with, string(p))
		}
	}
	_, err = fmt.Fprintf(out, "%s, %s\nspeaks with            %s\nemployers, agencies    %s\nnot independent of     %s\n",
		o.ID, o.Name, strings.Join(with, ", "), all(o.Employers, "all"), all(o.Conflicts, "none"))
	return err
}

func all(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, "; ")
}

func partyNames() (names []string) {
	for _, p := range cases.Parties {
		names = append(names, string(p))
	}
	return names
}
