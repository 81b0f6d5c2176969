// run:
// flags: -msimd128
// Vectors of WebAssembly: what the compiler makes of loops, and instructions by name.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasm_simd128.h>

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void show(const char *name, v128_t value) {
  uint64_t lanes[2];
  memcpy(lanes, &value, sizeof lanes);
  printf("%-22s %016llx %016llx\n", name, (unsigned long long)lanes[0], (unsigned long long)lanes[1]);
}

static v128_t random_vector(void) { return wasm_u64x2_make(next(), next()); }

// Which of several NaNs comes out is left open: all are shown as one.
static v128_t quiet32(v128_t v) { return wasm_v128_bitselect(v, wasm_f32x4_const_splat(0.5f), wasm_f32x4_eq(v, v)); }
static v128_t quiet64(v128_t v) { return wasm_v128_bitselect(v, wasm_f64x2_const_splat(0.5), wasm_f64x2_eq(v, v)); }

static void instructions(void) {
  for (int round = 0; round < 20; round++) {
    v128_t a = random_vector(), b = random_vector(), c = random_vector();
    uint32_t shift = (uint32_t)next();
    show("i8x16.add_sat_s", wasm_i8x16_add_sat(a, b));
    show("i8x16.sub_sat_u", wasm_u8x16_sub_sat(a, b));
    show("i8x16.avgr_u", wasm_u8x16_avgr(a, b));
    show("i8x16.popcnt", wasm_i8x16_popcnt(a));
    show("i8x16.swizzle", wasm_i8x16_swizzle(a, wasm_v128_and(b, wasm_u8x16_const_splat(0x1F))));
    show("i8x16.shuffle", wasm_i8x16_shuffle(a, b, 0, 31, 2, 29, 4, 27, 6, 25, 8, 23, 10, 21, 12, 19, 14, 17));
    show("i8x16.shl", wasm_i8x16_shl(a, shift));
    show("i8x16.shr_s", wasm_i8x16_shr(a, shift));
    show("i16x8.q15mulr_sat_s", wasm_i16x8_q15mulr_sat(a, b));
    show("i16x8.extmul_high_u", wasm_u16x8_extmul_high_u8x16(a, b));
    show("i16x8.narrow", wasm_i16x8_narrow_i32x4(a, b));
    show("i32x4.dot", wasm_i32x4_dot_i16x8(a, b));
    show("i32x4.extadd", wasm_u32x4_extadd_pairwise_u16x8(a));
    show("i32x4.mul", wasm_i32x4_mul(a, b));
    show("i32x4.min_u", wasm_u32x4_min(a, b));
    show("i64x2.mul", wasm_i64x2_mul(a, b));
    show("i64x2.shr_u", wasm_u64x2_shr(a, shift));
    show("i64x2.lt_s", wasm_i64x2_lt(a, b));
    show("v128.bitselect", wasm_v128_bitselect(a, b, c));
    show("f32x4.mul", quiet32(wasm_f32x4_mul(a, b)));
    show("f32x4.min", quiet32(wasm_f32x4_min(a, b)));
    show("f32x4.pmax", quiet32(wasm_f32x4_pmax(a, b)));
    show("f32x4.nearest", quiet32(wasm_f32x4_nearest(a)));
    show("f64x2.div", quiet64(wasm_f64x2_div(a, b)));
    show("f64x2.sqrt", quiet64(wasm_f64x2_sqrt(wasm_f64x2_abs(a))));
    show("f64x2.promote", quiet64(wasm_f64x2_promote_low_f32x4(a)));
    show("i32x4.trunc_sat_f32", wasm_i32x4_trunc_sat_f32x4(a));
    show("i32x4.trunc_sat_f64_u", wasm_u32x4_trunc_sat_f64x2_zero(b));
    show("f32x4.convert_u", wasm_f32x4_convert_u32x4(c));
    printf("bits %x %x %x %x, any %d, all %d\n", wasm_i8x16_bitmask(a), wasm_i16x8_bitmask(a), wasm_i32x4_bitmask(a), wasm_i64x2_bitmask(a),
           wasm_v128_any_true(a), wasm_i8x16_all_true(a));
  }
}

// At every distance from a 16-byte boundary, and of every width.
static void memory(void) {
  uint8_t bytes[64];
  for (int i = 0; i < 64; i++) bytes[i] = (uint8_t)next();
  for (int offset = 0; offset < 17; offset++) {
    show("load", wasm_v128_load(bytes + offset));
    show("load8x8_s", wasm_i16x8_load8x8(bytes + offset));
    show("load32x2_u", wasm_u64x2_load32x2(bytes + offset));
    show("load16_splat", wasm_v128_load16_splat(bytes + offset));
    show("load64_zero", wasm_v128_load64_zero(bytes + offset));
    show("load32_lane", wasm_v128_load32_lane(bytes + offset, wasm_i32x4_const_splat(7), 2));
    wasm_v128_store16_lane(bytes + offset, wasm_v128_load(bytes + offset + 3), 5);
    wasm_v128_store(bytes + 40 - offset, wasm_v128_load(bytes + offset));
  }
  for (int i = 0; i < 64; i++) printf("%02x", bytes[i]);
  printf("\n");
}

// Loops that the compiler turns into vectors by itself.
static void loops(void) {
  enum { count = 10007 };
  float *x = malloc(count * sizeof *x), *y = malloc(count * sizeof *y);
  uint32_t *k = malloc(count * sizeof *k);
  for (int i = 0; i < count; i++) {
    x[i] = (float)(int32_t)next() / 65536.0f;
    y[i] = (float)(int32_t)next() / 4096.0f;
    k[i] = (uint32_t)next();
  }
  for (int i = 0; i < count; i++) y[i] = 1.5f * x[i] + fabsf(y[i]);
  uint32_t sum = 0, largest = 0;
  for (int i = 0; i < count; i++) {
    sum += k[i] * 2654435761u ^ k[i] >> 15;
    if (k[i] > largest) largest = k[i];
  }
  uint32_t bits = 0;
  for (int i = 0; i < count; i++) {
    uint32_t lane;
    memcpy(&lane, &y[i], sizeof lane);
    bits = bits * 31 + lane;
  }
  printf("loops: %08x %08x %08x\n", sum, largest, bits);
  free(x), free(y), free(k);
}

int main(void) {
  instructions();
  memory();
  loops();
  return 0;
}
