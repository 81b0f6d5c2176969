// run:
// Dates of fixed instants.
#include <stdio.h>
#include <time.h>

int main(void) {
  time_t instants[] = { 0, 951782400, 1700000000, 4102444799, -1 };
  for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
    struct tm *fields = gmtime(&instants[i]);
    char text[80];
    strftime(text, sizeof text, "%A %Y-%m-%d %H:%M:%S day %j week %U %%", fields);
    printf("%lld: %s, back %lld\n", (long long)instants[i], text, (long long)timegm(fields));
  }
  struct tm odd = { .tm_year = 124, .tm_mon = 13, .tm_mday = 35, .tm_hour = 25 };
  time_t normal = timegm(&odd);
  printf("%lld %s", (long long)normal, asctime(&odd));
  printf("%.0f\n", difftime(instants[2], instants[1]));
  return 0;
}
