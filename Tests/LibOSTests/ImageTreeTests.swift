import EdgeCalls
import LibOS
import Testing

/// Encodes ``FileTree``: contents by path, nil for a directory.
func fileTree(_ nodes: [(String, String?)]) -> [UInt8] {
  let sorted = ([("", nil)] + nodes).sorted { Array($0.0.utf8).lexicographicallyPrecedes(Array($1.0.utf8)) }
  let pathsStart = 16 + 32 * sorted.count
  var paths: [UInt8] = []
  for node in sorted { paths += Array(node.0.utf8) }
  var contents = [UInt8](repeating: 0, count: (16 - (pathsStart + paths.count) % 16) % 16)
  var entries: [UInt8] = []
  var pathOffset = pathsStart
  for (path, text) in sorted {
    let data = Array((text ?? "").utf8)
    let offset = pathsStart + paths.count + contents.count
    entries += encode([UInt32(pathOffset), UInt32(path.utf8.count), text == nil ? 2 : 1, 0])
    entries += encode(UInt64(offset)) + encode(UInt64(data.count))
    contents += data + [UInt8](repeating: 0, count: (16 - data.count % 16) % 16)
    pathOffset += path.utf8.count
  }
  return encode(FileTree.magic) + encode([UInt32(sorted.count), 0]) + entries + paths + contents
}

@Suite struct ImageTreeTests {
  static let nodes: [(String, String?)] = [
    ("bin", nil), ("bin/tool", "tool"), ("a", nil), ("a-b", "dash"), ("a/x", "inner"), ("a/y", nil), ("a/y/z", "deep"),
    ("empty", ""), ("grün", "green"),
  ]

  func run(_ script: String) throws {
    let host = DirectoryHost(directories: ["/tmp"])
    var start = TestMachine.Start()
    start.files = fileTree(Self.nodes)
    start.directories = [(1, true, "/host")]
    let runner = CallRunner(try TestMachine(host: host, start: start))
    for step in RecordedCalls("# image\n" + script).sections[0].steps {
      #expect(runner.run(step.call) == step.expected, "\(step.call)")
    }
  }

  @Test func isTheFirstDirectory() throws {
    try run(
      """
      fd_prestat_get 3 *prestat => 0 0/1
      fd_prestat_dir_name 3 *text:1 => 0 "/"
      fd_prestat_dir_name 4 *text:5 => 0 "/host"
      fd_fdstat_get 3 *fdstat => 0 3/0/7b7fe00/ff7ffff
      """)
  }

  @Test func readsAndSeeks() throws {
    try run(
      """
      path_open 3 0 "a/x" 0 2 0 0 *u32 => 0 5
      fd_fdstat_get 5 *fdstat => 0 4/0/3fffffbf/3fffffbf
      fd_read 5 [2,2] *u32 => 0 "inne" 4
      fd_read 5 [9] *u32 => 0 "r\\xee\\xee\\xee\\xee\\xee\\xee\\xee\\xee" 1
      fd_read 5 [9] *u32 => 0 "\\xee\\xee\\xee\\xee\\xee\\xee\\xee\\xee\\xee" 0
      fd_seek 5 -2 2 *u64 => 0 3
      fd_pread 5 [3] 1 *u32 => 0 "nne" 3
      fd_pread 5 [3] -1 *u32 => 28
      fd_filestat_get 5 *times => 0 4/1/5/0/0
      fd_write 5 <no> *u32 => 8
      fd_filestat_set_size 5 0 => 63
      fd_filestat_set_times 5 0 0 10 => 63
      fd_sync 5 => 0
      fd_advise 5 0 0 0 => 0
      poll_oneoff {read:5} *u32 => 0 100:0:1:1:0 1
      poll_oneoff {write:5} *u32 => 63
      path_open 3 0 "empty" 0 2 0 0 *u32 => 0 6
      fd_read 6 [1] *u32 => 0 "\\xee" 0
      """)
  }

