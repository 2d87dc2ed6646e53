package api

import (
	"encoding/json"
	"net/http"
	"time"

	"vitrine/server/insight"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// One address may send a report every so often, after a burst: so that nobody makes up a crowd. Players with an event channel need not
// come this way, and each reports for its own session only.
const (
	reportsEvery = 200 * time.Millisecond
	reportsBurst = 50
)

// telling adds the addresses of what viewers see.
func (e *edge) telling(mux *http.ServeMux) {
	e.reports = trust.NewLimiter(reportsEvery, reportsBurst)
	mux.Handle("/api/shows/{show}/truth", e.methods(methods{"GET": e.readTruth, "POST": e.takeStudio}, jsonType))
	mux.Handle("/api/shows/{show}/report", e.methods(methods{"POST": e.takeReport}, jsonType))
}

// readTruth tells those who run the show what its viewers see.
func (e *edge) readTruth(w http.ResponseWriter, r *http.Request) error {
	show, own, err := e.show(r)
	if err != nil {
		return err
	}
	if err := e.mayReport(w, r, own); err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, e.Truth.Truth(show.ID))
}

// mayReport lets in those with the show's token or an operator's, and sessions with the right to reports.
func (e *edge) mayReport(w http.ResponseWriter, r *http.Request, own Hash) error {
	if r.Header.Get("Authorization") != "" || e.Gate == nil {
		return e.runs(r, own)
	}
	v, err := e.visitor(w, r)
	if err != nil {
		return err
	}
	return trust.May(v.Visit, trust.ShowReport)
}

// runs lets in those with the show's token or an operator's.
func (e *edge) runs(r *http.Request, own Hash) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	if operator, err := e.isOperator(r.Context(), token); err != nil || operator || equal(own, token) {
		return err
	}
	return wrongToken()
}

// takeStudio takes what the show's studio says of itself, and answers with the truth.
func (e *edge) takeStudio(w http.ResponseWriter, r *http.Request) error {
	show, own, err := e.show(r)
	if err != nil {
		return err
	}
	if err := e.runs(r, own); err != nil {
		return err
	}
	var report wire.StudioReport
	if err := readJSON(w, r, &report); err != nil {
		return err
	}
	if err := report.Validate(); err != nil {
		return err
	}
	return answerJSON(w, http.StatusOK, e.Truth.Studio(show.ID, report))
}

// takeReport takes the report of a player without event channel. Fields that are not known come from newer pages.
func (e *edge) takeReport(w http.ResponseWriter, r *http.Request) error {
	network := trust.Caller{Address: e.caller(r).From}.Network()
	if wait := e.reports.Take(time.Now(), network); wait > 0 {
		return tooFast(wait)
	}
	show, _, err := e.openShow(r)
	if err != nil {
		return err
	}
	b, err := body(w, r, jsonType, maxJSON)
	if err != nil {
		return err
	}
	var p wire.PostedReport
	if err := json.Unmarshal(b, &p); err != nil {
		return wire.Errorf(wire.Invalid, "the body is not a report")
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if err := e.Truth.Player(show.ID, network+" "+p.Viewer, insight.Heard{Report: p.Report}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
