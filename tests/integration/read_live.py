"""Reads an episode that another process is writing. Prints the rows that `commits` names, and the sums of these.

    read_live.py <file> <stream> ...
"""
import json
import sys

import h5py

path, *streams = sys.argv[1:]
with h5py.File(path, "r", libver="latest", swmr=True) as file:
    committed = {int(record["stream"]): int(record["rows"]) for record in file["commits"][:]}
    seen = {"status": file.attrs["status"].decode()}
    for name in streams:
        group = file[name]
        rows = committed[int(group["timesteps"].attrs["stream_id"])]
        values = group["values"] if "values" in group else group["neuron_ids"]
        seen[name] = [rows, int(group["timesteps"][:rows].sum()), float(values[:rows].sum())]
    print(json.dumps(seen))
