"""The lines of the table: which figure of which program, its bar, and what it is compared with."""

BLOSC, GZIP = "blosc:lz4:5", "gzip:1"
QUANTILES = ("p50", "p99", "p99.9")


class Against:
    """What a figure is compared with: a benchmark of the same program, or the best of several. `bar` is of the ratio.

    `counter` is that of the figure unless given; `where` leaves out benchmarks: (counter, the least it must be)."""

    def __init__(self, text, names, counter=None, bar=None, where=None):
        self.text, self.names, self.counter, self.bar, self.where = text, names, counter, bar, where
        self.names = (names,) if isinstance(names, str) else names


class Line:
    """A counter of a benchmark. `lower`: the lower it is, the better."""

    def __init__(self, program, text, name, counter, unit, *against, bar=None, lower=False):
        self.program, self.text, self.name, self.counter, self.unit = program, text, name, counter, unit
        self.against, self.bar, self.lower = against, bar, lower


PYTHON_BLOSC = ("peer/h5py/blosc", "peer/tables/blosc", "peer/zarr/blosc")
BLOSC_PEERS = ("peer/hdf5_c/blosc", "peer/own_thread/blosc", "peer/packet_table/blosc", *PYTHON_BLOSC)
OTHER_PEERS = ("peer/hdf5_c/gzip:4", "peer/h5py/gzip:4", "peer/h5py/lzf")
ALL_PEERS = (*BLOSC_PEERS, *OTHER_PEERS)


def cortex():
    program, ours = "cortex", f"record/{BLOSC}/process"
    loop, threads = f"limit/{BLOSC}/1", f"limit/{BLOSC}/all"
    yield Line(program, "cortex, Blosc lz4", ours, "MB_per_s", "MB/s", Against("bare loop, 1 thread", loop, bar=(">=", 0.85)),
               Against("bare loop, all threads", threads), Against("best peer, Blosc", BLOSC_PEERS, bar=(">=", 1.6)),
               bar=(">=", 1500))
    yield Line(program, "  MB a CPU-second", ours, "MB_per_cpu_s", "MB", Against("bare loop, 1 thread", loop),
               Against("best peer, Blosc", BLOSC_PEERS, bar=(">=", 1.0)))
    yield Line(program, "  raw bytes a stored byte", ours, "ratio", "x", Against("bare loop", loop))
    for quantile in QUANTILES:
        yield Line(program, f"  a step, {quantile}", ours, f"{quantile}_ns", "ns",
                   Against("best peer, Blosc", BLOSC_PEERS), lower=True)
    yield Line(program, "cortex, Blosc lz4, durability power", f"record/{BLOSC}/power", "MB_per_s", "MB/s",
               Against("durability process", ours), Against("bare loop, 1 thread", loop))
    ours, loop = f"record/{GZIP}/process", f"limit/{GZIP}/1"
    yield Line(program, "cortex, gzip 1 (default)", ours, "MB_per_s", "MB/s",
               Against("h5py, gzip 4", "peer/h5py/gzip:4", bar=(">=", 20)), Against("bare loop, 1 thread", loop),
               Against("best peer, no Blosc", OTHER_PEERS, bar=(">", 1.0)))
    yield Line(program, "  MB a CPU-second", ours, "MB_per_cpu_s", "MB", Against("h5py, gzip 4", "peer/h5py/gzip:4"))
    yield Line(program, "  raw bytes a stored byte", ours, "ratio", "x",
               Against("h5py, gzip 4", "peer/h5py/gzip:4", bar=(">=", 0.97)))
    yield Line(program, "cortex, gzip 1, durability power", f"record/{GZIP}/power", "MB_per_s", "MB/s",
               Against("durability process", ours))
    for codec in ("lzf", "none"):
        yield Line(program, f"cortex, {codec}", f"record/{codec}/process", "MB_per_s", "MB/s",
                   Against("bare loop, 1 thread", f"limit/{codec}/1"),
                   *([Against("fwrite", "peer/fwrite")] if codec == "none" else []))


def disk():
    for durability in ("process", "power"):
        yield Line("disk", f"long cortex, Blosc lz4, {durability}", f"record/{durability}", "MB_per_s", "MB/s",
                   Against("pwrite of the same bytes", f"limit/{durability}", bar=(">=", 0.85)))
        yield Line("disk", "  raw bytes a stored byte", f"record/{durability}", "ratio", "x",
                   Against("pwrite", f"limit/{durability}"))


def paced():
    for codec, text in ((GZIP, "gzip 1"), (BLOSC, "Blosc lz4")):
        for durability in ("process", "power"):
            name = f"record/{codec}/{durability}"
            for quantile in QUANTILES:
                tail = quantile == "p99.9"
                yield Line("paced", f"a step each 500 us, {text}, {durability}, {quantile}", name, f"{quantile}_ns", "ns",
                           Against("memcpy, other core busy", f"limit/copy/{codec}", bar=("<=", 3) if tail else None),
                           *([Against("best peer that compresses", ALL_PEERS)] if tail else []), lower=True)
            yield Line("paced", "  times slower", name, "times_slower", "x")


