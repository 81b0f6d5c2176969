import EdgeCalls

/// A static executable as `ld.lld` makes it: what an image takes over from it.
///
/// The linker's input was a hostile module, so nothing here is believed either.
package struct Executable {
  struct Segment {
    let kind: ImageRegion.Kind
    let address: UInt64
    /// Whole pages.
    let size: UInt64
    let contents: [UInt8]
  }

  let entry: UInt64
  let segments: [Segment]
  let functions: [SymbolTable.Symbol]
  let lines: [LineTable.Entry]

  package init(decoding bytes: UnsafeRawBufferPointer, architecture: String) throws(ImageError) {
    let header = try ExecutableHeader(decoding: bytes)
    guard let machine = ExecutableHeader.architectures.first(where: { $0.name == architecture })?.machine else {
      throw ImageError(.executable, "the architecture '\(architecture)' is none of \(ImageFormat.architectures)")
    }
    guard header.machine == machine else {
      throw ImageError(.executable, "executable: is for the ELF machine \(header.machine), not \(machine) (\(architecture))")
    }
    entry = header.entry
    segments = try Self.segments(bytes, header)
    let sections = try ExecutableSections(bytes, header)
    let code = segments.filter { $0.kind == .code }.map { $0.address..<$0.address + $0.size }
    functions = try sections.functions(within: code)
    lines = try DebugLines(
      lines: try sections.contents(named: ".debug_line"), lineStrings: try sections.contents(named: ".debug_line_str"),
      strings: try sections.contents(named: ".debug_str")
    ).entries(within: code)
  }

  private static func segments(
    _ bytes: UnsafeRawBufferPointer, _ header: ExecutableHeader
  ) throws(ImageError) -> [Segment] {
    let table = try slice(
      bytes, at: header.programHeaderOffset,
      count: UInt64(header.programHeaderCount) * UInt64(ExecutableHeader.programHeaderSize), of: "the segment table")
    var cursor = ByteCursor(table, part: "executable", code: .executable)
    var segments: [Segment] = []
    for _ in 0..<header.programHeaderCount {
      let program = try ProgramHeader(decoding: &cursor)
      switch SegmentType(rawValue: program.type) {
      case .load where program.memorySize > 0: segments.append(try segment(program, bytes))
      case .load, .unused, .note, .programHeaders, .stack, .readOnlyAfterRelocation, .exceptionFrames, .property, .riscvAttributes: break
      case nil:
        throw ImageError(
          .executable,
          "executable: has a segment of type \(hex(UInt64(program.type))); link it statically, without thread-local variables")
      }
    }
    return segments
  }

  private enum SegmentType: UInt32 {
    case unused = 0
    case load = 1
    case note = 4
    case programHeaders = 6
    case exceptionFrames = 0x6474_E550
    case stack = 0x6474_E551
    case readOnlyAfterRelocation = 0x6474_E552
    case property = 0x6474_E553
    case riscvAttributes = 0x7000_0003
  }

  private static func segment(
    _ program: ProgramHeader, _ bytes: UnsafeRawBufferPointer
  ) throws(ImageError) -> Segment {
    let place = "the segment at \(hex(program.address))"
    guard program.address.isMultiple(of: MemoryMap.pageSize) else {
      throw ImageError(.executable, "executable: \(place) does not begin at a page; link with separate code")
    }
    guard program.address >= MemoryMap.image, program.address <= MemoryMap.imageLimit,
      program.memorySize <= MemoryMap.imageLimit - program.address
    else {
      throw ImageError(
        .executable,
        "executable: \(place) (\(program.memorySize) bytes) is not within \(hex(MemoryMap.image)) to \(hex(MemoryMap.imageLimit))")
    }
    guard program.fileSize <= program.memorySize else {
      throw ImageError(.executable, "executable: \(place) has more bytes in the file than in memory")
    }
    let kind: ImageRegion.Kind
    // Execute 1, write 2, read 4.
    switch program.flags & 7 {
    case 4: kind = .constants
    case 4 | 2: kind = .data
    case 4 | 1: kind = .code
    case 1 | 2, 1 | 2 | 4: throw ImageError(.writableAndExecutable, "executable: \(place) could be written and executed")
    default: throw ImageError(.executable, "executable: \(place) has the rights \(program.flags & 7)")
    }
    let contents = try slice(bytes, at: program.offset, count: program.fileSize, of: place)
    let size = (program.memorySize + MemoryMap.pageSize - 1) / MemoryMap.pageSize * MemoryMap.pageSize
    return Segment(kind: kind, address: program.address, size: size, contents: Array(contents))
  }
}
