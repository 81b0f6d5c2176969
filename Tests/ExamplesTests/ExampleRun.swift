import Testing

/// One run of an example and what has to come of it.
struct ExampleRun: CustomTestStringConvertible {
  enum Ending { case status(Int32), trap }

  let example: String
  var arguments: [String] = []
  var input = ""
  let ending: Ending
  var output = ""
  /// Part of what standard error says.
  var complaint = ""

  var testDescription: String { ([example] + arguments).joined(separator: " ") }

  /// Beside the example, a directory `data` is there with `poem.txt` and `empty`.
  static let poem = "the fog comes\non little\tcat feet\n"

  static let all: [ExampleRun] = [
    ExampleRun(example: "hello", ending: .status(0), output: "Hello from inside a trustlet\n"),
    ExampleRun(
      example: "hello", arguments: ["Ada", "Grace"], ending: .status(0),
      output: "Hello from inside a trustlet\nHello, Ada\nHello, Grace\n"),
    ExampleRun(example: "echo", input: "one two\nthree", ending: .status(0), output: "one two\nthree"),
    ExampleRun(example: "echo", ending: .status(0)),
    ExampleRun(
      example: "wordcount", input: "one two\nthree", ending: .status(0), output: "      1       3      13\n"),
    ExampleRun(example: "wordcount", ending: .status(0), output: "      0       0       0\n"),
    ExampleRun(
      example: "wordcount", arguments: ["data/poem.txt"], ending: .status(0),
      output: "      2       7      33 data/poem.txt\n"),
    ExampleRun(
      example: "wordcount", arguments: ["./data//poem.txt", "data/none", "data/empty"], ending: .status(1),
      output: """
              2       7      33 ./data//poem.txt
              0       0       0 data/empty
              2       7      33 total

        """,
      complaint: "wordcount: data/none: no such file\n"),
    ExampleRun(
      example: "wordcount", arguments: ["../secret"], ending: .status(1),
      complaint: "wordcount: ../secret: no such file\n"),
    ExampleRun(
      example: "mandelbrot", arguments: ["24"], ending: .status(0),
      output: """
             ...,,,,,,,,::,,....
            .,,,,,,,,,::;=::,,,.
           ,,,,,,,,::=-#@@@-;:,,
          .,,,,:;;::+@@@@@@@@-,,
          ,,::;;@@@@@@@@@@@@@:,,
          ,,::;;@@@@@@@@@@@@@:,,
          .,,,,:;;::+@@@@@@@@-,,
           ,,,,,,,,::=-#@@@-;:,,
            .,,,,,,,,,::;=::,,,.
             ...,,,,,,,,::,,....
        checksum f2b31e1c

        """),
    ExampleRun(
      example: "mandelbrot", arguments: ["wide"], ending: .status(2), complaint: "usage: mandelbrot [COLUMNS]"),
    ExampleRun(
      example: "greeting", ending: .status(0),
      output: "Content-Type: text/plain; charset=utf-8\r\nStatus: 400 Bad Request\r\n\r\nWho is it? Say ?name=...\n"),
    ExampleRun(example: "password", ending: .status(1), complaint: "there is none in the variable PASSWORD"),
    ExampleRun(example: "crash", ending: .status(2), complaint: "usage: crash"),
    ExampleRun(example: "crash", arguments: ["divide"], ending: .trap, complaint: "divide_by_zero"),
    ExampleRun(example: "crash", arguments: ["memory"], ending: .trap, complaint: "read_outside_memory"),
    ExampleRun(example: "crash", arguments: ["stack"], ending: .trap, complaint: "recurse_too_deeply"),
    ExampleRun(example: "crash", arguments: ["call"], ending: .trap, complaint: "call_the_wrong_type"),
    ExampleRun(example: "crash", arguments: ["unreachable"], ending: .trap, complaint: "reach_the_unreachable"),
  ]
}
