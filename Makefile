# Vitrine. `make run` goes on air, `make test` proves it; README.md says the rest.

export GOFLAGS := -buildvcs=false -tags=migrated_fynedo,nolibopusfile
.PHONY: run test build lint bench shots setup clean

run: build
	@.ci/evening

build: setup
	@mkdir -p bin
	go build -o bin/vitrine-studio ./cmd/studio
	CGO_ENABLED=0 go build -o bin/vitrine-server ./cmd/server
	CGO_ENABLED=0 go build -o bin/vitrine-audience ./cmd/audience

setup:
	@.ci/setup build

# Tests run in two passes: everything, then what is concurrent once more under the race detector with the long soaks short.
test: setup
	@.ci/setup test
	@[ -d server/web/node_modules ] || npm ci --prefix server/web --no-audit --no-fund --silent
	$(MAKE) --no-print-directory build lint
	go test -timeout 20m ./...
	go test -timeout 20m -race -short ./capture/... ./studio ./studio/mix ./studio/publish ./studio/remote ./server ./server/live ./server/turn ./server/api ./app/...

lint:
	go vet ./...
	@out=$$(go tool gofumpt -l app assets capture cmd server studio); if [ -n "$$out" ]; then echo "not gofumpt'ed: $$out"; exit 1; fi
	go tool staticcheck ./...

bench: build
	@.ci/setup test
	@go test -run '^$$' -bench Evening -benchtime 1x -timeout 30m ./cmd | awk 'NF == 4 && $$2 + 0 == $$2 {print} /FAIL|panic/ {bad = 1; print > "/dev/stderr"} END {exit bad}'

# Fresh pictures for the README, from the real window and the real page.
shots: build
	@.ci/setup test
	go test -count=1 -run "Window" ./cmd -args -shots "$(CURDIR)/assets/shots"

clean:
	rm -rf bin .run
