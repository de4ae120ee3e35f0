# make test is all there is to know: it installs what is missing (as root) and
# checks everything. The other targets are parts of it, or build.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.1.4
NEEDS       = gcc redis-server chromium fonts-noto-core fonts-noto-color-emoji

.PHONY: test needs lint race build bench faults proof

test: needs lint race build

# needs installs what tests use beside Go, or says what is missing.
needs:
	@missing=""; for p in $(NEEDS); do \
		dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then \
		echo "installing$$missing"; apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing libc6-dev; \
	else \
		echo "missing:$$missing" >&2; echo "run: sudo apt-get install$$missing" >&2; exit 1; fi

lint:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted, run gofmt -w:" $$bad >&2; exit 1; }
	go vet ./...
	go vet -tags browser ./channels/web/... ./console ./cmd/workervoice
	go run $(STATICCHECK) ./...
	@if go run $(GOVULNCHECK) ./... >/tmp/govulncheck.$$$$ 2>&1; then echo "govulncheck: nothing found"; \
	elif grep -q 'Vulnerability #' /tmp/govulncheck.$$$$; then cat /tmp/govulncheck.$$$$; rm -f /tmp/govulncheck.$$$$; exit 1; \
	else echo "govulncheck: its list of vulnerabilities cannot be reached from here, so nothing was looked up"; fi; rm -f /tmp/govulncheck.$$$$

race:
	go test -race -timeout 20m -p 4 ./... # four at a time: those with servers wait more than they work
	go test -tags browser -timeout 20m -run Browser ./channels/web/... ./console ./cmd/workervoice

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/workervoice ./cmd/workervoice
	bin/workervoice check

bench: build
	bin/workervoice bench
	bin/workervoice bench -table -turns 12000 >bin/bench.md && mv bin/bench.md docs/bench.md
	go test -run '^$$' -bench . ./flows ./store/sqlite ./cmd/workervoice

# faults does its worst for some minutes: to real Redis servers, and to the
# networks to them and to the platforms; to SQLite with power cuts; it kills the
# bot on either, has a caseworker take over in the middle, and two processes
# answer many messages in their order. The same tests are part of test, fewer
# times each. proof does it for hours, as often as the README says.
faults: export FAULTS ?= 4
faults: export LINEAR ?= 50000
faults: export VOICE_TEST_CUTS ?= 1000
faults: export VOICE_RACES ?= 2000
faults: export VOICE_KILLS ?= 25
faults: export VOICE_TURNS ?= 50000
faults: needs
	go test -timeout 3h -v -run '^(TestBackend|TestCluster|TestKilled|TestInterrupted|TestFrozen|TestFailOver|TestFailOverLoses|TestNodeLost|TestNodeGone|TestNetwork|TestNetworkTwice|TestPartition|TestPartitionLoses|TestRewritten|TestRewrittenLoses|TestDiskFull|TestReplicatedDiskFull|TestMemoryFull|TestLinear|TestLinearSees)$$' ./store/redis
	go test -timeout 3h -v -run '^(TestLinear|TestPower.*|TestFaults)$$' ./store/sqlite
	go test -timeout 3h -v -run '^(TestNetwork|TestNetworkHarms|TestShuffled|TestShuffledHarms|TestWaitingInOrder|TestClockJumps|TestReminderAfterAJump|TestPartedOnce|TestTakeoverRace)$$' ./bot
	go test -timeout 3h -v -run '^(TestKill|TestOrder|TestOrderSees)$$' ./cmd/workervoice

proof:
	FAULTS=50 LINEAR=1000000 VOICE_TEST_CUTS=20000 VOICE_RACES=10000 VOICE_KILLS=1000 VOICE_TURNS=1000000 $(MAKE) faults
