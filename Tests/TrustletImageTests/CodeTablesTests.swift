import EdgeCalls
import Testing
import TrustletImage

@Suite struct CodeTablesTests {
  private func symbolTable(_ symbols: [SymbolTable.Symbol]) throws -> SymbolTable {
    let bytes = SymbolTable.encode(symbols, of: .image)
    // Storage is never empty: a byte more, which is not part of the table.
    let storage = try (bytes + [0]).withUnsafeBytes { (buffer) throws(ImageError) in try ImageStorage(copying: buffer) }
    return try SymbolTable(checking: ImageBytes(storage, 0..<bytes.count), of: .image)
  }

  private func lineTable(_ entries: [LineTable.Entry]) throws -> LineTable {
    let bytes = LineTable.encode(entries)
    let storage = try (bytes + [0]).withUnsafeBytes { (buffer) throws(ImageError) in try ImageStorage(copying: buffer) }
    return try LineTable(checking: ImageBytes(storage, 0..<bytes.count))
  }

  @Test func symbolsComeBack() throws {
    var symbols: [SymbolTable.Symbol] = []
    var address = MemoryMap.image
    for number in 0..<5000 {
      let size = UInt64.random(in: 1...5000)
      let name = ["wasm.\(number)", "wasm.function.ä\(number)", "ö", "", "wasm.function.å"].randomElement() ?? ""
      symbols.append(.init(address: address, size: size, name: name))
      address += size + UInt64([0, 0, 3, 200].randomElement() ?? 0)
    }
    let table = try symbolTable(symbols.shuffled())
    #expect(table.count == symbols.count)
    #expect(Array(table) == symbols)
    for symbol in symbols.shuffled().prefix(20) {
      #expect(table.symbol(containing: symbol.address) == symbol)
      #expect(table.symbol(containing: symbol.address + symbol.size - 1) == symbol)
    }
    #expect(table.symbol(containing: MemoryMap.image - 1) == nil)
    #expect(table.symbol(containing: address) == nil)
  }

  @Test func tablesAreCompact() throws {
    let symbols = (0..<100_000).map {
      SymbolTable.Symbol(address: MemoryMap.image + UInt64($0) * 200, size: 190, name: "wasm.function.\($0)")
    }
    #expect(SymbolTable.encode(symbols, of: .image).count < 1_000_000)
    let lines = (0..<100_000).map {
      LineTable.Entry(address: MemoryMap.image + UInt64($0) * 9, wasmOffset: 1_000_000 + UInt32($0) * 3)
    }
    #expect(LineTable.encode(lines).count < 210_000)
  }

  @Test func overlapsAreLeftOutTheLargerFirst() throws {
    let table = try symbolTable([
      .init(address: MemoryMap.image + 8, size: 4, name: "inner"), .init(address: MemoryMap.image, size: 16, name: "b"),
      .init(address: MemoryMap.image, size: 16, name: "a"), .init(address: MemoryMap.image, size: 4, name: "small"),
      .init(address: MemoryMap.image + 16, size: 0, name: "empty"), .init(address: MemoryMap.image + 20, size: 4, name: "next"),
    ])
    #expect(table.map(\.name) == ["a", "next"])
  }

  @Test func namesAreCutAndCleaned() throws {
    let long = String(repeating: "ä", count: 600)
    let table = try symbolTable([
      .init(address: MemoryMap.image, size: 1, name: "a\u{1B}[31m\n\u{85}"), .init(address: MemoryMap.image + 1, size: 1, name: long),
      .init(address: MemoryMap.image + 2, size: 1, name: "äb"), .init(address: MemoryMap.image + 3, size: 1, name: "ä\u{301}"),
    ])
    #expect(table.map(\.name) == ["a?[31m??", String(repeating: "ä", count: 512), "äb", "ä\u{301}"])
  }

  @Test func linesComeBack() throws {
    var entries: [LineTable.Entry] = []
    var address = MemoryMap.image
    for _ in 0..<5000 {
      let offset = [0, 1, UInt32.max, UInt32.random(in: 0...1_000_000)].randomElement() ?? 0
      if offset != entries.last?.wasmOffset ?? 0 { entries.append(.init(address: address, wasmOffset: offset)) }
      address += UInt64.random(in: 1...300)
    }
    let table = try lineTable(entries)
    #expect(table.count == entries.count)
    #expect(Array(table) == entries)
    for (entry, next) in zip(entries, entries.dropFirst()).shuffled().prefix(20) {
      let expected = entry.wasmOffset == 0 ? nil : entry.wasmOffset
      #expect(table.wasmOffset(at: entry.address) == expected)
      #expect(table.wasmOffset(at: next.address - 1) == expected)
    }
    #expect(table.wasmOffset(at: 0) == nil)
  }
}
