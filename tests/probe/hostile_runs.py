"""Run directories that are damaged or hostile, as CASES of hostile_files.py."""

import os
import random
import shutil

import h5py
import numpy as np

import hostile_episodes  # noqa: F401: adds its cases
import hostile_files
import hostile_records
from hostile_files import case
from neurotape_h5 import *

def run_of(path, episodes=1):
    """A run with sound episodes; returns their folder."""
    folder = os.path.join(path, "episodes")
    os.makedirs(folder)
    with h5py.File(os.path.join(path, "setup.h5"), "w", libver="latest") as file:
        file_attributes(file)
    for number in range(episodes):
        hostile_files.sound(os.path.join(folder, f"episode_{number:04}.h5")).close()
    return folder


@case(2, "neither setup.h5 nor episodes/")
def directory_of_nothing(path):
    os.mkdir(path)


@case(2, "not a regular file", "1 complete")
def episode_that_is_a_directory(path):
    os.mkdir(os.path.join(run_of(path), "episode_0001.h5"))


@case(2, "not a regular file", "1 complete")
def episode_that_is_a_fifo(path):
    os.mkfifo(os.path.join(run_of(path), "episode_0001.h5"))


@case(2, "cannot open the file", "1 complete")
def episode_that_links_to_itself(path):
    os.symlink("episode_0001.h5", os.path.join(run_of(path), "episode_0001.h5"))


@case(2, "not an HDF5 file", "1 complete")
def episode_that_links_to_the_passwords(path):
    os.symlink("/etc/passwd", os.path.join(run_of(path), "episode_0001.h5"))


@case(2, "the file is empty", "2 complete")
def segment_of_nothing(path):
    open(os.path.join(run_of(path, 2), "segment_0001.h5"), "w").close()


@case(0, "1 complete")
def segment_whose_episodes_are_elsewhere(path):
    folder = run_of(path)
    with h5py.File(os.path.join(folder, "segment_0001.h5"), "w", libver="latest") as file:
        file_attributes(file)
        file["episode_0005"] = h5py.ExternalLink("/etc/passwd", "/")
        file["episode_0006"] = h5py.ExternalLink("episode_0000.h5", "/")
        file["episode_0007"] = h5py.SoftLink("/")
        file["episode_0008"] = np.zeros(3)


@case(2, "not a regular file")
def setup_that_is_a_fifo(path):
    run_of(path)
    os.remove(os.path.join(path, "setup.h5"))
    os.mkfifo(os.path.join(path, "setup.h5"))


@case(2, "setup.h5")
def setup_that_links_to_itself(path):
    run_of(path)
    os.remove(os.path.join(path, "setup.h5"))
    os.symlink("setup.h5", os.path.join(path, "setup.h5"))


@case(2, "does not have one value for each")
def network_of_unequal_columns(path):
    run_of(path)
    with h5py.File(os.path.join(path, "setup.h5"), "r+") as file:
        file["network_structure/neurons/a"] = np.arange(3)
        file["network_structure/neurons/b"] = np.arange(4)


@case(2, "cannot list the episodes")
def episodes_that_link_to_themselves(path):
    shutil.rmtree(run_of(path))
    os.symlink("episodes", os.path.join(path, "episodes"))


@case(0, "1 complete")
def index_that_links_out_of_the_run(path):
    run_of(path)
    with h5py.File(os.path.join(path, "experiment_data.h5"), "w", libver="latest") as file:
        file_attributes(file)
        file["episodes/episode_0000"] = h5py.ExternalLink("/etc/passwd", "/")
        file["episodes/episode_0001"] = h5py.ExternalLink("../../../other.h5", "/")
        table(file, "episodes_table", [(1, b"episodes/../../../etc/passwd", b"/", b"complete", 0, 9, 1, 10, 100, b"{}", 1, 1),
                                       (2, b"/etc/passwd", b"/../..", b"complete", 0, 9, 1, 10, 100, b"{}", 1, 1)], EPISODE)


@case(0, "1 complete")
def index_that_is_a_fifo(path):
    run_of(path)
    os.mkfifo(os.path.join(path, "experiment_data.h5"))


@case(0, "1 complete")
def lock_and_journal_that_are_fifos(path):
    run_of(path)
    for name in (".lock", ".journal"):
        os.mkfifo(os.path.join(path, name))


@case(0, "1 complete")
def lock_and_journal_that_link_to_themselves(path):
    run_of(path)
    for name in (".lock", ".journal"):
        os.symlink(name, os.path.join(path, name))


@case(0, "1 complete")
def journal_of_noise(path):
    run_of(path)
    with open(os.path.join(path, ".journal"), "wb") as file:
        file.write(b"\0NTJRNL1"[::-1] + random.Random(1).randbytes(5000))


@case(2, "'data_end' do not divide", "3 complete")
def one_bad_episode_among_sound_ones(path):
    folder = run_of(path, 2)
    hostile_records.events_that_go_back(os.path.join(folder, "episode_0005.h5"))


@case(2, "episode_0001.h5", "ended with signal 11", "2 complete, 1 unreadable")
def one_episode_that_kills_hdf5_among_sound_ones(path):
    folder = run_of(path, 3)
    hostile_files.text_that_kills_hdf5(os.path.join(folder, "episode_0001.h5"))


@case(2, "setup.h5", "ended with signal 11")
def setup_that_kills_hdf5(path):
    run_of(path)
    hostile_files.text_that_kills_hdf5(os.path.join(path, "setup.h5"))