def caller():
    for neurons in (10_000, 1_000, 100_000):
        name, bars = f"record/{neurons}", {"p50": ("<=", 1.15), "p99.9": ("<=", 2)} if neurons == 10_000 else {}
        for quantile in QUANTILES:
            yield Line("record_row", f"row of {neurons:,} float32, {quantile}", name, f"{quantile}_ns", "ns",
                       Against("memcpy to cold memory", name, f"memcpy_{quantile}_ns", bars.get(quantile)), lower=True)
    for what, text, bar, hand in (("scalar", "scalar", 15, "scalar"), ("reserve_commit", "scalar in place", None, "scalar"),
                                  ("reward", "reward", None, "reward"), ("spike", "spike, 1,000 a call", 2, "spike"),
                                  ("weight_change", "change of a weight", None, "weight_change"),
                                  ("weight_changes", "change of a weight, 100 a call", 4, "weight_changes")):
        for quantile in QUANTILES:
            yield Line("record_small", f"{text}, {quantile}", f"record/{what}", f"{quantile}_ns", "ns",
                       Against("vectors by hand", f"by_hand/{hand}"),
                       Against("memcpy to cold memory", f"memcpy/{what}"),
                       bar=("<=", bar) if bar and quantile == "p50" else None, lower=True)


def commits():
    for durability in ("power", "process"):
        for quantile in QUANTILES:
            yield Line("commit", f"row under commits ({durability}), {quantile}", f"commit/{durability}",
                       f"{quantile}_ns", "ns", Against("no commits", "peer/no_commits"), lower=True)
        yield Line("commit", f"commits ({durability}), of the writer thread", f"commit/{durability}", "writer_percent",
                   "%", bar=("<", 1.0))


def spikes():
    ours, loop = f"record/{BLOSC}", f"limit/{BLOSC}/1"
    yield Line("spikes", "spikes, Blosc lz4", ours, "MB_per_s", "MB/s", Against("bare loop, 1 thread", loop),
               Against("best peer of a ratio over 3.1", ALL_PEERS, bar=(">=", 1.0), where=("ratio", 3.1)),
               bar=(">=", 2500))
    yield Line("spikes", "  MB a CPU-second", ours, "MB_per_cpu_s", "MB", Against("bare loop, 1 thread", loop),
               Against("best peer, Blosc", BLOSC_PEERS))
    yield Line("spikes", "  raw bytes a stored byte", ours, "ratio", "x", Against("bare loop", loop))
    yield Line("spikes", "spikes, gzip 1", f"record/{GZIP}", "MB_per_s", "MB/s",
               Against("bare loop, 1 thread", f"limit/{GZIP}/1"), Against("best peer, no Blosc", OTHER_PEERS))


def episodes():
    per_s, groups = "episodes_per_s", "peer/hdf5_groups"
    python = ("peer/h5py/none", "peer/h5py/gzip:4", "peer/tables/blosc", "peer/zarr/blosc")
    for threads in (1, 8):
        name, first = f"record/{threads}", threads == 1
        yield Line("rl", f"RL episodes, {threads} thread{'s' * (not first)}", name, per_s, "1/s",
                   Against("HDF5 C, bare groups", groups), Against("HDF5 C, bare files", "peer/hdf5_files"),
                   Against("best of Python", python), bar=(">=", 3500) if first else None)
        yield Line("rl", "  MB a CPU-second", name, "MB_per_cpu_s", "MB", Against("HDF5 C, bare groups", groups),
                   Against("one flat table, gzip 4", "peer/hdf5_c/gzip:4"))
        yield Line("rl", "  files left", name, "files", "", bar=("<=", 3), lower=True)
        yield Line("rl", "  raw bytes a stored byte", name, "ratio", "x", Against("HDF5 C, bare groups", groups),
                   bar=(">=", 1.0))


def sizes():
    peers = ("peer/hdf5_c/gzip:9", "peer/hdf5_c/blosc:zstd:9")
    for goal, bar in (("smallest", (">=", 1 / 0.9)), ("balanced", None), ("fastest", None), ("portable", None)):
        name = f"record/adaptive:{goal}"
        yield Line("sizes", f"cortex, {goal}, raw bytes a stored byte", name, "ratio", "x",
                   Against("best of gzip 9, zstd 9", peers, bar=bar))
        yield Line("sizes", "  MB a CPU-second", name, "MB_per_cpu_s", "MB", Against("best of gzip 9, zstd 9", peers))


def scalars():
    for codec in (GZIP, BLOSC):
        name = f"record/{codec}"
        yield Line("scalars", f"500 scalar streams, {codec}, a step, p50", name, "p50_ns", "ns",
                   Against("HDF5 C, gzip 4", "peer/hdf5_c/gzip:4"), Against("h5py, row by row", "peer/h5py_rows/gzip:4"),
                   lower=True)
        yield Line("scalars", "  MB a CPU-second", name, "MB_per_cpu_s", "MB",
                   Against("HDF5 C, gzip 4", "peer/hdf5_c/gzip:4"), Against("h5py, gzip 4", "peer/h5py/gzip:4"))


