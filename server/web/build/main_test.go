package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// web is the folder server/web as the test sees it.
const web = ".."

// TestMain brings the packages of the lock file, which sources and compiler are among, when they are not there.
func TestMain(m *testing.M) {
	if _, err := os.Stat(filepath.Join(web, "node_modules", ".package-lock.json")); err != nil {
		cmd := exec.Command("npm", "ci", "--ignore-scripts")
		cmd.Dir, cmd.Stderr = web, os.Stderr
		if err := cmd.Run(); err != nil {
			_, _ = os.Stderr.WriteString("npm ci in server/web: " + err.Error() + " (Debian: apt-get install nodejs npm)\n")
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func TestThe_committed_bundle_is_fresh(t *testing.T) {
	out := filepath.Join(t.TempDir(), "dist")
	if err := build(web, out); err != nil {
		t.Fatal(err)
	}
	built, committed := read(t, out), read(t, filepath.Join(web, "dist"))
	for name, b := range built {
		if !bytes.Equal(b, committed[name]) {
			t.Errorf("dist/%s is stale: run `go generate ./server/web` and commit", name)
		}
	}
	if len(committed) != len(built) {
		t.Errorf("dist holds %d files, the build makes %d", len(committed), len(built))
	}
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = os.ReadFile(filepath.Join(dir, name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestThe_lock_file_names_no_registry(t *testing.T) {
	lock, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), `"resolved"`) {
		t.Error("package-lock.json names where packages came from; make it anew with the committed .npmrc")
	}
}

func TestThe_sources_type_check(t *testing.T) {
	node(t, filepath.Join("node_modules", "typescript", "bin", "tsc"), "-p", ".")
}

func TestThe_unit_tests_of_the_page_pass(t *testing.T) {
	tests, err := filepath.Glob(filepath.Join(web, "src", "*.test.ts"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no unit tests found (%v)", err)
	}
	out := t.TempDir()
	result := api.Build(api.BuildOptions{
		EntryPoints: tests, Outdir: out, OutExtension: map[string]string{".js": ".mjs"},
		Bundle: true, Write: true, Format: api.FormatESModule, Platform: api.PlatformNode, Sourcemap: api.SourceMapInline, TsconfigRaw: "{}",
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors)
	}
	bundles, err := filepath.Glob(filepath.Join(out, "*.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	node(t, append([]string{"--enable-source-maps", "--test"}, bundles...)...)
}

// node runs Node in server/web and fails with what it printed.
func node(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("node", args...)
	cmd.Dir = web
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("node %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
