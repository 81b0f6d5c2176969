// run:
// Seeded generators, time arithmetic, conversions: the same everywhere.
#include <bit>
#include <charconv>
#include <chrono>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <ratio>

int main() {
  std::mt19937_64 generator(42);
  std::uint64_t mixed = 0;
  for (int i = 0; i < 1000; i++) mixed = std::rotl(mixed, 7) ^ generator();
  std::printf("%016llx\n", static_cast<unsigned long long>(mixed));
  std::random_device device;
  std::printf("%d\n", device() != device() || device() != device());
  char text[64];
  for (double value : {0.1, 1e21, 1.0 / 3, 5e-324, 123456789.125}) {
    auto end = std::to_chars(text, text + sizeof text, value);
    std::printf("%.*s ", static_cast<int>(end.ptr - text), text);
  }
  int number = 0;
  auto result = std::from_chars("-123x", "-123x" + 5, number);
  std::printf("%d %c\n", number, *result.ptr);
  using namespace std::chrono_literals;
  std::printf("%lld\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(1h + 2min + 3s).count()));
  auto start = std::chrono::steady_clock::now();
  std::printf("%d\n", std::chrono::steady_clock::now() >= start);
  std::complex<double> z(1, 2);
  z = z * z / std::complex<double>(0.5, -1);
  std::printf("%.17g %.17g %.17g\n", z.real(), z.imag(), std::abs(z));
  std::printf("%d %d %d\n", std::popcount(0xF0F0u), std::countl_zero(1u), static_cast<int>(std::bit_cast<std::uint32_t>(1.0f) >> 23));
  std::printf("%lld %g\n", std::numeric_limits<long long>::min(), static_cast<double>(std::numeric_limits<float>::max()));
  __int128 wide = static_cast<__int128>(0x123456789abcdefLL) * 0xfedcba987654321LL;
  std::printf("%016llx%016llx\n", static_cast<unsigned long long>(wide >> 64), static_cast<unsigned long long>(wide));
  std::printf("%lld\n", static_cast<long long>(wide / 1000000007 % 998244353));
}
