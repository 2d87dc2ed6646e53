# Vitrine. `make run` goes on air, `make test` proves it; README.md says the rest.

export GOFLAGS := -buildvcs=false -tags=migrated_fynedo,nolibopusfile
.PHONY: run test build lint bench bench-live bench-loss bench-uplink bench-stairs bench-effects bench-shop bench-room bench-stage prove-shop shots setup sql clean

run: build
	@.ci/evening

build: setup
	@mkdir -p bin
	go build -o bin/vitrine-studio ./cmd/studio
	CGO_ENABLED=0 go build -o bin/vitrine-server ./cmd/server
	CGO_ENABLED=0 go build -o bin/vitrine-audience ./cmd/audience

setup:
	@.ci/setup build
	@.ci/models build

# What turns text into shapes is not watched by the race detector: it takes half of the window's time there. Only packages without locks and
# atomics may stand here, or the linker takes their unwatched copies of generic ones for everybody's.
light := $(foreach p,github.com/go-text/typesetting/font/... github.com/go-text/typesetting/harfbuzz golang.org/x/image/vector,-gcflags=$(p)=-race=false)

# The packages whose tests take longest: they begin first, so that none is left to run alone.
long := ./server ./studio ./app

# Tests run in three passes: everything but the whole programs, these alone, because they have to keep time, and then what is concurrent once
# more under the race detector with the long soaks short. In the first and the last most tests wait most of the time, so that more packages run
# at once than there are processors. What has no goroutine at all, as capture/music, is not raced.
test: setup
	@.ci/setup test
	@.ci/models test
	@[ server/web/node_modules/.package-lock.json -nt server/web/package-lock.json ] || npm ci --prefix server/web --no-audit --no-fund --loglevel=error
	$(MAKE) --no-print-directory build lint
	go test -p 4 -timeout 30m $(long) ./server/web $$(go list ./... | grep -v '/cmd$$')
	go test -timeout 30m ./cmd
	go test -p 3 -timeout 30m -race $(light) -short $(long) ./capture ./capture/frame ./capture/rig ./capture/synthetic ./effects ./effects/plug ./studio/mix ./studio/publish ./studio/remote ./cmd/studio ./server/live ./server/turn ./server/bus ./server/chat ./server/moderation ./server/api ./server/shop ./server/pay ./server/trust ./server/reach ./server/insight ./server/pictures ./server/store ./app/...

lint:
	go vet ./...
	@out=$$(go tool gofumpt -l app assets capture cmd effects server studio); if [ -n "$$out" ]; then echo "not gofumpt'ed: $$out"; exit 1; fi
	go tool staticcheck ./...

# The figures of a benchmark: name, value, unit, goal. Why one failed or was skipped is said on standard error.
figures = go test -v -run '^$$' -bench $(1) -benchtime 1x -timeout $(2) $(or $(3),./cmd) | awk '/_test.go:[0-9]+:|FAIL|SKIP|panic/ {bad = 1; print > "/dev/stderr"; next} \
	NF == 4 && $$2 + 0 == $$2 && !/^Benchmark/ {print; fflush()} END {exit bad}'

bench: build
	@.ci/setup test
	@$(call figures,Evening,30m)
	@$(call figures,Kill,30m)

# What viewers cost the server, beside a stock one, and how many a core carries, in about 5 minutes. The figures want a machine
# of two cores that does nothing else.
bench-live: setup
	@.ci/setup test
	@$(call figures,Live,30m)

# What loss does to a viewer: 36 rows in about 40 minutes, as root. One row: go test -run '^$$' -bench Loss/down70_rtt80 ./cmd
bench-loss: setup
	@.ci/setup test
	@$(call figures,Loss,2h)

# What reaches the server over a lossy uplink, in about 6 minutes.
bench-uplink: setup
	@.ci/setup test
	@$(call figures,Uplink,30m)

# What narrow and changing links do to viewers, in about 3 minutes, as root.
bench-stairs: setup
	@.ci/setup test
	@$(call figures,Stairs,30m)

# What looks and voices cost, and an evening with all of it, in about 6 minutes.
bench-effects: build
	@.ci/setup test bench
	@.ci/models test
	@.ci/models bench
	@$(call figures,Effects,30m)

# How many reservations a second the shop decides, durably, beside pgbench of the same transaction, and how soon after a commit 300 viewers
# see it, in about 4 minutes.
bench-shop: setup
	@.ci/setup test
	@$(call figures,Shop,30m)
	@$(call figures,Seen,5m,./server/api)
	@go test -run '^$$' -bench Purchase -benchtime 10s ./server/api | awk 'NF == 4 && /^purchases/ {last = $$0} END {print last}'

# What a room of 2,000 and 5,000 WebSockets costs at 25 to 400 messages a second, beside gorilla's chat example, in about 6 minutes.
# The figures want a machine of two cores that does nothing else.
bench-room:
	@$(call figures,Room,30m,./server/api)

# What a whole stage of seventeen costs the server and brings to a page that decodes all of them, and what a studio needs that sends everything in
# one picture, in about 3 minutes.
bench-stage: setup
	@.ci/setup test
	@$(call figures,Stage,10m)

# The shop's promises over a million orders with faults, on SQLite and PostgreSQL in turn. It says how far it is; started again it
# goes on from there, until .run/prove-shop is removed.
prove-shop: setup
	@.ci/setup test
	@mkdir -p .run
	go test -v -count=1 -timeout 0 -run Million ./server/shop/prove -args -purchases 1000000 -notes "$(CURDIR)/.run/prove-shop"

# Fresh pictures for the README, from the real window and the real page.
shots: build
	@.ci/setup test
	@.ci/models test
	go test -count=1 -run "Window" ./cmd -args -shots "$(CURDIR)/assets/shots"

# Go code from the queries of server/store. The migrations are SQLite's text: sqlc reads them in PostgreSQL's words, by the rules of
# server/store/postgres.go.
sql:
	@rm -rf .run/schema && mkdir -p .run/schema
	@for f in server/store/migrations/*.sql; do \
		sed -E 's/\bINTEGER\b/BIGINT/g; s/\bBLOB\b/BYTEA/g; s/\) STRICT\b/)/g' $$f >.run/schema/$${f##*/}; done
	GOFLAGS= go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate -f server/store/sqlc.yaml
	@cd server/store && export LC_ALL=C && cat migrations/*.sql queries/*.sql sqlc.yaml sqlc/*.go | sha256sum >sqlc/fresh.sum

clean:
	rm -rf bin .run
