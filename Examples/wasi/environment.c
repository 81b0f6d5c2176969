// Environment variables.
#include "wasi.h"

const char *environment(const char *name) {
  static char **variables;
  static size_t count;
  if (!variables) {
    size_t bytes;
    if (wasi_environ_sizes_get(&count, &bytes) != wasi_success) wasi_proc_exit(71);
    variables = allocate((count + 1) * sizeof *variables);
    if (wasi_environ_get(variables, allocate(bytes + 1)) != wasi_success) wasi_proc_exit(71);
  }
  size_t length = text_length(name);
  for (size_t i = 0; i < count; i++) {
    size_t at = 0;
    while (at < length && variables[i][at] == name[at]) at++;
    if (at == length && variables[i][at] == '=') return variables[i] + length + 1;
  }
  return 0;
}
