import RunCommand

/// Both programs say things the same way.
typealias Terminal = RunCommand.Terminal
