// run: --stdin large -- 4096
// run: --stdin large -- 1
// run: --stdin large -- 100003
// run: --stdin fog -- 7
// run: --stdin empty -- 10
// Standard input to its end, in pieces of any size.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  unsigned char *piece = malloc(size);
  uint64_t hash = 1469598103934665603u, total = 0, lines = 0;
  for (size_t got; (got = fread(piece, 1, size, stdin)) > 0;) {
    for (size_t i = 0; i < got; i++) {
      hash = (hash ^ piece[i]) * 1099511628211u;
      lines += piece[i] == '\n';
    }
    total += got;
  }
  printf("%llu bytes, %llu lines, %016llx, end %d, error %d\n", (unsigned long long)total, (unsigned long long)lines,
         (unsigned long long)hash, feof(stdin) != 0, ferror(stdin) != 0);
  printf("still at the end: %d\n", getchar() == EOF);
  return 0;
}
