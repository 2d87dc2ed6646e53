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
	"os"
	"path/filepath"
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
	script, err := bundle(src)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	replace := []string{"\n", "", "  ", ""}
	for _, f := range script {
		name := filepath.Base(f.Path)
		files[filepath.Join("assets", name)] = f.Contents
		stem, _, _ := strings.Cut(name, "-")
		replace = append(replace, "/assets/"+stem+filepath.Ext(name), "/assets/"+name)
	}
	for _, name := range []string{"index.html", "verify.html"} {
		page, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return err
		}
		files[name] = []byte(strings.NewReplacer(replace...).Replace(string(page)))
	}
	return write(out, files)
}

// bundle gives the scripts, the styles and the icon.
func bundle(src string) ([]api.OutputFile, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: src,
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: "main.tsx", OutputPath: "player"},
			{InputPath: "style.css", OutputPath: "style"},
			{InputPath: "proof.tsx", OutputPath: "proof"},
			{InputPath: "verify.css", OutputPath: "verify"},
			{InputPath: "icon.svg", OutputPath: "icon"},
		},
		Outdir:            "out",
		EntryNames:        "[name]-[hash]",
		Bundle:            true,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		Engines:           []api.Engine{{Name: api.EngineSafari, Version: "16.4"}},
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		Loader:            map[string]api.Loader{".svg": api.LoaderCopy},
		Define:            map[string]string{"process.env.NODE_ENV": `"production"`},
		TsconfigRaw:       "{}",
	})
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
