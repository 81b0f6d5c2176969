// run:
// Files in a writable directory: write, read, seek, append, truncate, rename, unlink, stat, directories.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *failure(int result) { return result == 0 ? "done" : strerror(errno); }

static void show(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  char text[256];
  size_t length = fread(text, 1, sizeof text - 1, file);
  text[length] = 0;
  printf("%s: %zu [%s] end %d\n", path, length, text, feof(file) != 0);
  fclose(file);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  char *names[300];
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) && count < 300;) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char line[300];
    snprintf(line, sizeof line, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
    names[count++] = strdup(line);
  }
  closedir(directory);
  qsort(names, count, sizeof *names, compare);
  printf("%s holds %zu:", path, count);
  for (size_t i = 0; i < count && count < 20; i++) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  FILE *file = fopen("/scratch/one.txt", "w+");
  if (!file) return perror("one.txt"), 1;
  fprintf(file, "first line\nsecond line\n");
  printf("at %ld\n", ftell(file));
  fseek(file, 6, SEEK_SET);
  char word[5] = "";
  fread(word, 1, 4, file);
  printf("at 6: [%s]\n", word);
  fseek(file, 0, SEEK_SET);
  fputs("FIRST", file);
  fseek(file, -5, SEEK_END);
  printf("five from the end: %c\n", fgetc(file));
  fclose(file);
  show("/scratch/one.txt");

  file = fopen("/scratch/one.txt", "a");
  fprintf(file, "appended\n");
  fclose(file);
  show("/scratch/one.txt");

  int descriptor = open("/scratch/one.txt", O_RDWR);
  printf("truncate: %s\n", failure(ftruncate(descriptor, 10)));
  printf("pwrite: %zd\n", pwrite(descriptor, "xyz", 3, 20));
  char bytes[32];
  ssize_t got = pread(descriptor, bytes, sizeof bytes, 8);
  printf("pread: %zd, a hole of zeros %d, then %.3s\n", got, bytes[2] == 0 && bytes[11] == 0, bytes + 12);
  printf("offset unmoved: %lld\n", (long long)lseek(descriptor, 0, SEEK_CUR));
  printf("beyond the end: %lld\n", (long long)lseek(descriptor, 100, SEEK_END));
  printf("before the start: %s\n", lseek(descriptor, -1, SEEK_SET) < 0 ? strerror(errno) : "allowed");
  printf("sync: %s\n", failure(fsync(descriptor)));
  struct stat status;
  fstat(descriptor, &status);
  printf("size %lld, regular %d, links %d\n", (long long)status.st_size, S_ISREG(status.st_mode), (int)status.st_nlink);
  close(descriptor);
  printf("closed twice: %s\n", failure(close(descriptor)));

  printf("mkdir: %s\n", failure(mkdir("/scratch/folder", 0755)));
  printf("mkdir again: %s\n", failure(mkdir("/scratch/folder", 0755)));
  printf("mkdir deep: %s\n", failure(mkdir("/scratch/none/folder", 0755)));
  printf("rename into: %s\n", failure(rename("/scratch/one.txt", "/scratch/folder/two.txt")));
  show("/scratch/one.txt");
  printf("rmdir full: %s\n", failure(rmdir("/scratch/folder")));
  printf("unlink a directory: %d\n", unlink("/scratch/folder") == -1);
  list("/scratch");
  list("/scratch/folder");
  stat("/scratch/folder", &status);
  printf("a directory: %d\n", S_ISDIR(status.st_mode));
  printf("stat nothing: %s\n", failure(stat("/scratch/nothing", &status)));
  printf("open exclusively: %s\n", open("/scratch/folder/two.txt", O_CREAT | O_EXCL | O_WRONLY, 0644) < 0 ? strerror(errno) : "?");
  printf("open a file as a directory: %d\n", open("/scratch/folder/two.txt", O_DIRECTORY) < 0);
  printf("below a file: %s\n", open("/scratch/folder/two.txt/x", O_RDONLY) < 0 ? strerror(errno) : "?");

  for (int i = 0; i < 200; i++) {
    char path[64];
    snprintf(path, sizeof path, "/scratch/folder/file-%03d", i);
    close(open(path, O_CREAT | O_WRONLY, 0644));
  }
  list("/scratch/folder");
  for (int i = 0; i < 200; i++) {
    char path[64];
    snprintf(path, sizeof path, "/scratch/folder/file-%03d", i);
    if (unlink(path)) perror(path);
  }
  list("/scratch/folder");
  printf("unlink: %s\n", failure(unlink("/scratch/folder/two.txt")));
  printf("unlink again: %s\n", failure(unlink("/scratch/folder/two.txt")));
  printf("rmdir: %s\n", failure(rmdir("/scratch/folder")));
  list("/scratch");

  // What stays is compared from outside.
  file = fopen("/scratch/kept.txt", "w");
  for (int i = 0; i < 1000; i++) fprintf(file, "line %d\n", i);
  fclose(file);
  mkdir("/scratch/kept", 0755);
  rename("/scratch/kept.txt", "/scratch/kept/lines.txt");
  return 0;
}
