# A throwaway PostgreSQL cluster for tests. Source this file, then call start_postgres.
#
# It listens on a free port of the loopback address only, runs as the user postgres when the caller is root (PostgreSQL
# refuses root), keeps its data in a temporary folder and is gone when the calling shell ends.
# shellcheck shell=bash

# The folder with initdb and pg_ctl; nothing when PostgreSQL is not installed.
postgres_bin() {
  local folder
  for folder in /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb 2>/dev/null || echo /none/initdb)")"; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ]; then
      echo "$folder"
      return
    fi
  done
}

# Runs a command as a user that PostgreSQL accepts.
as_postgres() {
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

stop_postgres() {
  if [ -n "${BACKBEAT_TEST_POSTGRES_DIR:-}" ]; then
    as_postgres "$BACKBEAT_TEST_POSTGRES_BIN/pg_ctl" -D "$BACKBEAT_TEST_POSTGRES_DIR/data" -m immediate -s stop || true
    rm -rf "$BACKBEAT_TEST_POSTGRES_DIR"
    unset BACKBEAT_TEST_POSTGRES_DIR BACKBEAT_TEST_POSTGRES_URL
  fi
}

# Starts the cluster and exports BACKBEAT_TEST_POSTGRES_URL; a URL that is set already is kept.
start_postgres() {
  if [ -n "${BACKBEAT_TEST_POSTGRES_URL:-}" ]; then
    return
  fi
  if [ -z "$(postgres_bin)" ]; then
    echo "installing PostgreSQL for the tests" >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends postgresql >/dev/null
  fi
  export BACKBEAT_TEST_POSTGRES_BIN
  BACKBEAT_TEST_POSTGRES_BIN="$(postgres_bin)"
  if [ -z "$BACKBEAT_TEST_POSTGRES_BIN" ]; then
    echo "PostgreSQL is not here and could not be installed" >&2
    return 1
  fi
  if [ "$(id -u)" -eq 0 ] && ! id postgres >/dev/null 2>&1; then
    useradd --system --no-create-home postgres
  fi
  export BACKBEAT_TEST_POSTGRES_DIR
  BACKBEAT_TEST_POSTGRES_DIR="$(mktemp -d)"
  chmod 755 "$BACKBEAT_TEST_POSTGRES_DIR"
  trap stop_postgres EXIT
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$BACKBEAT_TEST_POSTGRES_DIR"
  fi
  as_postgres "$BACKBEAT_TEST_POSTGRES_BIN/initdb" -D "$BACKBEAT_TEST_POSTGRES_DIR/data" -U backbeat --auth=trust \
    --encoding=UTF8 --no-sync >/dev/null
  local port attempt
  for attempt in 1 2 3 4 5; do
    port=$((20000 + (RANDOM % 20000)))
    # No fsync: the cluster does not outlive the tests.
    if as_postgres "$BACKBEAT_TEST_POSTGRES_BIN/pg_ctl" -D "$BACKBEAT_TEST_POSTGRES_DIR/data" -w -t 30 -s \
      -l "$BACKBEAT_TEST_POSTGRES_DIR/log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$BACKBEAT_TEST_POSTGRES_DIR -c fsync=off -c max_connections=200" \
      start; then
      export BACKBEAT_TEST_POSTGRES_URL="postgresql://backbeat@127.0.0.1:$port/postgres"
      return
    fi
    echo "port $port is taken, trying another (attempt $attempt)" >&2
  done
  cat "$BACKBEAT_TEST_POSTGRES_DIR/log" >&2
  return 1
}
