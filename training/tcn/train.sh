#!/bin/sh
# Makes models/tcn from the drum data pack: train.sh DATA SUITE_MAKER WORK [STEPS]
# DATA is the folder with oneshots.csv, SUITE_MAKER the suite script beside the judges, WORK an empty folder for some
# 12 GB of features and checkpoints. Run it again after a stop: what is finished stays, training goes on from its last
# checkpoint. Five hours on two cores, of which one renders beside the training. Settings by environment:
#   TIERS="1"         leaves out what only a compiler vouches for
#   FROM=model.onnx   trains on from a shipped model instead of from nothing, and takes the middle of both
#   FAR=.25           share of made kits that are far from any recording, .6 where nothing is said
#   SIZE=2            renders two per cent of everything, to see whether all steps work
#   OUT, VERSION      the folder and the version of the model
set -eu
data=$1 maker=$2 work=$3 steps=${4:-3600}
here=$(cd "$(dirname "$0")" && pwd)
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
tiers=${TIERS:-1 2} far=${FAR:-.6} from=${FROM:+$(realpath "$FROM")} out=$(realpath -m "${OUT:-$here/../../models/tcn}")
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
    "$python" kits.py --data "$data" --tiers $tiers --count "$(many "$2")" --seed "$1" --far "$far" --out "$work/kits$1"
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
# A set: the same playing and mixing on 100 kits that never existed, and a hundred rendered items. Each is heard for a part of the
# training only and two or three times over, so that no kit is learnt by heart.
each=110
hold=6
last=$((steps / each + hold))
kit_set() {
    kit=$((70 + $1))
    [ -e "$work/packs/mixed$1.npz" ] && return
    kits $kit 100
    once "items$1" render train $((12000 + $1 * 100)) 100 53 "$far"
    suite "played$1" train 9$kit 100 --kits-csv "$work/kits$kit/oneshots.csv" --kits-root "$work/kits$kit"
    suite "mixed$1" train 19$kit 70 --mix --kits-csv "$work/kits$kit/oneshots.csv" --kits-root "$work/kits$kit"
    rm -r "$work/kits$kit" "$work/played$1" "$work/mixed$1"
}
rm -f "$work/packs/stopped"
for set in $(seq 0 $((hold - 1))); do kit_set "$set"; done
suite val1 val 1 40
suite val2 val 2 40
suite val3 val 3 20 --mix
# There are three validation kits: thresholds are also chosen on what became of them, and on new items of training kits.
once val4 render val 0 150 11 0
once val5 render train 0 150 12 0
once backing "$python" backing.py --data "$data" --songs "$(many 660)" --out
(
    trap '[ $? = 0 ] || touch "$work/packs/stopped"' EXIT
    for set in $(seq $hold "$last"); do kit_set "$set"; done
) &
making=$!
trap 'kill $making 2>/dev/null || true' EXIT
set --
for pack in "$work"/packs/rendered?.npz "$work"/packs/train*.npz; do
    set -- "$@" "$pack:.03"
done
OMP_NUM_THREADS=${THREADS:-1} "$python" train.py --train "$@" \
    --passing "$work/packs/played#.npz:.34" "$work/packs/mixed#.npz:.25" "$work/packs/items#.npz:.14" --each $each --hold $hold --beat .2 \
    --backing "$work/packs/backing.npz" --val "$work/packs/val1.npz" --work "$work/run" --steps "$steps" ${from:+--from "$from"}
# shellcheck disable=SC2086
"$python" export.py --data "$data" --weights ${from:+"$work/run/start.pt"} "$work/run/best.pt" --val "$work"/packs/val?.npz --tiers $tiers \
    --version "${VERSION:-1}" --training "train.sh, $steps steps of 16 segments of 8 s" --out "$out"