  @Test func paths() throws {
    try run(
      """
      path_open 3 0 "a/y/../x" 0 2 0 0 *u32 => 0 5
      path_open 3 0 "./a//x" 0 2 0 0 *u32 => 0 6
      path_open 3 0 "a/y/" 0 0 0 0 *u32 => 0 7
      path_open 7 0 "z" 0 2 0 0 *u32 => 0 8
      path_open 7 0 "../x" 0 2 0 0 *u32 => 63
      path_open 7 0 "." 2 0 0 0 *u32 => 0 9
      path_open 3 0 "a/y/.." 2 0 0 0 *u32 => 0 10
      path_open 10 0 "x" 0 2 0 0 *u32 => 0 11
      path_open 3 0 "a/x/" 0 2 0 0 *u32 => 54
      path_open 3 0 "a/x/.." 0 2 0 0 *u32 => 54
      path_open 3 0 "a/missing/../x" 0 2 0 0 *u32 => 44
      path_open 3 0 "a/xx" 0 2 0 0 *u32 => 44
      path_open 3 0 "a/" 0 66 0 0 *u32 => 63
      path_open 3 0 "new" 1 2 0 0 *u32 => 63
      path_open 3 0 "a/x" 8 2 0 0 *u32 => 63
      path_open 3 0 "a/x" 2 2 0 0 *u32 => 54
      path_open 3 0 "" 0 2 0 0 *u32 => 44
      path_open 3 0 "/a" 0 2 0 0 *u32 => 63
      path_open 3 0 "../a" 0 2 0 0 *u32 => 63
      path_filestat_get 3 0 "a-b" *stat => 0 4/1/4
      path_filestat_get 3 1 "a" *stat => 0 3/0/0
      path_filestat_get 3 1 "gr\\xc3\\xbcn" *stat => 0 4/1/5
      path_readlink 3 "a-b" *text:9 *u32 => 28
      path_readlink 3 "none" *text:9 *u32 => 44
      path_unlink_file 3 "a-b" => 63
      path_create_directory 3 "n" => 63
      path_remove_directory 3 "a" => 63
      path_rename 3 "a-b" 4 "a-b" => 63
      path_rename 4 "a-b" 3 "a-b" => 63
      path_link 3 0 "a-b" 4 "a-b" => 63
      path_symlink "x" 3 "s" => 63
      path_filestat_set_times 3 0 "a-b" 0 0 10 => 63
      """)
  }

  @Test func listings() throws {
    try run(
      """
      fd_readdir 3 *entries:1000 0 *u32 => 0 .:3,..:3,a:3,a-b:4,bin:3,empty:4,grün:4;7 188
      fd_readdir 3 *entries:1000 5 *u32 => 0 empty:4,grün:4;7 58
      fd_readdir 3 *entries:30 2 *u32 => 0 a:3;3 30
      path_open 3 0 "a" 0 0 0 0 *u32 => 0 5
      fd_readdir 5 *entries:1000 0 *u32 => 0 .:3,..:3,x:4,y:3;4 101
      path_open 5 0 "y" 0 0 0 0 *u32 => 0 6
      fd_readdir 6 *entries:1000 2 *u32 => 0 z:4;3 25
      """)
  }

  /// A tree with any byte changed gives errors, never a trap.
  @Test func brokenTrees() throws {
    let whole = fileTree(Self.nodes)
    for index in stride(from: 0, to: 16 + 32 * 10, by: 1) {
      for value in [0x7F, 0xFF] as [UInt8] {
        var start = TestMachine.Start()
        var bytes = whole
        bytes[index] = value
        start.files = bytes
        guard let machine = try? TestMachine(host: DirectoryHost(directories: []), start: start) else { continue }
        let runner = CallRunner(machine)
        for call in [
          "fd_readdir 3 *entries:1000 0 *u32", "path_open 3 0 \"a/y/z\" 0 2 0 0 *u32", "fd_read 4 [100] *u32",
          "path_open 3 0 \"a/y/../..\" 0 0 0 0 *u32",
        ] { #expect(!runner.run(call).hasPrefix("trap")) }
      }
    }
  }
}
