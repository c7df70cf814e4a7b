"""An episode file with what every one has, made by h5py."""

import os

import h5py

from neurotape_h5 import episode_attributes, file_attributes

CONFIG = {"learning_rate": 1e-3, "layers": 3, "seed": 2**63 + 5, "verbose": True, "title": "Grüße",
          "network": {"size": 10000, "shape": [2, 3], "name": "é"}, "nothing": None, "digits": "17", "tags": ["a", "b"]}


def episode_file(directory, number=0, name=None, status="complete", **known):
    file = h5py.File(os.path.join(directory, name or f"episode_{number:04}.h5"), "w", libver="latest")
    file_attributes(file, config=CONFIG)
    episode_attributes(file, number, status, **known)
    return file
