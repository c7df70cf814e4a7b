"""What pandas and the csv module read in CSV files: table.py FILE..., one JSON object for all files."""

import csv
import json
import sys

import pandas as pd


def read(path):
    frame = pd.read_csv(path, float_precision="round_trip")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    exact = [[value.hex() if isinstance(value, float) else str(value) for value in frame[name].tolist()] for name in frame]
    return {"rows": rows, "dtypes": [str(kind) for kind in frame.dtypes], "exact": exact}


print(json.dumps({path: read(path) for path in sys.argv[1:]}))
