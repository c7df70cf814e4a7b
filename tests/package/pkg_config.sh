#!/bin/sh
# Compiles and runs the consumer with what pkg-config says, and no other flag.
# usage: pkg_config.sh <compiler> <source> <prefix of the installed tree> <folder to build in>
set -eu
compiler=$1 source=$2 prefix=$3 folder=$4
file=$(find "$prefix" -name neurotape.pc)
PKG_CONFIG_PATH=$(dirname "$file")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir neurotape)
mkdir -p "$folder"
cd "$folder"
# Unquoted below: these are lists of flags.
# shellcheck disable=SC2046
"$compiler" -std=c++20 -c "$source" -o consumer.o $(pkg-config --cflags neurotape)
for mode in "" --static; do
  # shellcheck disable=SC2046
  "$compiler" consumer.o -o consumer $(pkg-config $mode --libs neurotape)
  LD_LIBRARY_PATH=$libdir ./consumer
done
