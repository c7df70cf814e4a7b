#!/usr/bin/env python3
"""Changes one thing in a run: damage.py <how> <run> <argument>... Paths are relative to the run."""

import json
import os
import shutil
import sys

import h5py
import numpy as np

BIT = 0x10


def text(value, size):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(size)
    kind.set_strpad(h5py.h5t.STR_NULLPAD)
    kind.set_cset(h5py.h5t.CSET_UTF8)
    return kind, np.array(value.encode(), dtype=f"S{size}")


def set_text(file, path, name, value):
    """Sets an attribute to text of fixed length, as neurotape has it."""
    with h5py.File(file, "r+") as f:
        if name in f[path].attrs:
            del f[path].attrs[name]
        kind, data = text(value, max(1, len(value)))
        h5py.h5a.create(f[path].id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR)).write(data, mtype=kind)


def set_number(file, path, name, value):
    with h5py.File(file, "r+") as f:
        f[path].attrs.modify(name, np.int64(value))


def drop_attribute(file, path, name):
    with h5py.File(file, "r+") as f:
        del f[path].attrs[name]


def put(file, path, row, value):
    with h5py.File(file, "r+") as f:
        f[path][int(row)] = json.loads(value)


def put_field(file, path, row, field, value):
    with h5py.File(file, "r+") as f:
        records = f[path][:]
        value = json.loads(value)
        records[int(row)][field] = value.encode() if isinstance(value, str) else value
        f[path][:] = records


def resize(file, path, *rows):
    with h5py.File(file, "r+") as f:
        for each in rows:
            f[path].resize(int(each), axis=0)


def delete(file, path):
    with h5py.File(file, "r+") as f:
        del f[path]


def move(file, path, to):
    with h5py.File(file, "r+") as f:
        f.move(path, to)


def copy(file, path, to):
    with h5py.File(file, "r+") as f:
        f.copy(path, to)


def link(file, path, target):
    """A soft link in place of what is there."""
    with h5py.File(file, "r+") as f:
        del f[path]
        f[path] = h5py.SoftLink(target)


def external_link(file, path, target, object):
    with h5py.File(file, "r+") as f:
        del f[path]
        f[path] = h5py.ExternalLink(target, object)


def replace(file, path, dtype, rows, *options):
    """Another dataset with the same attributes: of this type, with so many rows of zeros."""
    with h5py.File(file, "r+") as f:
        attributes = dict(f[path].attrs) if path in f else {}
        if path in f:
            del f[path]
        values = np.zeros(int(rows), dtype)
        f.create_dataset(path, data=values, **{option: True for option in options}, chunks=(100,) if options else None)
        for name, value in attributes.items():
            f[path].attrs[name] = value


def raw_chunk(file, path, row):
    """A finished chunk as if it were open: all filters masked."""
    with h5py.File(file, "r+") as f:
        dataset = f[path]
        at = (int(row),) + (0,) * (dataset.ndim - 1)
        data = np.ascontiguousarray(dataset[at[0]:at[0] + dataset.chunks[0]])
        dataset.id.write_direct_chunk(at, data.tobytes(), filter_mask=2**dataset.id.get_create_plist().get_nfilters() - 1)


def flip_byte(file, offset):
    with open(file, "r+b") as f:
        f.seek(int(offset))
        byte = f.read(1)[0]
        f.seek(int(offset))
        f.write(bytes([byte ^ BIT]))


def chunks_of(file):
    """Path, number, offset and size of each chunk of each dataset."""
    chunks = []

    def visit(path, dataset):
        if isinstance(dataset, h5py.Dataset) and dataset.chunks:
            for i in range(dataset.id.get_num_chunks()):
                info = dataset.id.get_chunk_info(i)
                chunks.append((path, info.chunk_offset[0] // dataset.chunks[0], info.byte_offset, info.size, info.filter_mask))

    with h5py.File(file, "r") as f:
        f.visititems(visit)
    return chunks


def flip_chunks(file, count):
    """In the checksum itself: elsewhere, deflate knows several ways to say the same."""
    chunks = [chunk for chunk in chunks_of(file) if not chunk[0].endswith(("commits", "gaps", "chunk_index"))]
    for i in range(int(count)):
        _, _, offset, size, _ = chunks[i * len(chunks) // int(count)]
        flip_byte(file, offset + size - 1)


def list_chunks(file):
    print(json.dumps(chunks_of(file)))


def copy_file(file, to):
    shutil.copy(file, to)


def rename_file(file, to):
    os.rename(file, to)


def remove_file(file):
    os.remove(file)


def touch(file):
    open(file, "w").close()


def truncate(file, bytes_less):
    os.truncate(file, os.path.getsize(file) - int(bytes_less))


if __name__ == "__main__":
    how, run, *arguments = sys.argv[1:]
    os.chdir(run)
    globals()[how](*arguments)
