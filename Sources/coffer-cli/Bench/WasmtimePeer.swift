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

  /// With an input, and with a directory as its first.
  func output(_ arguments: [String], input: String, directory: String) throws -> String {
    let variables = ["COFFER_PEER_INPUT=\(input)", "COFFER_PEER_DIRECTORY=\(directory)"]
    return try Subprocess.output(of: ["env"] + variables + ["python3", "-c", Self.script, module] + arguments)
  }

  private static let script = """
    import os, sys
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
    if "COFFER_PEER_INPUT" in os.environ:
        wasi.stdin_file = os.environ["COFFER_PEER_INPUT"]
        wasi.preopen_dir(os.environ["COFFER_PEER_DIRECTORY"], "/data")
    store = Store(engine)
    store.set_wasi(wasi)
    instance = linker.instantiate(store, Module.from_file(engine, sys.argv[1]))
    try:
        instance.exports(store)["_start"](store)
    except ExitTrap as end:
        sys.exit(end.code)
    """
}
