# common.sh - where the test bed keeps its things; sourced by build, up, down, s3-up and s3-down.
#
#   $GRAPNEL_TESTBED        one folder for everything (default /var/tmp/grapnel-testbed)
#     cache/KEY/kubebox     the binary, KEY made from go.mod, go.sum and main.go
#     cache/postgres-*.tar  a root file system with PostgreSQL
#     bin/                  links to the binary: kubebox, kubectl
#     cache/s3-KEY/versitygw  the S3 server, KEY made from s3/go.mod and s3/go.sum
#     run/                  the running cluster: certificates, kubeconfig, logs, pids, data
#     s3/PORT/              an S3 server: buckets, users, keys, certificate, log, pid
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=${GRAPNEL_TESTBED:-/var/tmp/grapnel-testbed}
mkdir -p "$ROOT/cache" "$ROOT/bin" "$ROOT/run"
ROOT=$(cd "$ROOT" && pwd)
RUN=$ROOT/run
KEY=$(cd "$here" && cat go.mod go.sum main.go | sha256sum | cut -c1-16)
BOX=$ROOT/cache/$KEY/kubebox
S3_SERVER=$ROOT/cache/s3-$(cd "$here/s3" && cat go.mod go.sum | sha256sum | cut -c1-16)/versitygw
say() { printf 'testbed: %s\n' "$*"; }
die() { printf 'testbed: %s\n' "$*" >&2; exit 1; }
# A process that has ended stays a zombie until process 1 reaps it, which can take seconds.
lives() { { grep -q "^State:.[^ZX]" "/proc/$1/status"; } 2>/dev/null; }
# Only one of build, up and down at a time, and one of s3-up and s3-down; what they start must not inherit the
# lock (9>&-).
lock() { # lock [NAME]
  local file=$ROOT/lock${1:+-$1}
  exec 9>"$file"
  flock -n 9 || { say "another run holds $file; waiting"; flock -w 1800 9 || die "gave up waiting for $file"; }
}
# go_build FILE WHAT ARGUMENT...: go build in this folder, with a sign of life and a log beside the cache
go_build() {
  local file=$1 what=$2 log=$ROOT/cache/build-${1##*/}.log pid
  shift 2
  mkdir -p "$(dirname "$file")"
  SECONDS=0
  # Debian's Go, where there is no other; a module may need a newer one, which Go then gets as a module, too
  PATH=$PATH:/usr/lib/go-1.24/bin GOTOOLCHAIN=auto CGO_ENABLED=0 \
    go build -mod=readonly -trimpath -o "$file.new" "$@" > "$log" 2>&1 9>&- &
  pid=$!
  while lives $pid; do
    sleep 1
    (( SECONDS % 30 )) || say "still building, $SECONDS s"
  done
  wait $pid || { tail -20 "$log" >&2; die "building $what failed; its whole output is in $log"; }
  mv "$file.new" "$file"
  say "built $what in $SECONDS s"
}
