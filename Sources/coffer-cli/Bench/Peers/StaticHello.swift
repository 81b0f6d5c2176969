import CodeObjects
import ProgramFiles

/// The smallest native program that prints a line, without a C library: what starting a process costs at least.
enum StaticHello {
  /// Nil where the toolchain cannot make one.
  static func build(in scratch: ScratchDirectory) -> String? {
    guard let toolchain = try? Toolchain.locate(environment: Environment.all), let source else { return nil }
    guard let file = try? scratch.add("hello.c", Array(source.utf8)) else { return nil }
    let (object, program) = (scratch.path + "/hello.o", scratch.path + "/hello")
    // The linker goes by the name under which it is called.
    let steps = [
      [toolchain.clang, "-O2", "-ffreestanding", "-fno-stack-protector", "-c", file, "-o", object],
      [toolchain.linker, "-flavor", "gnu", "-static", "-o", program, object],
    ]
    for step in steps where (try? Subprocess.output(of: step)) == nil { return nil }
    return program
  }

  private static var source: String? {
    #if arch(x86_64)
      """
      void _start(void) {
        static const char text[] = "Hello\\n";
        long result;
        __asm__ volatile("syscall" : "=a"(result) : "a"(1), "D"(1), "S"(text), "d"(6) : "rcx", "r11", "memory");
        __asm__ volatile("syscall" : : "a"(231), "D"(0) : "rcx", "r11", "memory");
        __builtin_unreachable();
      }
      """
    #else
      nil
    #endif
  }
}
