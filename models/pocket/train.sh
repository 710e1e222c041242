#!/bin/sh
# Trains the pocket model from nothing: tokenizer, training on dialogues written on the way, export to pocket.gguf.
#
#   models/pocket/train.sh OUT_FOLDER [options of pocket.train, such as --seed 1 --tokens 30e6 or --minutes 85]
#
# Needs Python 3.11 with: pip install torch==2.13.0+cpu numpy gguf tokenizers. The same command goes on from the last checkpoint.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
shift
python=${PYTHON:-python3}
export OMP_WAIT_POLICY=PASSIVE GOMP_SPINCOUNT=0
cd "$here"
[ -f "$out/tokenizer.json" ] || "$python" -m pocket.tokenizer "$out/tokenizer.json"
"$python" -m pocket.train --out "$out" --vocabulary "$out/tokenizer.json" "$@"
"$python" -m pocket.export "$out/checkpoint.pt" "$out/pocket.gguf" "$out/tokenizer.json"
echo "written: $out/pocket.gguf"
