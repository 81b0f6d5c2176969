#!/usr/bin/env python3
"""The kernels under Wasmtime, as a peer of `coffer bench compute`.

    wasmtime-kernels.py kernels.wasm [NAME [N [REPEATS]]]

Prints what the program prints: a line "checksum nanoseconds" for each repeat, so compilation is not in the time.
Needs `pip install wasmtime`; exits with 69 when it is missing.
"""
import sys

try:
    from wasmtime import Config, Engine, ExitTrap, Linker, Module, Store, WasiConfig
except ImportError:
    print("wasmtime-kernels: the Python package wasmtime is not installed", file=sys.stderr)
    sys.exit(69)


def main(path, arguments):
    config = Config()
    config.cranelift_opt_level = "speed"
    engine = Engine(config)
    linker = Linker(engine)
    linker.define_wasi()
    wasi = WasiConfig()
    wasi.argv = ["kernels", *arguments]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store = Store(engine)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, Module.from_file(engine, path))
    try:
        instance.exports(store)["_start"](store)
    except ExitTrap as end:
        return end.code
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
