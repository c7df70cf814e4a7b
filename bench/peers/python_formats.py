"""Formats that Python programs record into. Each is a file that makes columns to which batches of rows are appended.

Imported by package: h5py and PyTables bring a Blosc of their own each, and must not share a process.
"""

CHUNK_CACHE_BYTES = 16 << 20


def shape(width, rows):
    return (rows,) if width == 1 else (rows, width)


def h5py_filters(name):
    import h5py
    if name == "blosc":
        try:
            import hdf5plugin
            return dict(hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE))
        except ImportError:
            if not h5py.h5z.filter_avail(32001):
                raise ImportError("neither hdf5plugin nor a Blosc plug-in of HDF5") from None
            return {"compression": 32001, "compression_opts": (0, 0, 0, 0, 5, 1, 1)}
    return {"gzip:4": {"compression": "gzip", "compression_opts": 4, "shuffle": True},
            "lzf": {"compression": "lzf", "shuffle": True}, "none": {}}[name]


class H5pyColumn:
    def __init__(self, dataset):
        self.dataset, self.rows = dataset, 0

    def append(self, values):
        first, self.rows = self.rows, self.rows + len(values)
        self.dataset.resize(self.rows, axis=0)
        self.dataset[first:self.rows] = values


class H5py:
    def __init__(self, directory, filters):
        import h5py
        self.file = h5py.File(f"{directory}/peer.h5", "w", libver="latest", rdcc_nbytes=CHUNK_CACHE_BYTES, rdcc_w0=1.0)
        self.filters = h5py_filters(filters)

    def column(self, name, dtype, width, chunk_rows):
        return H5pyColumn(self.file.create_dataset(
            name, shape(width, 0), dtype, maxshape=shape(width, None), chunks=shape(width, chunk_rows), **self.filters))

    def close(self):
        self.file.close()


class Tables:
    def __init__(self, directory, _filters):
        import tables
        self.file = tables.open_file(f"{directory}/peer.h5", "w")
        self.filters = tables.Filters(complevel=5, complib="blosc:lz4", shuffle=True)

    def column(self, name, dtype, width, chunk_rows):
        import numpy
        import tables
        where, _, leaf = ("/" + name).rpartition("/")
        return self.file.create_earray(where or "/", leaf, tables.Atom.from_dtype(numpy.dtype(dtype)), shape(width, 0),
                                       filters=self.filters, chunkshape=shape(width, chunk_rows), createparents=True)

    def close(self):
        self.file.close()


class Zarr:
    def __init__(self, directory, _filters):
        import zarr
        self.group = zarr.open_group(f"{directory}/peer.zarr", "w")

    def column(self, name, dtype, width, chunk_rows):
        import numcodecs
        return self.group.create_dataset(
            name, shape=shape(width, 0), chunks=shape(width, chunk_rows), dtype=dtype,
            compressor=numcodecs.Blosc(cname="lz4", clevel=5, shuffle=numcodecs.Blosc.SHUFFLE))

    def close(self):
        pass


FORMATS = {"h5py": (H5py, ["gzip:4", "lzf", "blosc", "none"]), "tables": (Tables, ["blosc"]), "zarr": (Zarr, ["blosc"])}


def find(package):
    """The format of a package, the filters that it has, and what is missing, in words."""
    make, filters = FORMATS[package]
    try:
        __import__(package)
    except ImportError as error:
        return None, [], str(error)
    missing = ""
    if package == "h5py":
        try:
            h5py_filters("blosc")
        except ImportError as error:
            filters, missing = [name for name in filters if name != "blosc"], str(error)
    return make, filters, missing
