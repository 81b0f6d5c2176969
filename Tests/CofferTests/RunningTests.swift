import Testing

/// Everything that runs trustlets, one test after another: some measure time, some count what the process holds.
@Suite("Running trustlets", .serialized, .enabled(if: Needs.areMet, Needs.finding))
struct RunningTests {}
