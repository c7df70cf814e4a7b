"""Episodes whose file is sound HDF5, but whose contents cannot be right, as CASES of hostile_files.py."""

import os
import zlib

import h5py
import numpy as np

from hostile_files import case, sound
from neurotape_h5 import *


def replaced(file, name, **options):
    """The dataset again, made otherwise."""
    del file[name]
    return file.create_dataset(name, **options)


@case(2, "'format' does not say so")
def no_format(path):
    with sound(path) as file:
        del file.attrs["format"]


@case(2, "'format' does not say so")
def format_that_is_a_number(path):
    with sound(path) as file:
        file.attrs["format"] = 1.5


@case(2, "'format_version' is missing")
def format_version_that_is_text(path):
    with sound(path) as file:
        file.attrs["format_version"] = "1"


@case(2, "format version 99 is newer")
def format_of_the_future(path):
    with sound(path) as file:
        file.attrs["format_version"] = 99


@case(0, "neural_states/v", "spikes/e")
def attributes_of_wrong_types(path):
    with sound(path) as file:
        for name in ("status", "started", "ended", "dt", "dt_unit", "seed", "name"):
            file.attrs[name] = np.arange(6.0).reshape(2, 3)
        for name in ("every", "unit", "codec", "sorted", "population_size"):
            file["neural_states/v"].attrs[name] = np.array([(1, 2.0)], dtype=[("x", "i4"), ("y", "f8")])


@case(0, "neural_states/v", "spikes/e")
def no_attributes(path):
    with sound(path) as file:
        for name in set(file.attrs) - {"format", "format_version", "episode_id"}:
            del file.attrs[name]
        for group in ("neural_states/v", "spikes/e"):
            for name in list(file[group].attrs):
                del file[group].attrs[name]


@case(0, "neural_states/v")
def attribute_nested_deep(path):
    with sound(path) as file:
        del file.attrs["config"]
        text_attribute(file, "config", "[" * 60000 + "]" * 60000, ascii=True)
        text_attribute(file, "more", '{"a":' * 60000 + "1" + "}" * 60000, ascii=True)


@case(0, "neural_states/v")
def attribute_of_variable_length(path):
    with sound(path) as file:
        file.attrs["note"] = "h5py writes text like this"
        file.attrs["notes"] = ["a", "b"]


@case(0, "neural_states/v")
def names_that_are_not_utf8(path):
    with sound(path) as file:
        dense(file, b"neural_states/\xff\xfe\x80", rows(10, (), "float32"))
        file.attrs.create("trial", 1)
        h5py.h5a.rename(file.id, b"trial", b"\xc3\x28")


@case(0, "neural_states/v")
def names_with_terminal_codes(path):
    with sound(path) as file:
        dense(file, b"neural_states/\x1b[2Jcleared\n", rows(10, (), "float32"))


@case(2, "'values' is missing")
def no_values(path):
    with sound(path) as file:
        del file["neural_states/v/values"]


@case(0, "spikes/e")
def no_timesteps(path):
    with sound(path) as file:
        del file["neural_states/v/timesteps"]


@case(2, "its columns have 7 to 100 rows")
def columns_of_different_length(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", data=rows(7, (3,), "float32"))


@case(2, "timesteps are not one column of integers")
def timesteps_that_are_floats(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/timesteps", data=np.arange(100.0))


@case(2, "timesteps are not one column of integers")
def timesteps_in_two_dimensions(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/timesteps", data=np.zeros((100, 2), "i8"))


@case(2, "of 0 dimensions has no rows")
def values_without_dimensions(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", data=1.0)


@case(2, "of 20 dimensions")
def values_of_twenty_dimensions(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", shape=(100,) + (1,) * 19, dtype="f4")


@case(2, "its values are a compound")
def values_that_are_records(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", data=np.zeros(100, dtype=[("x", "i4"), ("y", "f8")]))


@case(2, "its values are of an unusual type")
def values_of_variable_length(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", shape=(100,), dtype=h5py.special_dtype(vlen=np.dtype("f4")))


@case(2, "lie in other files")
def values_in_another_file(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", shape=(100, 3), dtype="f4", external=[("/etc/passwd", 0, 1200)])


@case(2, "lie in other files")
def values_that_are_virtual(path):
    layout = h5py.VirtualLayout(shape=(100, 3), dtype="f4")
    layout[:] = h5py.VirtualSource("../../secret.h5", "values", shape=(100, 3))
    with sound(path) as file:
        del file["neural_states/v/values"]
        file.create_virtual_dataset("neural_states/v/values", layout)


@case(2, "larger than any file")
def values_of_more_bytes_than_there_are_numbers(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", shape=(100, 2**40, 2**24), dtype="f8", chunks=(1, 16, 16))


@case(2, "1125899906842624", "it was never written")
def values_of_petabytes_that_were_never_written(path):
    with sound(path) as file:
        for name, kind in (("values", "f4"), ("timesteps", "i8")):
            replaced(file, "neural_states/v/" + name, shape=(2**50,), dtype=kind, chunks=(64,), fletcher32=True)


@case(2, "at most 1 GiB can be read")
def chunks_of_gigabytes(path):
    with sound(path) as file:
        replaced(file, "neural_states/v/values", shape=(100, 3), maxshape=(None, None), dtype="f8", chunks=(2**20, 2**8))


def deflated(megabytes):
    compressor = zlib.compressobj(1)
    return b"".join(compressor.compress(bytes(1 << 20)) for _ in range(megabytes)) + compressor.flush()


@case(0, "neural_states/v")
def chunk_that_inflates_to_more_than_a_chunk(path):
    with sound(path) as file:
        values = replaced(file, "neural_states/v/values", shape=(100,), dtype="f4", chunks=(100,), compression="gzip")
        values.id.write_direct_chunk((0,), deflated(200))


@case(0, "neural_states/v")
def chunk_that_inflates_to_most_of_the_memory(path):
    with sound(path) as file:
        values = replaced(file, "neural_states/v/values", shape=(100,), maxshape=(None,), dtype="u1",
                          chunks=(900 << 20,), compression="gzip")
        values.id.write_direct_chunk((0,), deflated(900))


@case(0, "spikes/e")
def links_in_circles(path):
    with sound(path) as file:
        for group in ("neural_states", "spikes", "rewards", "behavior"):
            file.require_group(group)
            for name in ("self", "root", "values"):
                file[group][name] = file if name == "root" else file[group]
        file["behavior/a"] = h5py.SoftLink("/behavior/b")
        file["behavior/b"] = h5py.SoftLink("/behavior/a")


@case(0, "spikes/e")
def links_out_of_the_file(path):
    with sound(path) as file:
        for i, target in enumerate(("/etc/passwd", "../../other.h5", os.path.basename(path))):
            file[f"neural_states/x{i}"] = h5py.ExternalLink(target, "/neural_states/v")
            file.create_group(f"neural_states/y{i}")["timesteps"] = h5py.ExternalLink(target, "/spikes/e/timesteps")
        file["weight_changes"] = h5py.SoftLink("/spikes/e")


@case(2, "claims 17592186044416 records")
def gaps_of_petabytes(path):
    with sound(path) as file:
        file.create_dataset("gaps", shape=(2**44,), dtype=GAP, chunks=(2**20,), maxshape=(None,))
