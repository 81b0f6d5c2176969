/// What a program with exceptions has beside its functions, in its own unit: the exception on its way, the list of those who catch, and how one
/// gets there.
///
/// Who catches is a call of `coffer_exception_try`, which stands in the list as long as the block that it calls runs. An exception looks
/// through the list first: only if there is somebody does anything end. Then `coffer_resume` of the library OS goes back to that call, as it does
/// after a trap, and the call returns a second time. What is in between has no part in it, so that code without exceptions pays nothing.
enum ExceptionRuntime {
  static let current = "coffer_exception"
  static let tryBlock = "coffer_exception_try"
  static let find = "coffer_exception_find"
  static let resume = "coffer_resume"
  private static let handlers = "coffer_exception_handlers"
  private static let clause = "coffer_exception_clause"

  static let forgetHandlers = "store volatile ptr null, ptr @\(handlers)"

  static func define(_ text: inout IRText, _ context: inout UnitContext) {
    text.line("@\(current) = global \(LLVMGenerator.exceptionType) zeroinitializer")
    text.line("@\(handlers) = internal global ptr null")
    text.line("@\(clause) = internal global i32 0")
    context.runtime("coffer_save", "i32 (ptr)", attributes: "returns_twice")
    text.line(tryDefinition)
    text.line(findDefinition)
  }

  /// A record is the one before it, the clauses, and the context of coffer_save (program.h).
  /// - Returns: what the block returns, or -1 less the number of the clause that an exception fits.
  private static let tryDefinition = """
    define i32 @\(tryBlock)(ptr %block, ptr %frame, ptr %clauses) #0 {
    %record = alloca [34 x i64], align 16
    %previous = load volatile ptr, ptr @\(handlers)
    store volatile ptr %previous, ptr %record
    %second = getelementptr i8, ptr %record, i64 8
    store volatile ptr %clauses, ptr %second
    store volatile ptr %record, ptr @\(handlers)
    %context = getelementptr i8, ptr %record, i64 16
    %caught = call i32 @coffer_save(ptr %context) returns_twice
    %isFirst = icmp eq i32 %caught, 0
    br i1 %isFirst, label %run, label %catch
    run:
    %result = call i32 %block(ptr %frame) #2
    %before = load volatile ptr, ptr %record
    store volatile ptr %before, ptr @\(handlers)
    ret i32 %result
    catch:
    %outer = load volatile ptr, ptr %record
    store volatile ptr %outer, ptr @\(handlers)
    %number = load volatile i32, ptr @\(clause)
    ret i32 %number
    }
    """

  /// Clauses are their number and then tags, 0 for every tag.
  /// - Returns: the context of who catches, or null where nobody does.
  private static let findDefinition = """
    define ptr @\(find)(i64 %tag) #0 {
    entry:
    store volatile i64 %tag, ptr @\(current)
    %innermost = load volatile ptr, ptr @\(handlers)
    br label %next
    next:
    %record = phi ptr [ %innermost, %entry ], [ %outer, %others ]
    %isNone = icmp eq ptr %record, null
    br i1 %isNone, label %uncaught, label %clauses
    uncaught:
    ret ptr null
    clauses:
    %second = getelementptr i8, ptr %record, i64 8
    %list = load ptr, ptr %second
    %count = load i64, ptr %list
    br label %look
    look:
    %index = phi i64 [ 0, %clauses ], [ %following, %other ]
    %isEnd = icmp eq i64 %index, %count
    br i1 %isEnd, label %others, label %compare
    compare:
    %following = add i64 %index, 1
    %place = getelementptr i64, ptr %list, i64 %following
    %wanted = load i64, ptr %place
    %isAny = icmp eq i64 %wanted, 0
    %isThis = icmp eq i64 %wanted, %tag
    %fits = or i1 %isAny, %isThis
    br i1 %fits, label %found, label %other
    other:
    br label %look
    others:
    %outer = load ptr, ptr %record
    br label %next
    found:
    %small = trunc i64 %index to i32
    %number = xor i32 %small, -1
    store volatile i32 %number, ptr @\(clause)
    %context = getelementptr i8, ptr %record, i64 16
    ret ptr %context
    }
    """
}
