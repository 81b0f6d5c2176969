import Glibc

/// PyPI's wasmtime, where it is installed: the same module, optimised, timing itself.
struct WasmtimePeer {
  let module: String
  let isInstalled: Bool

  init(module: String) {
    self.module = module
    isInstalled = (try? Subprocess.output(of: ["python3", "-c", "import wasmtime"])) != nil
  }

  func output(_ arguments: [String]) throws -> String {
    try Subprocess.output(of: ["python3", "-c", Self.script, module] + arguments)
  }

  /// A command component with all of the network, and with a directory as its first.
  func command(serving arguments: [String], directory: String) -> [String] {
    ["env", "COFFER_PEER_DIRECTORY=\(directory)", "python3", "-c", Self.component, module] + arguments
  }

  var givesSockets: Bool { isInstalled && (try? Subprocess.output(of: ["python3", "-c", Self.network + "allow_network(WasiConfig())"])) != nil }

  /// As in Scripts/run-with-wasmtime.py: the package's interface has no name for sockets, and the flags of its C interface (version 50) lie behind the one for names.
  private static let network = """
    import ctypes, os, sys
    from wasmtime import Config, Engine, ExitTrap, Store, WasiConfig, _bindings, component
    def allow_network(wasi):
        _bindings.wasi_config_inherit_network(wasi.ptr())
        names = ctypes.cast(wasi.ptr(), ctypes.c_void_p).value + 0x108
        found = []
        for allows in (True, False, True):
            _bindings.wasi_config_allow_ip_name_lookup(wasi.ptr(), allows)
            found.append(ctypes.string_at(names, 3))
        if found != [bytes((1, 0, 0)), bytes((0, 0, 0)), bytes((1, 0, 0))]:
            sys.exit(69)
        ctypes.memset(names + 1, 1, 2)

    """

  private static let component = network + """
    config = Config()
    config.cranelift_opt_level = "speed"
    engine = Engine(config)
    program = component.Component.from_file(engine, sys.argv[1])
    linker = component.Linker(engine)
    linker.add_wasip2()
    wasi = WasiConfig()
    wasi.argv = ["digits", *sys.argv[2:]]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(os.environ["COFFER_PEER_DIRECTORY"], "/data")
    allow_network(wasi)
    store = Store(engine)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, program)
    name = next(name for name in program.type.exports(engine) if name.startswith("wasi:cli/run@"))
    run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, name)))
    try:
        run(store)
    except ExitTrap as end:
        sys.exit(end.code)
    """

  private static let script = """
    import sys
    from wasmtime import Config, Engine, ExitTrap, Linker, Module, Store, WasiConfig
    config = Config()
    config.cranelift_opt_level = "speed"
    engine = Engine(config)
    linker = Linker(engine)
    linker.define_wasi()
    wasi = WasiConfig()
    wasi.argv = ["kernels", *sys.argv[2:]]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store = Store(engine)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, Module.from_file(engine, sys.argv[1]))
    try:
        instance.exports(store)["_start"](store)
    except ExitTrap as end:
        sys.exit(end.code)
    """
}
