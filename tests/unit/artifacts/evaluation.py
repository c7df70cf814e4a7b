"""Judges the files of an evaluation with pandas and numpy: evaluation.py DIRECTORY CLASS_SET."""

import json
import os
import sys

import numpy as np
import pandas as pd


def read(name):
    with open(os.path.join(sys.argv[1], name), encoding="utf-8") as file:
        return json.load(file)["class_sets"][sys.argv[2]]


predictions = pd.read_csv(os.path.join(sys.argv[1], "predictions_eval.csv"), dtype={"true": str, "predicted": str, "file_id": str})
confusion, distribution = read("confusion_matrices.json"), read("class_distributions.json")
labels, counts = confusion["labels"], np.array(confusion["counts"])
table = pd.crosstab(predictions["true"], predictions["predicted"]).reindex(index=labels, columns=labels, fill_value=0)
faults = []
if not np.array_equal(table.to_numpy(), counts):
    faults.append(f"the predictions give {table.to_numpy().tolist()}, the file has {counts.tolist()}")
if distribution != {"labels": labels, "true": counts.sum(1).tolist(), "predicted": counts.sum(0).tolist()}:
    faults.append(f"distribution {distribution}")
if set(confusion) != {"labels", "counts", "predictions"}:
    faults.append(f"it stores {sorted(confusion)}: what follows from the counts is not stored")
with np.errstate(invalid="ignore"):
    precision = np.nan_to_num(np.diag(counts) / counts.sum(0))
    recall = np.nan_to_num(np.diag(counts) / counts.sum(1))
    f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
probabilities = predictions.filter(like="probability_")
print(json.dumps({"faults": faults, "rows": len(predictions), "precision": precision.tolist(), "recall": recall.tolist(),
                  "f1": f1.tolist(), "accuracy": float(np.trace(counts) / counts.sum()), "columns": list(predictions.columns),
                  "probabilities": probabilities.fillna(-1).to_numpy().tolist()}))
