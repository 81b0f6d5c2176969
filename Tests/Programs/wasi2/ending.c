// Ends as its second argument says: "fail" by an error, "exit" and "code" by a call, "trap" by a trap, otherwise well.
#include "client.h"

IMPORT("cli/exit", "exit") void cli_exit(uint32_t is_error);
IMPORT("cli/exit", "exit-with-code") void exit_with_code(uint32_t code);

static bool is(const struct list *text, const char *wanted) {
  if (text->count != length_of(wanted)) return false;
  for (uint32_t place = 0; place < text->count; place++)
    if (text->elements[place] != (uint8_t)wanted[place]) return false;
  return true;
}

RUN uint32_t run(void) {
  struct list arguments;
  get_arguments(&arguments);
  if (arguments.count < 2) return 0;
  const struct list *argument = (const struct list *)arguments.elements + 1;
  if (is(argument, "fail")) return 1;
  if (is(argument, "exit")) cli_exit(1);
  if (is(argument, "code")) exit_with_code(42);
  if (is(argument, "trap")) __builtin_trap();
  print("well\n");
  return 0;
}
