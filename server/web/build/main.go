// Command build bundles the viewer's pages: server/web/src into server/web/dist, with esbuild's Go API. Only who changes the
// page runs it, after `npm ci` in server/web, with `go generate ./server/web`; its test keeps the committed dist honest.
//
// The output depends on nothing but the sources, the lock file and the pinned esbuild: no times, no paths, no licences of
// the machine, so that two builds are the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	dir := flag.String("web", ".", "the folder server/web, which holds src and node_modules")
	out := flag.String("out", "dist", "where to write the bundle; what was there is removed")
	flag.Parse()
	if err := build(*dir, *out); err != nil {
		fmt.Fprintln(os.Stderr, "build the page:", err)
		os.Exit(1)
	}
}

// build bundles dir/src into out: the pages and assets with the hash of their content in the name.
func build(dir, out string) error {
	src, err := filepath.Abs(filepath.Join(dir, "src"))
	if err != nil {
		return err
	}
	styles, err := bundle(src, api.BuildOptions{Loader: map[string]api.Loader{".svg": api.LoaderCopy}}, map[string]string{
		"style": "style.css", "shop": "shop.css", "stage": "stage.css", "verify": "verify.css", "plain": "plain.css", "desk": "staff.css", "icon": "icon.svg",
	})
	if err != nil {
		return err
	}
	define := map[string]string{"process.env.NODE_ENV": `"production"`}
	for _, f := range styles {
		name := filepath.Base(f.Path)
		for prefix, constant := range map[string]string{"shop-": "SHOP_STYLE", "stage-": "STAGE_STYLE"} {
			if strings.HasPrefix(name, prefix) {
				define[constant] = `"/assets/` + name + `"`
			}
		}
	}
	player, err := bundle(src, api.BuildOptions{Define: define, Splitting: true, ChunkNames: "[name]-[hash]"}, map[string]string{"player": "main.tsx"})
	if err != nil {
		return err
	}
	others, err := bundle(src, api.BuildOptions{Define: define}, map[string]string{"proof": "proof.tsx", "withdraw": "withdraw.tsx", "staff": "staff.tsx"})
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	replace := []string{"\n", "", "  ", ""}
	for _, f := range slices.Concat(styles, player, others) {
		name := filepath.Base(f.Path)
		files[filepath.Join("assets", name)] = f.Contents
		stem := name[:strings.LastIndex(name, "-")]
		replace = append(replace, "/assets/"+stem+filepath.Ext(name), "/assets/"+name)
		if stem == "player" {
			const script = `<script type="module" src="/assets/`
			replace = append(replace, script+"player.js", preloads(f.Contents)+script+name)
		}
	}
	for _, name := range []string{"index.html", "verify.html", "withdraw.html", "staff.html"} {
		page, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return err
		}
		files[name] = []byte(strings.NewReplacer(replace...).Replace(string(page)))
	}
	return write(out, files)
}

var imported = regexp.MustCompile(`from"\./(chunk-[A-Z0-9]+\.js)"`)

// preloads names the chunks without which a script cannot begin, so that they load beside it and not after it.
func preloads(script []byte) string {
	var links strings.Builder
	for _, m := range imported.FindAllSubmatch(script, -1) {
		fmt.Fprintf(&links, `<link rel="modulepreload" href="/assets/%s">`, m[1])
	}
	return links.String()
}

// bundle gives what the entries come to, which are sources by the names of their output. What the shop needs are chunks apart, which
// the player loads when they are wanted; what they share with it is another.
func bundle(src string, o api.BuildOptions, entries map[string]string) ([]api.OutputFile, error) {
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		o.EntryPointsAdvanced = append(o.EntryPointsAdvanced, api.EntryPoint{InputPath: entries[name], OutputPath: name})
	}
	o.AbsWorkingDir, o.Outdir, o.EntryNames, o.Bundle = src, "out", "[name]-[hash]", true
	o.MinifySyntax, o.MinifyWhitespace, o.MinifyIdentifiers = true, true, true
	o.Format, o.Target, o.Engines = api.FormatESModule, api.ES2022, []api.Engine{{Name: api.EngineSafari, Version: "16.4"}}
	o.JSX, o.JSXImportSource = api.JSXAutomatic, "preact"
	o.Charset, o.LegalComments, o.TsconfigRaw = api.CharsetUTF8, api.LegalCommentsNone, "{}"
	result := api.Build(o)
	var errs []error
	for _, m := range append(result.Errors, result.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		errs = append(errs, errors.New(where+m.Text))
	}
	return result.OutputFiles, errors.Join(errs...)
}

// write replaces the folder out by the files.
func write(out string, files map[string][]byte) error {
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
