// Where the host enters a command: fetches the arguments, calls main, exits with its result.
#include "wasi.h"

__attribute__((export_name("_start"))) void _start(void) {
  size_t count = 0, bytes = 0;
  if (wasi_args_sizes_get(&count, &bytes) != wasi_success) wasi_proc_exit(71);
  char **arguments = allocate((count + 1) * sizeof *arguments);
  if (wasi_args_get(arguments, allocate(bytes)) != wasi_success) wasi_proc_exit(71);
  arguments[count] = NULL;
  int status = main((int)count, arguments);
  if (status != 0) wasi_proc_exit((uint32_t)status);
}
