#!/bin/sh
# Makes models/tcn from the drum data pack: train.sh DATA SUITE_MAKER WORK [STEPS]
# DATA is the folder with oneshots.csv, SUITE_MAKER the suite script beside the judges, WORK an empty folder for some
# 6 GB of features and checkpoints. Run it again after a stop: what is finished stays, training goes on from its last
# checkpoint. Four hours on two cores. Settings by environment:
#   TIERS="1"         leaves out what only a compiler vouches for
#   FROM=model.onnx   trains on from a shipped model instead of from nothing
#   SIZE=2            renders two per cent of everything, to see whether all steps work
#   OUT, VERSION      the folder and the version of the model
set -eu
data=$1 maker=$2 work=$3 steps=${4:-3600}
here=$(cd "$(dirname "$0")" && pwd)
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
tiers=${TIERS:-1 2} from=${FROM:+$(realpath "$FROM")} out=$(realpath -m "${OUT:-$here/../../models/tcn}")
mkdir -p "$work/packs"
data=$(realpath "$data") maker=$(realpath "$maker") work=$(realpath "$work")
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q -r "$here/requirements.txt"
python="$work/venv/bin/python"
cd "$here"

# many COUNT: how many of them at this SIZE.
many() { echo $((($1 * ${SIZE:-100} + 99) / 100)); }

# once NAME COMMAND...: writes packs/NAME.npz unless it is there.
once() {
    name=$1
    shift
    [ -e "$work/packs/$name.npz" ] && return
    "$@" "$work/packs/part.npz"
    mv "$work/packs/part.npz" "$work/packs/$name.npz"
}
render() { # SPLIT FIRST COUNT SEED OUT
    # shellcheck disable=SC2086
    "$python" render.py --data "$data" --tiers $tiers --split "$1" --first "$2" --count "$(many "$3")" --seed "$4" --far "$5" --out "$6"
}
kits() { # SEED COUNT
    [ -e "$work/kits$1/done" ] && return
    # shellcheck disable=SC2086
    "$python" kits.py --data "$data" --tiers $tiers --count "$(many "$2")" --seed "$1" --far .6 --out "$work/kits$1"
    touch "$work/kits$1/done"
}
suite() { # NAME SPLIT SEED COUNT [what else the suite maker takes]
    name=$1 split=$2 seed=$3 count=$(many "$4")
    shift 4
    [ -e "$work/packs/$name.npz" ] && return
    "$python" "$maker" --data "$data" --split "$split" --seed "$seed" --count "$count" --out "$work/$name" "$@"
    once "$name" "$python" pack.py "$work/$name"
}

for part in 0 1 2 3 4 5 6 7 8; do
    once "rendered$part" render train $((part * 700)) 700 3 .5
done
suite train901 train 901 200
suite train912 train 912 100 --mix
# The same playing and mixing on kits that never existed, each heard little.
for set in 61 62 63 64 65 66 67; do
    kits $set 100
    suite train9$set train 9$set 100 --kits-csv "$work/kits$set/oneshots.csv" --kits-root "$work/kits$set"
    suite train19$set train 19$set 70 --mix --kits-csv "$work/kits$set/oneshots.csv" --kits-root "$work/kits$set"
done
suite val1 val 1 40
suite val2 val 2 40
suite val3 val 3 20 --mix
# There are three validation kits: thresholds are also chosen on what became of them, and on new items of training kits.
once val4 render val 0 150 11 0
once val5 render train 0 150 12 0
once backing "$python" backing.py --data "$data" --songs "$(many 660)" --out
OMP_NUM_THREADS=${THREADS:-2} "$python" train.py --train "$work"/packs/rendered?.npz "$work"/packs/train*.npz \
    --backing "$work/packs/backing.npz" --val "$work/packs/val1.npz" --work "$work/run" --steps "$steps" ${from:+--from "$from"}
# shellcheck disable=SC2086
"$python" export.py --data "$data" --weights "$work/run/best.pt" --val "$work"/packs/val?.npz --tiers $tiers \
    --version "${VERSION:-1}" --training "train.sh, $steps steps of 16 segments of 8 s" --out "$out"
