#!/usr/bin/env python3
"""Runs a WASI 0.1 command, or a command component of WASI 0.2, under Wasmtime, with the arguments of `coffer run`.

    run-with-wasmtime.py [--dir HOST::GUEST[:rw]]... [--env KEY=VALUE]... [--net RULE]... PROGRAM.wasm [ARGUMENT]...

Whatever the rules are, --net gives all of the network.

The exit status is the program's, or 134 for a trap, whose message goes to standard error.
Needs `pip install wasmtime`; exits with 69 when it is missing.
"""
import argparse
import os
import sys

try:
    from wasmtime import Config, Engine, ExitTrap, Linker, Module, Store, Trap, WasiConfig, WasmtimeError
except ImportError:
    print("run-with-wasmtime: the Python package wasmtime is not installed", file=sys.stderr)
    sys.exit(69)


def parse():
    parser = argparse.ArgumentParser(description="Runs a WASI command under Wasmtime.")
    parser.add_argument("--dir", action="append", default=[], metavar="HOST::GUEST[:rw]")
    parser.add_argument("--env", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--net", action="append", default=[], metavar="RULE")
    parser.add_argument("program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser.parse_args()


def allow_network(wasi):
    """All of the network. The package's own interface has no name for it, and its C interface (version 50) none for TCP and UDP: their flags lie
    behind that for names, which is looked for first."""
    import ctypes

    from wasmtime import _bindings

    _bindings.wasi_config_inherit_network(wasi.ptr())
    names = ctypes.cast(wasi.ptr(), ctypes.c_void_p).value + 0x108
    found = []
    for allows in (True, False, True):
        _bindings.wasi_config_allow_ip_name_lookup(wasi.ptr(), allows)
        found.append(ctypes.string_at(names, 3))
    if found != [b"\1\0\0", b"\0\0\0", b"\1\0\0"]:
        print("run-with-wasmtime: this version of the Python package wasmtime gives no sockets", file=sys.stderr)
        sys.exit(69)
    ctypes.memset(names + 1, 1, 2)


def configuration(given):
    wasi = WasiConfig()
    wasi.argv = [os.path.basename(given.program), *given.arguments]
    wasi.env = [pair.split("=", 1) for pair in given.env]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    for directory in given.dir:
        host, guest = directory.split("::", 1)
        writable = guest.endswith(":rw")
        wasi.preopen_dir(host, guest.removesuffix(":rw"), fs_mutable=writable)
    if given.net:
        allow_network(wasi)
    return wasi


def is_component(path):
    with open(path, "rb") as file:
        return file.read(8)[6:7] == b"\1"


def run_component(engine, given):
    from wasmtime import component

    program = component.Component.from_file(engine, given.program)
    name = next((name for name in program.type.exports(engine) if name.startswith("wasi:cli/run@")), None)
    if name is None:
        print("run-with-wasmtime: the component does not export wasi:cli/run", file=sys.stderr)
        return 125
    linker = component.Linker(engine)
    linker.add_wasip2()
    store = Store(engine)
    store.set_wasi(configuration(given))
    instance = linker.instantiate(store, program)
    run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, name)))
    try:
        result = run(store)
    except ExitTrap as end:
        return end.code
    except (Trap, WasmtimeError) as trap:
        print(trap, file=sys.stderr)
        return 134
    return 1 if getattr(result, "tag", "ok") == "err" else 0


def main():
    given = parse()
    config = Config()
    if is_component(given.program):
        # A component of 18 MB takes half a minute to compile.
        config.cache = True
    engine = Engine(config)
    if is_component(given.program):
        return run_component(engine, given)
    linker = Linker(engine)
    linker.define_wasi()
    store = Store(engine)
    store.set_wasi(configuration(given))
    instance = linker.instantiate(store, Module.from_file(engine, given.program))
    try:
        instance.exports(store)["_start"](store)
    except ExitTrap as end:
        return end.code
    except (Trap, WasmtimeError) as trap:
        print(trap, file=sys.stderr)
        return 134
    return 0


if __name__ == "__main__":
    sys.exit(main())
