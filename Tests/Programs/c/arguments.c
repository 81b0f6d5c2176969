// run: one "two words" "" -x --long=value "ünïcödé"
// run:
// run: --env COLOUR=blue --env EMPTY= --env PATH_LIKE=/a:/b -- with environment
// Arguments and environment, in order and unchanged.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  printf("%d arguments\n", argc - 1);
  for (int i = 1; i < argc; i++) printf("%d: [%s] %zu bytes\n", i, argv[i], strlen(argv[i]));
  printf("argv ends with null: %d\n", argv[argc] == NULL);
  size_t count = 0;
  while (environ && environ[count]) count++;
  if (count) qsort(environ, count, sizeof *environ, compare);
  for (size_t i = 0; i < count; i++) printf("env %s\n", environ[i]);
  const char *colour = getenv("COLOUR");
  printf("COLOUR is %s\n", colour ? colour : "not set");
  setenv("COLOUR", "green", 1);
  printf("and now %s\n", getenv("COLOUR"));
  unsetenv("COLOUR");
  printf("and gone: %d\n", getenv("COLOUR") == NULL);
  return 0;
}
