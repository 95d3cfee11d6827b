#!/bin/sh
# Makes models/classic from the drum data pack: train.sh DATA SUITE_MAKER WORK
set -eu
data=$1 maker=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q -r "$here/requirements.txt"
python="$work/venv/bin/python"
cargo build --release --manifest-path "$root/Cargo.toml" -p listen --example describe --target-dir "$work/target"
"$python" "$here/render.py" --data "$data" --out "$work/rendered" --count 1500 --seed 1
"$python" "$maker" --data "$data" --split train --seed 900 --count 60 --out "$work/suite900"
"$python" "$maker" --data "$data" --split train --seed 901 --count 300 --out "$work/suite901"
"$python" "$maker" --data "$data" --split val --seed 1 --count 40 --out "$work/val"
"$python" "$here/train.py" --data "$data" --train "$work/rendered" "$work/suite900" "$work/suite901" --val "$work/val" \
    --describer "$work/target/release/examples/describe" --work "$work/described" --out "$root/models/classic"
