# A throwaway PostgreSQL that takes encrypted connections only, with a certificate of its own making for "localhost".
# Prints its folder and port, and is gone when its input ends. Run from the project's root.
set -euo pipefail
source scripts/lib-postgres.sh
bin="$(postgres_bin)"
folder="$(mktemp -d)"
chmod 755 "$folder"
[ "$(id -u)" -ne 0 ] || chown postgres "$folder"
stop() {
  as_postgres "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
as_postgres "$bin/initdb" -D "$folder/data" -U backbeat --auth=trust --encoding=UTF8 --no-sync >/dev/null
as_postgres openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=a root of our own" \
  -keyout "$folder/root.key" -out "$folder/root.pem" 2>/dev/null
as_postgres openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" \
  -keyout "$folder/data/server.key" -out "$folder/server.csr" 2>/dev/null
printf 'subjectAltName=DNS:localhost\n' >"$folder/names"
as_postgres openssl x509 -req -in "$folder/server.csr" -CA "$folder/root.pem" -CAkey "$folder/root.key" -CAcreateserial \
  -days 2 -extfile "$folder/names" -out "$folder/data/server.crt" 2>/dev/null
as_postgres chmod 600 "$folder/data/server.key"
printf 'hostssl all all all trust\n' >"$folder/data/pg_hba.conf"
for _ in 1 2 3 4 5; do
  port=$((20000 + (RANDOM % 20000)))
  if as_postgres "$bin/pg_ctl" -D "$folder/data" -w -t 30 -s -l "$folder/log" \
    -o "-p $port -c ssl=on -c listen_addresses=localhost -c unix_socket_directories=$folder -c fsync=off" start >&2; then
    echo "$folder $port"
    cat >/dev/null
    exit
  fi
done
cat "$folder/log" >&2
exit 1
