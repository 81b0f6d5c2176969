// run:
// The containers and algorithms of the C++ library.
#include <algorithm>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

struct Visitor {
  void operator()(int value) const { std::cout << "int " << value << '\n'; }
  void operator()(const std::string &value) const { std::cout << "string " << value << '\n'; }
};

int main() {
  std::vector<int> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::ranges::sort(numbers, [](int a, int b) { return a * 7919 % 1009 < b * 7919 % 1009; });
  std::cout << numbers.front() << ' ' << numbers[500] << ' ' << numbers.back() << '\n';
  std::cout << std::accumulate(numbers.begin(), numbers.end(), 0L) << '\n';
  std::nth_element(numbers.begin(), numbers.begin() + 250, numbers.end());
  std::cout << numbers[250] << '\n';

  std::map<std::string, std::vector<int>> index;
  const std::string text = "it was the best of times it was the worst of times";
  for (size_t at = 0, word = 0; at < text.size(); word++) {
    size_t end = std::min(text.find(' ', at), text.size());
    index[text.substr(at, end - at)].push_back(static_cast<int>(word));
    at = end + 1;
  }
  for (const auto &[word, places] : index) {
    std::cout << word << ':';
    for (int place : places) std::cout << ' ' << place;
    std::cout << '\n';
  }

  std::unordered_map<long, long> squares;
  for (long i = 0; i < 5000; i++) squares[i * 31] = i * i;
  long total = 0;
  for (const auto &[key, value] : squares) total += key ^ value;
  std::cout << squares.size() << ' ' << total << ' ' << squares.count(62) << squares.count(63) << '\n';

  std::priority_queue<int, std::vector<int>, std::greater<>> queue;
  for (int i : {5, 1, 4, 2, 3}) queue.push(i);
  for (; !queue.empty(); queue.pop()) std::cout << queue.top();
  std::cout << '\n';

  std::set<std::tuple<int, std::string>> ordered{{2, "b"}, {1, "z"}, {2, "a"}};
  for (const auto &[number, name] : ordered) std::cout << number << name << ' ';
  std::deque<int> both{1, 2, 3};
  both.push_front(0), both.pop_back();
  std::list<int> linked(both.begin(), both.end());
  linked.reverse();
  for (int i : linked) std::cout << i;
  std::cout << '\n';

  std::vector<std::variant<int, std::string>> things{1, std::string("two"), 3};
  for (const auto &thing : things) std::visit(Visitor{}, thing);
  std::optional<int> maybe;
  std::cout << maybe.value_or(-1) << maybe.has_value() << '\n';
  auto shared = std::make_shared<std::string>("shared");
  std::weak_ptr<std::string> weak = shared;
  std::cout << shared.use_count() << weak.expired();
  shared.reset();
  std::cout << weak.expired() << '\n';
  std::function<int(int)> add = [offset = 10](int x) { return x + offset; };
  std::cout << add(5) << '\n';
}
