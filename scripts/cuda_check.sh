#!/usr/bin/env bash
# Builds the `cuda` feature on a machine without a GPU, a driver or a CUDA toolkit.
#
#   scripts/cuda_check.sh [FOLDER]
#
# FOLDER (a temporary one by default) receives nvcc and CUDA's libraries from PyPI (1.2 GB) and a
# stand-in for the driver's library; give it to keep them for the next time. The build itself goes to
# CARGO_TARGET_DIR, or to FOLDER/target. What is built can be linked and loaded; without a driver
# it stops at its first call to one. Settings: CUDA_COMPUTE_CAP (90), CUDAFORGE_THREADS (2).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder" && folder=$(cd "$folder" && pwd)
say() { printf '\n== %s\n' "$*"; }

toolkit() { # the newest lib/pythonX.Y/site-packages/nvidia/cu13 of the folder
  ls -d "$folder"/lib/python3.*/site-packages/nvidia/cu13 2>/dev/null | tail -1
}

if [ ! -x "$(toolkit)/bin/nvcc" ]; then
  say "nvcc and libraries from PyPI into $folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --no-deps nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 \
    nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 \
    nvidia-cublas==13.1.0.3 nvidia-curand==10.4.0.35 nvidia-cuda-nvrtc==13.0.88
fi
cuda=$(toolkit)
ln -sfn lib "$cuda/lib64"
for library in "$cuda"/lib/lib{cublas,cublasLt,cudart,curand,nvrtc}.so.*; do
  ln -sf "$(basename "$library")" "${library%%.so.*}.so"
done

# The linker wants a libcuda.so; the real one comes with a driver. Every function says "unknown error".
say "a stand-in for libcuda"
cargo fetch --quiet --manifest-path "$root/Cargo.toml"
driver=$(ls "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/cudarc-*/src/driver/sys/mod.rs | tail -1)
mkdir -p "$cuda/lib/stubs"
grep -hoE 'fn (cu[A-Z][A-Za-z0-9_]*)' "$driver" | sort -u |
  awk '{print "int " $2 "(void) { return 999; }"}' >"$folder/libcuda.c"
gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$cuda/lib/stubs/libcuda.so" "$folder/libcuda.c"

export CUDA_HOME=$cuda CUDA_PATH=$cuda NVCC=$cuda/bin/nvcc PATH=$cuda/bin:$PATH
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-90} CUDAFORGE_THREADS=${CUDAFORGE_THREADS:-2}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/target}

say "kernels as machine code: what is in the program is PTX, which only a driver would look at closely"
for source in "$root"/models/kernels/*.cu; do
  case $source in *_hopper.cu) architectures=sm_90a ;; *) architectures="sm_80 sm_90" ;; esac
  for architecture in $architectures; do
    "$NVCC" --cubin --std=c++17 -O3 --expt-relaxed-constexpr --gpu-architecture=$architecture \
      --resource-usage -o "$folder/kernels.cubin" "$source" 2>&1 |
      awk -v file="$(basename "$source") $architecture" '
        /error/ { print; exit 1 }
        / registers/ { kernels++ }
        /bytes spill stores/ { spilled += $5 }
        END { print file ": " kernels " kernels, " spilled + 0 " bytes spilled" }'
  done
done

say "cargo build --release --workspace --features harness/cuda"
(cd "$root" && cargo build --release --workspace --features harness/cuda)

say "the program without a driver: it must start, and fail where it looks for a device"
libraries=$cuda/lib:$cuda/lib/stubs
ln -sf libcuda.so "$cuda/lib/stubs/libcuda.so.1"
program() { (cd "$root" && LD_BIND_NOW=1 LD_LIBRARY_PATH=$libraries "$CARGO_TARGET_DIR/release/harness" "$@"); }
program --version
readelf -d "$CARGO_TARGET_DIR/release/harness" | grep NEEDED
few=(eval --models base --tasks flores200_he --limit 2 --quiet)
rm -rf "$folder/refused" "$folder/cpu"
code=0
program "${few[@]}" --device cuda --output "$folder/refused" || code=$?
[ $code -eq 6 ] || { echo "--device cuda without a driver ended with $code, not 6"; exit 1; }
program "${few[@]}" --device auto --output "$folder/cpu" >/dev/null
say "as it should: refused with exit code 6; --device auto took the CPU"
say "checked: it compiles for compute capability $CUDA_COMPUTE_CAP, links, and starts. Nothing was run on a GPU."
