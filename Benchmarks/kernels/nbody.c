// Five bodies under each other's gravity: square roots, divisions, structures of f64.
#include "kernel.h"

enum { bodies = 5 };
typedef struct { double x, y, z, vx, vy, vz, mass; } body;

static void step(body *all, double dt) {
  for (int i = 0; i < bodies; i++) {
    body *a = &all[i];
    for (int j = i + 1; j < bodies; j++) {
      body *b = &all[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = dt / (square * __builtin_sqrt(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < bodies; i++) {
    body *a = &all[i];
    a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
  }
}

static double energy(const body *all) {
  double sum = 0;
  for (int i = 0; i < bodies; i++) {
    const body *a = &all[i];
    sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
    for (int j = i + 1; j < bodies; j++) {
      const body *b = &all[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      sum -= a->mass * b->mass / __builtin_sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

// A star and four planets on nearly circular orbits, a little out of the plane.
uint64_t nbody_kernel(uint32_t n) {
  body *all = kernel_memory(bodies * sizeof *all);
  all[0] = (body){ .mass = 40 };
  for (int i = 1; i < bodies; i++) {
    double distance = 3.0 * i * i + 2;
    double speed = __builtin_sqrt(all[0].mass / distance);
    all[i] = (body){ .x = i & 1 ? distance : -distance, .z = 0.1 * i,
                     .vy = i & 1 ? speed : -speed, .vz = 0.01 * i, .mass = 0.01 * i };
  }
  for (uint32_t i = 0; i < n; i++) step(all, 0.01);
  uint64_t sum = bits_of(energy(all));
  for (int i = 0; i < bodies; i++) sum = mix(sum, bits_of(all[i].x));
  return sum;
}
