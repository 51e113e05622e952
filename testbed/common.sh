# common.sh - where the test bed keeps its things; sourced by build, up and down.
#
#   $GRAPNEL_TESTBED        one folder for everything (default /var/tmp/grapnel-testbed)
#     cache/KEY/kubebox     the binary, KEY made from go.mod, go.sum and main.go
#     cache/postgres-*.tar  a root file system with PostgreSQL
#     bin/                  links to the binary: kubebox, kubectl
#     run/                  the running cluster: certificates, kubeconfig, logs, pids, data
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${GRAPNEL_TESTBED:-/var/tmp/grapnel-testbed}
mkdir -p "$ROOT/cache" "$ROOT/bin" "$ROOT/run"
ROOT=$(cd "$ROOT" && pwd)
RUN=$ROOT/run
KEY=$(cd "$here" && cat go.mod go.sum main.go | sha256sum | cut -c1-16)
BOX=$ROOT/cache/$KEY/kubebox
say() { printf 'testbed: %s\n' "$*"; }
die() { printf 'testbed: %s\n' "$*" >&2; exit 1; }
# A process that has ended stays a zombie until process 1 reaps it, which can take seconds.
lives() { { grep -q "^State:.[^ZX]" "/proc/$1/status"; } 2>/dev/null; }
# Only one of build, up and down at a time; what they start must not inherit the lock (9>&-).
lock() {
  exec 9>"$ROOT/lock"
  flock -n 9 || { say "another run holds $ROOT/lock; waiting"; flock -w 1800 9 || die "gave up waiting for $ROOT/lock"; }
}
