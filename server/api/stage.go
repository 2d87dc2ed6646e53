package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/chat"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

// Stages are the stages of shows, as who stands on them and other servers reach them.
type Stages interface {
	// Pass is the token with which somebody sends once they are on a show's stage, for who is, or is on the way there; Forbidden for everybody else.
	Pass(ctx context.Context, show wire.ShowID, who wire.Alias) (wire.StagePass, error)
	// Admits reports why a token does not let media be sent from a place on a show's stage now.
	Admits(ctx context.Context, show wire.ShowID, spot wire.SpotID, token string) error
	// Peer is by what this server is known to others.
	Peer() wire.StagePeer
	// From is which of the servers that are trusted has signed a request with that body.
	From(r *http.Request, body []byte) (server string, err error)
	// Take takes letters of such a server, and names those that need not be sent again.
	Take(ctx context.Context, server string, letters []wire.StageLetter) (taken []string, err error)
	// Hosts are who can be called by a show's host; Known those of this server alone, for one of another server, whose friends are named.
	Hosts(ctx context.Context, show wire.ShowID, q string) (wire.BattleHosts, error)
	Known(ctx context.Context, by wire.BattleRoom, friends []wire.ShowID, q string) (wire.BattleHosts, error)
}

const (
	hostsPath = "/api/stage/hosts"
	// PeerHostsPath and LettersPath are where servers ask each other.
	PeerHostsPath, LettersPath = "/api/stage/peer/hosts", "/api/stage/letters"
	// maxLetters bounds what comes with a post of letters, in bytes.
	maxLetters = 512 << 10
)

// staging is what is done about stages beside the rooms. A pass is no operation of huma's, since a show's token may ask for one too.
func (e *edge) staging(mux *http.ServeMux) {
	path := "/api/shows/{show}/stage/pass"
	o := operation{method: http.MethodPost, path: path}
	e.described.OpenAPI().AddOperation(&huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: path, Extensions: map[string]any{actionKey: string(trust.StageStand)},
		Summary:    "A pass for who is on the stage of a show or on the way there, the token with which they send once they are on it",
		Parameters: []*huma.Param{{Name: "show", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses:  map[string]*huma.Response{"200": {Description: "OK"}, "default": {Description: "Error"}},
	})
	mux.Handle("POST "+path, e.methods(methods{http.MethodPost: e.stagePass}, ""))
	add(e, operation{method: "GET", path: hostsPath, action: trust.StageHosts, does: "Hosts who can be called to a battle now"}, e.hosts)
	add(e, operation{
		method: "GET", path: PeerHostsPath, action: trust.StageTell, does: "The same, for another server that is trusted and signs",
	}, e.peerHosts)
	add(e, operation{method: "GET", path: "/api/stage/peer", action: trust.SettingsManage, does: "By what this server is known to others that are to trust it"}, e.peer)
	add(e, operation{
		method: "POST", path: LettersPath, action: trust.StageTell, does: "Letters to stages, which another server that is trusted has signed",
		most: maxLetters, kind: anyType,
	}, e.letters)
}

// stagePass gives a pass to who is on stage.
func (e *edge) stagePass(w http.ResponseWriter, r *http.Request) error {
	v, err := e.guest(w, r)
	if err != nil {
		return err
	}
	if err := trust.May(v.Visit, trust.StageStand); err != nil {
		return err
	}
	show, _, err := e.openShow(r)
	if err != nil {
		return err
	}
	pass, err := e.Stages.Pass(r.Context(), show.ID, chat.AliasOf(show.ID, v.who(show).Person))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return answerJSON(w, http.StatusOK, pass)
}

// hosts finds who can be called. A studio asks for its own show.
func (e *edge) hosts(ctx context.Context, v *visitor, in *struct {
	Show wire.ShowID `query:"show" doc:"whose host asks"`
	Q    string      `query:"q" maxLength:"120" doc:"a part of a name or title"`
},
) (*reply[wire.BattleHosts], error) {
	show, err := v.about(in.Show)
	if err != nil {
		return nil, err
	}
	return replied(e.Stages.Hosts(ctx, show, in.Q))
}

func (e *edge) peerHosts(ctx context.Context, v *visitor, in *struct {
	Show    wire.ShowID   `query:"show"`
	Q       string        `query:"q" maxLength:"120"`
	Friends []wire.ShowID `query:"friend" maxItems:"100"`
},
) (*reply[wire.BattleHosts], error) {
	server, err := e.Stages.From(v.r, nil)
	if err != nil {
		return nil, err
	}
	return replied(e.Stages.Known(ctx, wire.BattleRoom{Show: in.Show, Server: server}, in.Friends, in.Q))
}

func (e *edge) peer(context.Context, *visitor, *struct{}) (*reply[wire.StagePeer], error) {
	return replied(e.Stages.Peer(), nil)
}

func (e *edge) letters(ctx context.Context, v *visitor, in *struct {
	RawBody []byte `contentType:"*/*"`
},
) (*reply[wire.StageTaken], error) {
	server, err := e.Stages.From(v.r, in.RawBody)
	if err != nil {
		return nil, err
	}
	var post wire.StagePost
	if err := readStrict(in.RawBody, &post); err != nil {
		return nil, err
	}
	if len(post.Letters) > wire.MaxPost {
		return nil, wire.Errorf(wire.Invalid, "a post has at most %d letters; this one has %d", wire.MaxPost, len(post.Letters))
	}
	taken, err := e.Stages.Take(ctx, server, post.Letters)
	return replied(wire.StageTaken{Taken: append([]string{}, taken...)}, err)
}

// beside parts a name of media: that of a show, and whose place on its stage it is; "" for the show's own media.
func beside(name string) (wire.ShowID, wire.SpotID) {
	show, spot, _ := strings.Cut(name, "~")
	return wire.ShowID(show), wire.SpotID(spot)
}

// isSpot says whether a place on a stage can be named so in media's names.
var isSpot = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`).MatchString

// seen is the show and the place on its stage that the request's address names.
func (p protocol) seen(r *http.Request) (wire.Show, Hash, wire.SpotID, error) {
	id, spot := beside(r.PathValue("show"))
	if id.Validate() != nil || strings.Contains(r.PathValue("show"), "~") && (p.Stages == nil || !isSpot(string(spot))) {
		return wire.Show{}, Hash{}, spot, wire.Errorf(wire.NotFound, "no show can have this name")
	}
	show, own, err := opened(p.Store.Show(r.Context(), id))
	return show, own, spot, err
}

// sender reports why who asks may not send: a show is sent with its own token, from a place on its stage with a pass.
func (p protocol) sender(r *http.Request, show wire.Show, own Hash, spot wire.SpotID) error {
	token, err := bearer(r)
	switch {
	case err != nil:
		return err
	case spot != "":
		_, pass, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		return p.Stages.Admits(r.Context(), show.ID, spot, strings.TrimSpace(pass))
	case !equal(token, own):
		return wrongToken()
	}
	return nil
}
