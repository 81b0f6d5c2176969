// run:
// Scattered reading and writing, and many open descriptors.
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

// A host may take only the first piece of several: whatever it takes, all of them get through.
typedef ssize_t (*transfer)(int, const struct iovec *, int);

static size_t all_of(transfer move, int descriptor, struct iovec *pieces, int count) {
  size_t total = 0;
  while (count > 0) {
    if (pieces->iov_len == 0) {
      pieces++, count--;
      continue;
    }
    ssize_t moved = move(descriptor, pieces, count);
    if (moved <= 0) break;
    total += (size_t)moved;
    for (size_t rest = (size_t)moved; rest > 0;) {
      size_t part = rest < pieces->iov_len ? rest : pieces->iov_len;
      pieces->iov_base = (char *)pieces->iov_base + part;
      pieces->iov_len -= part;
      rest -= part;
      if (pieces->iov_len == 0) pieces++, count--;
    }
  }
  return total;
}

int main(void) {
  int descriptor = open("/scratch/vectors", O_CREAT | O_RDWR | O_TRUNC, 0644);
  struct iovec out[] = { { "one ", 4 }, { "", 0 }, { "two ", 4 }, { "three", 5 } };
  printf("writev: %zu\n", all_of(writev, descriptor, out, 4));
  char a[3], b[1], c[20] = { 0 };
  struct iovec in[] = { { a, 3 }, { b, 1 }, { c, 19 } };
  lseek(descriptor, 0, SEEK_SET);
  printf("readv: %zu ", all_of(readv, descriptor, in, 3));
  printf("%.3s|%.1s|%s\n", a, b, c);
  struct iovec more = { c, sizeof c };
  printf("at the end: %zd\n", readv(descriptor, &more, 1));
  int appender = open("/scratch/vectors", O_WRONLY | O_APPEND);
  lseek(appender, 0, SEEK_SET);
  write(appender, "!", 1);
  printf("appended: %lld\n", (long long)lseek(descriptor, 0, SEEK_END));
  int opened[100], count = 0;
  for (; count < 100; count++)
    if ((opened[count] = open("/data/fog.txt", O_RDONLY)) < 0) break;
  printf("opened: %d\n", count);
  char first[100], same = 1;
  for (int i = 0; i < count; i++) {
    lseek(opened[i], i, SEEK_SET);
    read(opened[i], &first[i], 1);
  }
  lseek(opened[0], 0, SEEK_SET);
  char text[100];
  read(opened[0], text, sizeof text);
  for (int i = 0; i < count; i++) same &= text[i] == first[i];
  printf("each its own offset: %d\n", same);
  for (int i = 0; i < count; i++) close(opened[i]);
  struct iovec all[] = { { "written ", 8 }, { "in parts\n", 9 } };
  fflush(stdout);
  return all_of(writev, 1, all, 2) == 17 ? 0 : 1;
}
