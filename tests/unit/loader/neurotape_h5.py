"""Writes neurotape files with h5py, from docs/format.md alone."""

import ctypes
import json
import os

import h5py
import numpy as np

BLOSC, LZF = 32001, 32000
INDEX = np.dtype([("first_timestep", "<i8"), ("last_timestep", "<i8"), ("rows", "<u8")])
COMMIT = np.dtype([("number", "<u4"), ("stream", "<u4"), ("rows", "<u8"), ("open_rows_xxh3", "<u8"), ("wall_time", "<f8")])
GAP = np.dtype([("stream", "S272"), ("first_timestep", "<i8"), ("last_timestep", "<i8"), ("rows", "<u8"), ("cause", "S16")])
EPISODE = np.dtype([("episode", "<u8"), ("file", "S64"), ("object", "S64"), ("status", "S16"), ("first_timestep", "<i8"),
                    ("last_timestep", "<i8"), ("return", "<f8"), ("rows", "<u8"), ("bytes_stored", "<u8"),
                    ("streams", "S256"), ("file_bytes", "<u8"), ("file_mtime_ns", "<i8")])


def golden(count, dtype, first=0):
    """The values that the tests expect: element k of a stream, counted in row-major order."""
    k = np.arange(first, first + count, dtype=np.uint64)
    base = (k * np.uint64(7) + k // np.uint64(13)) % np.uint64(251)
    dtype = np.dtype(dtype)
    if dtype == bool:
        return base % np.uint64(3) == 0
    if dtype.kind == "f":
        return (base.astype("f8") / 8 - 3).astype(dtype)
    return (base.astype("i8") - (125 if dtype.kind == "i" else 0)).astype(dtype)


def rows(count, shape, dtype):
    return golden(count * int(np.prod(shape, dtype=int)), dtype).reshape((count,) + tuple(shape))


def text_attribute(owner, name, text, size=None, ascii=False):
    data = text.encode("ascii" if ascii else "utf-8")
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(size or max(1, len(data)))
    kind.set_strpad(h5py.h5t.STR_NULLPAD)
    kind.set_cset(h5py.h5t.CSET_ASCII if ascii else h5py.h5t.CSET_UTF8)
    attribute = h5py.h5a.create(owner.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(data, dtype=f"S{kind.get_size()}"), mtype=kind)


def json_attribute(owner, name, value):
    """A user's value as an attribute."""
    if isinstance(value, bool):
        owner.attrs.create(name, value)
    elif isinstance(value, int):
        owner.attrs.create(name, value, dtype="<i8" if value < 2**63 else "<u8")
    elif isinstance(value, float):
        owner.attrs.create(name, value, dtype="<f8")
    elif isinstance(value, str):
        text_attribute(owner, name, value)
    else:
        text_attribute(owner, name, json.dumps(value, ensure_ascii=True), ascii=True)


def file_attributes(root, experiment="golden", config=None):
    text_attribute(root, "format", "neurotape")
    root.attrs.create("format_version", 1, dtype="<i8")
    text_attribute(root, "experiment_name", experiment)
    if config is not None:
        text_attribute(root, "config", json.dumps(config, ensure_ascii=True), ascii=True)


def episode_attributes(group, number, status="complete", user=None, **known):
    text_attribute(group, "episode_id", f"episode_{number:04}")
    text_attribute(group, "status", status, size=16)
    text_attribute(group, "started", "2026-11-20T10:15:00Z", size=32)
    text_attribute(group, "ended", "" if status == "recording" else "2026-11-20T10:16:00Z", size=32)
    group.attrs.create("dt", known.get("dt", 0.1), dtype="<f8")
    text_attribute(group, "dt_unit", "ms")
    if "seed" in known:
        group.attrs.create("seed", known["seed"], dtype="<u8")
    if "name" in known:
        text_attribute(group, "name", known["name"])
    for name, value in (user or {}).items():
        json_attribute(group, name, value)


CODECS = {
    "none": dict(fletcher32=True),
    "gzip": dict(shuffle=True, compression="gzip", compression_opts=1),
    "lzf": dict(shuffle=True, compression="lzf", fletcher32=True),
    "plain": {},
}


def codec_options(codec, dtype, chunk):
    if not codec.startswith("blosc"):
        return CODECS[codec]
    size = np.dtype(dtype).itemsize
    _, name, shuffle = codec.split(":")
    code = {"blosclz": 0, "lz4": 1, "lz4hc": 2, "zlib": 4, "zstd": 5}[name]
    return dict(compression=BLOSC, compression_opts=(2, 2, size, int(np.prod(chunk)) * size, 5, int(shuffle), code),
                fletcher32=True)


def column(group, name, data, chunk=None, codec="gzip", stream_id=None):
    """A chunked dataset whose first dimension can grow."""
    chunk = chunk or (64,) + data.shape[1:]
    options = dict(codec_options(codec, data.dtype, chunk))
    if data.dtype.itemsize == 1:
        options.pop("shuffle", None)
    dataset = group.create_dataset(name, data=data, chunks=chunk, maxshape=(None,) + data.shape[1:], **options)
    if stream_id is not None:
        dataset.attrs.create("stream_id", stream_id, dtype="<i8")
    return dataset


def table(group, name, records, dtype):
    array = np.array(records, dtype=dtype)
    return group.create_dataset(name, data=array, chunks=(64,), maxshape=(None,))


def xxh3(data):
    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH3_64bits.argtypes, library.XXH3_64bits.restype = [ctypes.c_char_p, ctypes.c_size_t], ctypes.c_uint64
    return library.XXH3_64bits(data, len(data))


def commit_record(number, stream, rows, *columns):
    """With the checksum of the rows that are in the open chunks of these datasets."""
    return (number, stream, rows, xxh3(b"".join(c[rows - rows % c.chunks[0]:rows].tobytes() for c in columns)), 0.0)


def chunk_index(group, timesteps, chunk_rows):
    """Of the finished chunks: whole ones."""
    records = [(part.min(), part.max(), len(part)) for part in
               (timesteps[i:i + chunk_rows] for i in range(0, len(timesteps), chunk_rows)) if len(part)]
    return table(group, "chunk_index", records, INDEX)


def dense(episode, path, data, timesteps=None, chunk_rows=16, every=1, unit=None, stream_id=0, codec="gzip", chunk=None):
    group = episode.create_group(path)
    group.attrs.create("every", every, dtype="<i8")
    if unit is not None:
        text_attribute(group, "unit", unit)
    timesteps = np.arange(len(data), dtype="<i8") * every if timesteps is None else np.asarray(timesteps, "<i8")
    column(group, "timesteps", timesteps, (chunk_rows * 4,), stream_id=stream_id)
    column(group, "values", data, chunk or (chunk_rows,) + data.shape[1:], codec)
    return group


def spikes(episode, path, timesteps, ids, times=None, chunk_rows=64, sorted=1, stream_id=1, id_type="<u4"):
    group = episode.create_group(path)
    group.attrs.create("sorted", sorted, dtype="<i8")
    column(group, "timesteps", np.asarray(timesteps, "<i8"), (chunk_rows,), stream_id=stream_id)
    column(group, "neuron_ids", np.asarray(ids, id_type), (chunk_rows,))
    if times is not None:
        column(group, "times", np.asarray(times, "<f8"), (chunk_rows,))
    return group


def events(episode, records, stream_id=2, data_id=3):
    """Records of (timestep, type, data)."""
    group = episode.create_group("events")
    texts = [json.dumps(data).encode() for _, _, data in records]
    column(group, "timesteps", np.array([r[0] for r in records], "<i8"), stream_id=stream_id)
    column(group, "types", np.array([r[1].encode() for r in records], "S64"), codec="none")
    column(group, "data_end", np.cumsum([len(t) for t in texts]).astype("<u8"))
    column(group, "data", np.frombuffer(b"".join(texts), "u1"), (256,), stream_id=data_id)
    return group


def index_record(run, number, file, object, status="complete"):
    stat = os.stat(os.path.join(run, file))
    return (number, file.encode(), object.encode(), status.encode(), number, number + 9, number / 2, 10 * number,
            100 * number, b"{}", stat.st_size, stat.st_mtime_ns)