def whole():
    yield Line("simulation", "spiking network, full-rate recording", "recorded", "seconds", "s",
               Against("not recorded", "bare", bar=("<=", 1.03)),
               Against("potentials copied to cold memory", "copied"), lower=True)
    yield Line("start_close", "experiment with one episode", "experiment", "ms", "ms",
               Against("three HDF5 files", "peer/hdf5_experiment"), bar=("<=", 20.0), lower=True)
    for streams in (1, 64):
        yield Line("idle", f"idle, {streams} stream{'s' * (streams > 1)}", f"idle/{streams}", "percent", "% of a core",
                   Against("no recorder", "no_recorder"), bar=("<", 0.1), lower=True)
    for name in ("cortex", "spikes", "scalars", "episodes/256"):
        yield Line("memory", f"peak, {name}", name, "peak_MiB", "MiB",
                   Against("cap + 64 MiB", name, "limit_MiB", ("<=", 1)), lower=True)
    for streams in (8, 64):
        for counter in ("peak", "end"):
            yield Line("slow_disk", f"slow disk, {streams} streams, {counter}", f"record/{streams}", f"{counter}_MiB",
                       "MiB", Against("cap + 64 MiB", f"record/{streams}", "limit_MiB", ("<=", 1)), lower=True)
    yield Line("include_cost", "including neurotape.hpp", "neurotape", "s", "s",
               Against("nlohmann/json.hpp", "peer/json"), bar=("<", 2.0), lower=True)
    yield Line("include_cost", "  processor time", "neurotape", "cpu_s", "s",
               Against("nlohmann/json.hpp", "peer/json"), lower=True)


READ = {"dense": "dense stream, new arrays", "dense_into": "dense stream, caller's arrays", "dense_slice": "1 % of it",
        "trace": "one neuron's trace", "trace_packed": "  packed with --layout traces",
        "spikes": "all spikes, new arrays", "spikes_into": "all spikes, caller's arrays",
        "spikes_slice": "1 % of them", "neuron": "one neuron's spikes",
        "neuron_packed": "  packed with --by-neuron"}


def read():
    for codec in (BLOSC, GZIP):
        into = ("<=", 1 / 3 if codec == BLOSC else 1 / 4)
        ratios = {"dense": ("<=", 0.5), "spikes": ("<=", 0.5), "dense_into": into, "spikes_into": into,
                  "trace_packed": ("<=", 1 / 20)}
        for what, text in READ.items():
            name, peer = f"loader/{what}/{codec}", f"peer/h5py/{what.removesuffix('_packed')}/{codec}"
            yield Line("read", f"{text}, {codec}", name, "ms", "ms", Against("h5py", peer, bar=ratios.get(what)),
                       bar={"spikes_slice": ("<=", 15), "neuron_packed": ("<=", 10)}.get(what), lower=True)
            if what in ("dense_into", "spikes_into"):
                yield Line("read", "  MB a CPU-second", name, "MB_per_cpu_s", "MB", Against("h5py", peer))


def artifacts():
    for level, speed, size in (("fast", 12, 0.93), ("small", 2.5, 1.0)):
        yield Line("artifacts", f"attention maps saved, {level}", f"maps/save/{level}", "MB_per_s", "MB/s",
                   Against("numpy.savez_compressed", "peer/numpy/save", bar=(">=", speed)))
        yield Line("artifacts", "  raw bytes a stored byte", f"maps/save/{level}", "ratio", "x",
                   Against("numpy.savez_compressed", "peer/numpy/save", bar=(">=", size)))
        yield Line("artifacts", "  memory beyond the batch", f"maps/save/{level}", "peak_MiB", "MiB", bar=("<=", 64), lower=True)
    yield Line("artifacts", "attention maps loaded", "maps/load", "MB_per_s", "MB/s",
               Against("numpy.load", "peer/numpy/load", bar=(">=", 3)))
    yield Line("artifacts", "rows of 8 metrics, flushed in batches", "metrics/batched", "rows_per_s", "1/s", bar=(">=", 1e6))
    for durability in ("process", "power"):
        yield Line("artifacts", f"  each flushed ({durability})", f"metrics/{durability}", "rows_per_s", "1/s")


def lines():
    for part in (cortex, disk, paced, caller, commits, spikes, episodes, sizes, scalars, whole, read, artifacts):
        yield from part()


# Programs whose benchmarks are also listed one by one: who stands where.
STANDINGS = {"cortex": ("MB_per_s", "ratio", "p50_ns", "p99_ns", "p99.9_ns", "MB_per_cpu_s", "grown_MiB"),
             "paced": ("times_slower", "p50_ns", "p99_ns", "p99.9_ns", "MB_per_cpu_s"),
             "spikes": ("MB_per_s", "ratio", "p50_ns", "p99.9_ns", "MB_per_cpu_s", "grown_MiB"),
             "rl": ("episodes_per_s", "MB_per_s", "ratio", "files", "MB_per_cpu_s", "grown_MiB"),
             "sizes": ("ratio", "MB_per_s", "MB_per_cpu_s"),
             "scalars": ("MB_per_s", "ratio", "p50_ns", "p99.9_ns", "MB_per_cpu_s", "files", "grown_MiB")}
