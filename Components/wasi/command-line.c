// wasi:cli: arguments, environment, exit, standard streams and terminals.
#include "http.h"
#include "streams.h"

// The strings as WASI 0.1 gives them: pointers, and behind them what they point to.
static uint8_t **strings(errno_t sizes(uint32_t *, uint32_t *), errno_t get(uint8_t **, uint8_t *), uint32_t *count) {
  uint32_t size;
  if (sizes(count, &size)) __builtin_trap();
  uint8_t **pointers = allocate((uint64_t)*count * sizeof *pointers);
  if (get(pointers, allocate(size))) __builtin_trap();
  return pointers;
}

static struct list string(const uint8_t *start, const uint8_t *end) { return (struct list){start, (uint32_t)(end - start)}; }

static const uint8_t *find(const uint8_t *text, uint8_t wanted) {
  while (*text && *text != wanted) text++;
  return text;
}

EXPORT("cli/environment#get-environment") const struct list *get_environment(void) {
  begin_call();
  static struct list result;
  uint32_t count;
  uint8_t **pointers = strings(environ_sizes_get, environ_get, &count);
  struct {
    struct list name, value;
  } *pairs = allocate((uint64_t)count * sizeof *pairs);
  for (uint32_t index = 0; index < count; index++) {
    const uint8_t *middle = find(pointers[index], '=');
    pairs[index].name = string(pointers[index], middle);
    pairs[index].value = *middle ? string(middle + 1, find(middle + 1, 0)) : string(middle, middle);
  }
  result = (struct list){pairs, count};
  return &result;
}

EXPORT("cli/environment#get-arguments") const struct list *get_arguments(void) {
  begin_call();
  static struct list result;
  uint32_t count;
  uint8_t **pointers = strings(args_sizes_get, args_get, &count);
  struct list *arguments = allocate((uint64_t)count * sizeof *arguments);
  for (uint32_t index = 0; index < count; index++) arguments[index] = string(pointers[index], find(pointers[index], 0));
  result = (struct list){arguments, count};
  return &result;
}

struct option_string {
  uint8_t is_some;
  struct list string;
};

EXPORT("cli/environment#initial-cwd") const struct option_string *initial_cwd(void) {
  static const struct option_string none;
  return &none;
}

EXPORT("cli/exit#exit") void cli_exit(uint32_t is_error) { proc_exit(is_error); }
EXPORT("cli/exit#exit-with-code") void exit_with_code(uint32_t code) { proc_exit(code); }

// MARK: Standard streams

// Where a request came by standard input and its answer goes to standard output, the one has no more to read, and what is written to the
// other goes where errors go.
EXPORT("cli/stdin#get-stdin") uint32_t get_stdin(void) {
  struct object *stream = new_input(0, 0, 0);
  stream->is_closed = is_serving;
  return new_input_stream(stream);
}
EXPORT("cli/stdout#get-stdout") uint32_t get_stdout(void) { return new_output_stream(new_output(0, is_serving ? 2 : 1, 0, false)); }
EXPORT("cli/stderr#get-stderr") uint32_t get_stderr(void) { return new_output_stream(new_output(0, 2, 0, false)); }

static bool is_terminal(uint32_t fd) {
  struct fdstat status;
  return !fd_fdstat_get(fd, &status) && status.filetype == FILETYPE_CHARACTER_DEVICE;
}

struct option_handle {
  uint8_t is_some;
  uint32_t handle;
};

EXPORT("cli/terminal-stdin#get-terminal-stdin") const struct option_handle *get_terminal_stdin(void) {
  static struct option_handle result;
  result.is_some = is_terminal(0);
  if (result.is_some) result.handle = new_terminal_input(new_object(KIND_EMPTY));
  return &result;
}

static const struct option_handle *terminal_output(uint32_t fd) {
  static struct option_handle result;
  result.is_some = is_terminal(fd);
  if (result.is_some) result.handle = new_terminal_output(new_object(KIND_EMPTY));
  return &result;
}

EXPORT("cli/terminal-stdout#get-terminal-stdout") const struct option_handle *get_terminal_stdout(void) { return terminal_output(1); }
EXPORT("cli/terminal-stderr#get-terminal-stderr") const struct option_handle *get_terminal_stderr(void) { return terminal_output(2); }
