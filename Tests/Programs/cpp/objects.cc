// run:
// run: early
// Virtual functions, casts at run time, construction and destruction in their order.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <vector>

struct Noisy {
  const char *name;
  explicit Noisy(const char *name) : name(name) { std::printf("+%s ", name); }
  ~Noisy() { std::printf("-%s ", name); }
};

static Noisy before("static");

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
  virtual const char *name() const { return "shape"; }
};
struct Named {
  virtual ~Named() = default;
  int tag = 7;
};
struct Circle : Shape {
  double radius;
  explicit Circle(double radius) : radius(radius) {}
  double area() const override { return 3.0 * radius * radius; }
  const char *name() const override { return "circle"; }
};
struct Square : Shape, Named {
  double side;
  explicit Square(double side) : side(side) {}
  double area() const override { return side * side; }
};
struct Base { int value = 1; virtual ~Base() = default; };
struct Left : virtual Base { int left = 2; };
struct Right : virtual Base { int right = 3; };
struct Bottom : Left, Right { int bottom = 4; };

template <typename... Numbers> constexpr auto sum(Numbers... numbers) { return (numbers + ... + 0); }

int main(int argc, char **) {
  static Noisy local("local-static");
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Circle>(2));
  shapes.push_back(std::make_unique<Square>(3));
  for (const auto &shape : shapes) {
    auto *named = dynamic_cast<Named *>(shape.get());
    std::printf("\n%s %g %d %d", shape->name(), shape->area(), named ? named->tag : -1, typeid(*shape) == typeid(Circle));
  }
  Bottom bottom;
  bottom.value = 10;
  Base *base = &bottom;
  std::printf("\n%d %d %d\n", static_cast<Right &>(bottom).value, dynamic_cast<Left *>(base)->left, sum(1, 2, 3));
  double (Shape::*method)() const = &Shape::area;
  std::printf("%g\n", (*shapes[0].*method)());
  {
    Noisy a("a"), b("b");
    if (argc > 1) std::exit(9);
  }
  std::printf("\n");
}
