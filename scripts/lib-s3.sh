# A throwaway S3 for tests: moto on the loopback address. Source this file after lib.sh, then call start_s3.
# shellcheck shell=bash

stop_s3() {
    if [ -n "${BACKBEAT_TEST_S3_PID:-}" ]; then
        kill "$BACKBEAT_TEST_S3_PID" 2>/dev/null || true
        unset BACKBEAT_TEST_S3_PID BACKBEAT_TEST_S3_URL
    fi
}

# Starts moto with an empty bucket and exports BACKBEAT_TEST_S3_URL; a URL that is set already is kept. The caller stops
# it with stop_s3.
start_s3() {
    if [ -n "${BACKBEAT_TEST_S3_URL:-}" ]; then
        return
    fi
    local python="${BACKBEAT_TEST_PYTHON:-.venv/bin/python}" port attempt waited
    for attempt in 1 2 3 4 5; do
        port=$((20000 + (RANDOM % 20000)))
        "$python" -m moto.server -H 127.0.0.1 -p "$port" >/dev/null 2>&1 &
        BACKBEAT_TEST_S3_PID=$!
        for waited in $(seq 150); do
            if curl -sf -o /dev/null -X PUT "http://127.0.0.1:$port/backbeat"; then
                local where="endpoint=http://127.0.0.1:$port&region=us-east-1"
                export BACKBEAT_TEST_S3_URL="s3://backbeat?$where&access_key_id=test&secret_access_key=test"
                return
            fi
            kill -0 "$BACKBEAT_TEST_S3_PID" 2>/dev/null || break
            sleep 0.2
        done
        echo "moto did not start on port $port after $waited looks, trying another (attempt $attempt)" >&2
        stop_s3
    done
    return 1
}
