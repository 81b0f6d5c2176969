// run: --stdin fog
// Streams: formatting, parsing, strings, lines of standard input.
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>

int main() {
  std::cout << std::setw(8) << 42 << '|' << std::left << std::setw(8) << "left" << '|' << std::hex << 255 << std::dec << '\n';
  std::cout << std::fixed << std::setprecision(3) << 3.14159 << ' ' << std::scientific << 12345.678 << ' '
            << std::defaultfloat << std::setprecision(17) << 0.1 << '\n';
  std::cout << std::boolalpha << true << ' ' << std::setfill('*') << std::setw(6) << 7 << std::setfill(' ') << '\n';
  std::istringstream parts("12 3.5 word\nrest of the line");
  int whole;
  double real;
  std::string word, rest;
  parts >> whole >> real >> word >> std::ws;
  std::getline(parts, rest);
  std::cout << whole << ' ' << real << ' ' << word << " [" << rest << "]\n";
  std::istringstream bad("x");
  std::cout << static_cast<bool>(bad >> whole) << bad.fail() << bad.eof() << '\n';

  std::stringstream both;
  for (int i = 0; i < 100; i++) both << i << ' ' << i * i << '\n';
  both.seekg(50);
  std::getline(both, rest);
  std::getline(both, rest);
  std::cout << rest << ' ' << both.tellg() << '\n';
  both.seekp(0);
  both << "FIRST";
  both.seekg(0);
  long sum = 0;
  int lines = 0;
  for (std::string line; std::getline(both, line); lines++) sum += static_cast<long>(line.size());
  std::cout << lines << ' ' << sum << '\n';

  int number = 0;
  for (std::string line; std::getline(std::cin, line);) std::cout << ++number << ": " << line << '\n';
  std::cerr << "to standard error " << number << std::endl;
  std::clog << "and the log\n";
  return std::cin.eof() ? 0 : 1;
}
