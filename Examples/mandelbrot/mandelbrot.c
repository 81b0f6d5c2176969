// Draws the Mandelbrot set in letters, as many columns wide as its argument says (72 if it says nothing).
#include "wasi.h"

enum { usual_columns = 72, most_columns = 4000, most_steps = 1000 };

static int steps_at(double x, double y) {
  double re = 0, im = 0;
  for (int step = 0; step < most_steps; step++) {
    double re_square = re * re, im_square = im * im;
    if (re_square + im_square > 4) return step;
    im = 2 * re * im + y;
    re = re_square - im_square + x;
  }
  return most_steps;
}

static char shade(int steps) {
  static const char shades[] = " .,:;-=+*o%&$#";
  if (steps == most_steps) return '@';
  int level = 0;
  for (; steps > 1 && level < (int)sizeof shades - 2; steps = steps * 2 / 3) level++;
  return shades[level];
}

static int columns_from(const char *text) {
  int columns = 0;
  for (; *text >= '0' && *text <= '9' && columns <= most_columns; text++) columns = columns * 10 + (*text - '0');
  return *text == 0 && columns >= 1 && columns <= most_columns ? columns : 0;
}

int main(int count, char **arguments) {
  int columns = count > 1 ? columns_from(arguments[1]) : usual_columns;
  if (columns == 0) {
    complain("usage: mandelbrot [COLUMNS]   (from 1 to 4000)\n");
    return 2;
  }
  int rows = (columns * 5 + 11) / 12;
  uint32_t checksum = 0;
  char *line = allocate((size_t)columns + 1);
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      int steps = steps_at(3.0 * column / columns - 2.2, 2.5 * (row + 0.5) / rows - 1.25);
      line[column] = shade(steps);
      checksum = checksum * 31 + (uint32_t)steps;
    }
    line[columns] = '\n';
    print_bytes(standard_output, line, (size_t)columns + 1);
  }
  print("checksum ");
  for (int shift = 28; shift >= 0; shift -= 4) print_bytes(standard_output, &"0123456789abcdef"[checksum >> shift & 15], 1);
  print("\n");
  return 0;
}
