package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/server/pictures"
	"vitrine/server/trust"
	"vitrine/server/wire"
)

const (
	imageType = "image/*"
	// pictureWithin is how long a picture may take to arrive, pictureMade to be made and kept from then on.
	pictureWithin, pictureMade = 2 * time.Minute, 3 * time.Minute
	// pictureFiles is how many files of pictures are in memory at most; pictureHops how many redirects lead to one elsewhere.
	pictureFiles, pictureHops = 4, 5
)

// gallery is the addresses of pictures. Files wait their turn before they are read.
type gallery struct {
	*edge
	turns  chan struct{}
	client *http.Client // to other servers, behind the guard
}

// picturing is what is done with pictures of products. Whoever knows the name of one may see it.
func (e *edge) picturing(mux *http.ServeMux) {
	g := &gallery{e, make(chan struct{}, pictureFiles), e.Outside.Client(pictureHops)}
	const path = "/api/pictures/{id}"
	add(e, operation{
		method: "PUT", path: path, action: trust.ProductsEdit, kind: anyType,
		does: "Keep a picture (JPEG, PNG, GIF or WebP, at most 20 MB) under the first 32 hexadecimal digits of its SHA-256",
	}, g.put)
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	e.described.OpenAPI().Paths[path].Put.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{imageType: {Schema: file}}}
	add(e, operation{
		method: "POST", path: "/api/pictures", action: trust.ProductsEdit, does: "Keep the picture that is at a web address, which this server fetches",
	}, g.fetch)
	mux.Handle("/pictures/{id}/{file}", e.methods(methods{http.MethodGet: g.show}, ""))
}

// turn waits until a file may be read, and gives it the time that it needs: more than other requests have.
func (g *gallery) turn(v *visitor) (done func(), err error) {
	select {
	case g.turns <- struct{}{}:
	case <-v.r.Context().Done():
		return nil, v.r.Context().Err()
	}
	done = func() { <-g.turns }
	control, now := http.NewResponseController(v.w), time.Now()
	if err := errors.Join(control.SetReadDeadline(now.Add(pictureWithin)), control.SetWriteDeadline(now.Add(pictureWithin+pictureMade))); err != nil {
		done()
		return nil, fmt.Errorf("give a picture its time: %w", err)
	}
	return done, nil
}

// put keeps a file that comes as the body. It is read here, so that what is too long is refused before it is taken.
func (g *gallery) put(ctx context.Context, v *visitor, in *struct {
	ID wire.PictureID `path:"id"`
},
) (*reply[wire.Picture], error) {
	if !strings.HasPrefix(v.r.Header.Get("Content-Type"), "image/") {
		return nil, wire.Errorf(wire.MediaType, "the body must be a picture, and say so: Content-Type: image/jpeg, image/png, image/gif or image/webp")
	}
	if v.r.ContentLength > pictures.MaxFile {
		return nil, pictures.TooLong()
	}
	done, err := g.turn(v)
	if err != nil {
		return nil, err
	}
	defer done()
	file, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, pictures.MaxFile))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, pictures.TooLong()
	case err != nil:
		return nil, wire.Errorf(wire.Invalid, "the picture could not be read to its end")
	case pictures.IDOf(file) != in.ID:
		return nil, wire.Errorf(wire.Invalid, "this is not the file that the address names: that is the first 32 hexadecimal digits of its SHA-256")
	}
	id, err := g.Pictures.Keep(ctx, file)
	return replied(wire.Picture{ID: id}, err)
}

// source is where a picture is.
type source struct {
	Source string `json:"source" doc:"web address of the file" maxLength:"2000" example:"https://cdn.example/lamp.jpg"`
}

// fetch keeps a file that is elsewhere.
func (g *gallery) fetch(ctx context.Context, v *visitor, in *struct{ Body source }) (*reply[wire.Picture], error) {
	if err := g.Outside.Check(in.Body.Source); err != nil {
		return nil, err
	}
	done, err := g.turn(v)
	if err != nil {
		return nil, err
	}
	defer done()
	file, err := pictures.Fetch(ctx, g.client, in.Body.Source)
	if err != nil {
		return nil, err
	}
	id, err := g.Pictures.Keep(ctx, file)
	return replied(wire.Picture{ID: id, Source: in.Body.Source}, err)
}

// show serves a picture. It never changes under its name, so it may be kept for ever; and it is public, so other sites may show it.
func (g *gallery) show(w http.ResponseWriter, r *http.Request) error {
	if wait := g.addresses.Take(g.Gate.Now(), trust.Caller{Address: g.caller(r).From}.Network()); wait > 0 {
		return tooFast(wait)
	}
	name, _ := strings.CutSuffix(r.PathValue("file"), ".jpg")
	width, err := strconv.Atoi(name)
	if err != nil || r.PathValue("file") != strconv.Itoa(width)+".jpg" {
		return wire.Errorf(wire.NotFound, "there is no such picture")
	}
	file, err := g.Pictures.Get(r.Context(), wire.PictureID(r.PathValue("id")), width)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, r.PathValue("id"), width))
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	return nil
}
