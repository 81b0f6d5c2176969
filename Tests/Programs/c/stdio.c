// run:
// Formatted output and input of the C library.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  printf("%d %5d %-5d| %05d %+d %x %X %o %#x\n", 42, 42, 42, 42, 42, 48879, 48879, 8, 255);
  printf("%" PRId64 " %" PRIu64 " %zu %td\n", INT64_MIN, UINT64_MAX, sizeof(int), (ptrdiff_t)-3);
  printf("[%s] [%10s] [%-10s] [%.3s] [%c] %%\n", "text", "right", "left", "truncated", 'c');
  printf("%f %.2f %e %g %g %a\n", 3.14159265358979, 2.5, 123456.789, 0.0001, 1e20, 0.1);
  printf("%f %f %f %d\n", 1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0 * -1 == 0, 1);
  printf("%*d %-*d| %.*f\n", 6, 1, 6, 2, 3, 3.14159);
  char buffer[16];
  int wanted = snprintf(buffer, sizeof buffer, "%s", "longer than the buffer is");
  printf("%d wanted, got [%s]\n", wanted, buffer);
  int a = 0, b = 0, n = 0;
  char word[16] = "";
  int fields = sscanf("12 0x1f word 99 rest", "%d %i %15s %*d%n", &a, &b, word, &n);
  printf("%d fields: %d %d %s, stopped at %d\n", fields, a, b, word, n);
  unsigned hex = 0;
  double number = 0;
  fields = sscanf("ff:2.5e3", "%x:%lf", &hex, &number);
  printf("%d fields: %u %g\n", fields, hex, number);
  putchar('p');
  fputs("uts\n", stdout);
  fwrite("a\0b\n", 1, 4, stdout);
  fprintf(stderr, "this goes to standard error\n");
  errno = 0;
  perror("perror without an error");
  setvbuf(stdout, NULL, _IONBF, 0);
  fputs("unbuffered ", stdout);
  puts(strerror(2));
  return ferror(stdout);
}
