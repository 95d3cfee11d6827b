# Shared by the scripts beside this file: says what happens and installs what is missing. To be sourced by bash.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# Where cargo builds, and the executable that scripts/demo builds there.
built=${CARGO_TARGET_DIR:-target}
backbeat=$(realpath -m "$built/release/backbeat")

# step TEXT: announces a step.
step() {
    printf '\n== %s\n' "$1"
}

# need_packages PACKAGE...: installs the Debian packages among them that are missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    step "installing Debian packages: ${missing[*]}"
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_rust: cargo, with a sentence where it is missing.
need_rust() {
    export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    command -v cargo >/dev/null && return 0
    echo "Rust is missing: install it with rustup, then run this again." >&2
    exit 4
}

# need_python: a virtual environment in .venv with the packages of scripts/requirements.txt.
need_python() {
    need_packages python3-venv
    local stamp=.venv/requirements.sha256 wanted
    wanted=$(sha256sum scripts/requirements.txt)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
    step "installing the readers of our files (Python packages) into .venv"
    rm -rf .venv
    /usr/bin/python3 -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements.txt
    printf '%s' "$wanted" >"$stamp"
}

# need_nextest: the test runner, from its Python package where cargo does not have it.
need_nextest() {
    cargo nextest --version >/dev/null 2>&1 && return 0
    step "installing cargo-nextest"
    cargo install --quiet --locked cargo-nextest
}
