"""Episodes whose events or commits cannot be right, as CASES of hostile_files.py."""

import h5py
import numpy as np

from hostile_files import case, sound
from neurotape_h5 import *


@case(2, "'data_end' do not divide")
def events_that_go_back(path):
    with sound(path) as file:
        file["events/data_end"][:] = [8, 2]


@case(2, "'data_end' do not divide")
def events_beyond_their_data(path):
    with sound(path) as file:
        file["events/data_end"][:] = [8, 2**63]


@case(2, "event 0 are not JSON")
def events_that_are_not_json(path):
    with sound(path) as file:
        file["events/data"][:] = 0xFF


def unfinished(path, records, kind=COMMIT):
    with sound(path, status="recording") as file:
        if records is not None:
            table(file, "commits", records, kind)


@case(2, "101 rows were committed, but only 100 are there")
def commits_of_more_rows_than_there_are(path):
    unfinished(path, [(1, 0, 101, 0, 0.0)])


@case(2, "are not those that were committed")
def commits_of_negative_rows(path):
    unfinished(path, [(1, 0, -5, 0, 0.0)], [("number", "<u4"), ("stream", "<i4"), ("rows", "<i8"),
                                            ("open_rows_xxh3", "<u8"), ("wall_time", "<f8")])


@case(2, "not a table with a column 'rows'")
def commits_of_rows_that_are_no_numbers(path):
    unfinished(path, [(1, 0, float("nan"))], [("number", "<u4"), ("stream", "<u4"), ("rows", "<f8")])


@case(2, "'/commits' is not a table")
def commits_that_are_an_array(path):
    unfinished(path, None)
    with h5py.File(path, "r+") as file:
        file["commits"] = np.zeros((3, 3))


@case(0, "neural_states/v", "recording")
def commits_that_are_missing(path):
    unfinished(path, None)
