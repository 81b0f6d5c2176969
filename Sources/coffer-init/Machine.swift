import CLinux
import Glibc
import NodeStart

/// The machine as the node needs it.
enum Machine {
  static let data = "/data"

  static func mountFileSystems() {
    let readOnly = UInt32(COFFER_MOUNT_READ_ONLY), noPrograms = UInt32(COFFER_MOUNT_NO_PROGRAMS)
    demand(coffer_mount("proc", "/proc", noPrograms, "hidepid=invisible"), "/proc")
    demand(coffer_mount("sysfs", "/sys", noPrograms, nil), "/sys")
    demand(coffer_mount_devices("/dev"), "/dev")
    demand(coffer_mount("tmpfs", "/tmp", noPrograms, "mode=0700,size=25%"), "/tmp")
    demand(coffer_mount("tmpfs", data, noPrograms, "mode=0700,size=50%"), data)
    tell(coffer_mount("securityfs", "/sys/kernel/security", noPrograms | readOnly, nil), "/sys/kernel/security")
  }

  /// In the order of their names. Which hardware there is nobody knows before: a module whose device is missing is no error.
  static func loadModules() {
    for name in names(in: "/modules") {
      let result = coffer_load_module("/modules/\(name)")
      if result < 0, result != -ENODEV, result != -EEXIST { Console.say("module \(name): \(Console.reason(result))") }
    }
    // Only now is it a kind of file system that the kernel knows; without it there is no confidential machine's report.
    let result = coffer_mount("configfs", "/sys/kernel/config", UInt32(COFFER_MOUNT_NO_PROGRAMS), nil)
    if result < 0, result != -ENODEV { Console.say("/sys/kernel/config: \(Console.reason(result))") }
  }

  /// One byte more than a command line may have, so that a longer one is seen as such.
  static func commandLine() -> String {
    var bytes = [UInt8](repeating: 0, count: NodeSettings.limit + 2)
    let descriptor = open("/proc/cmdline", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
  }

  static func startNetwork(_ settings: NodeSettings) {
    // 127.0.0.1 and its eight bits.
    tell(coffer_start_interface("lo", 0x7F00_0001, 8, 0), "lo")
    guard let address = settings.address else { return Console.say("no coffer.address: only this machine reaches the node") }
    tell(
      coffer_start_interface(settings.interface, address.address.value, UInt32(address.prefix), settings.gateway?.value ?? 0),
      "\(settings.interface) with \(address)")
  }

  /// What nobody needs any more is shut: the root's files, the kernel's settings, and what the console's keys ask of it. What is started from here on is
  /// user 0 without any capability: so it reaches the platform's device, and not the memory of the attester, which lets nobody look into it. The image's
  /// measurement promises all of it: a machine where a part of it fails serves nothing.
  static func protect() {
    tell(coffer_allow_files(1 << 20), "files")
    let again = UInt32(COFFER_MOUNT_AGAIN) | UInt32(COFFER_MOUNT_READ_ONLY)
    demand(coffer_mount("rootfs", "/", again, nil), "/")
    for (path, value) in [
      ("/proc/sys/kernel/sysrq", "0\n"), ("/proc/sys/kernel/kexec_load_disabled", "1\n"), ("/proc/sys/kernel/modules_disabled", "1\n"),
      // Which takes a capability otherwise.
      ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n"),
    ] {
      let result = set(path, to: value)
      // Not every kernel has each of them.
      if result != -ENOENT { demand(result, path) }
    }
    // User 0 may write these without a capability, and have the kernel start programs that have all of them.
    demand(coffer_mount("proc", "/proc", again | UInt32(COFFER_MOUNT_NO_PROGRAMS), "hidepid=invisible"), "/proc")
    demand(coffer_mount("sysfs", "/sys", again | UInt32(COFFER_MOUNT_NO_PROGRAMS), nil), "/sys")
    demand(coffer_give_no_capabilities(), "capabilities")
  }

  /// - Returns: 0, or the negative of what went wrong.
  private static func set(_ path: String, to value: String) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return -errno }
    defer { close(descriptor) }
    return write(descriptor, value, value.utf8.count) < 0 ? -errno : 0
  }

  static func end() -> Never {
    Console.say("the node ends; the machine is switched off")
    let result = coffer_power_off()
    Console.say("the machine cannot be switched off: \(Console.reason(result))")
    exit(1)
  }

  /// What a folder has, sorted by bytes.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What the node is no node without.
  private static func demand(_ result: Int32, _ what: String) {
    guard result < 0 else { return }
    tell(result, what)
    end()
  }

  private static func tell(_ result: Int32, _ what: String) {
    if result < 0 { Console.say("\(what): \(Console.reason(result))") }
  }
}
