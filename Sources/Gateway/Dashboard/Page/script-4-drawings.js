// Drawings: histograms of latency on a logarithmic scale, and the line of the last two minutes.

const histogramSize = { height: 128, left: 38, right: 10, top: 20, bottom: 22 };

/** The buckets that are worth drawing: from the first with anything in it to the last, and one more on each side. */
function usedBuckets(summaries) {
  let first = Infinity;
  let last = -1;
  for (const summary of summaries) {
    (summary?.buckets ?? []).forEach(([, count], index) => {
      if (count > 0) {
        first = Math.min(first, index);
        last = Math.max(last, index);
      }
    });
  }
  if (last < 0) return null;
  const size = Math.max(...summaries.map((summary) => summary?.buckets?.length ?? 0));
  first = Math.max(0, first - 1);
  last = Math.min(size - 1, last + 1);
  while (last - first < 8 && (first > 0 || last < size - 1)) {
    if (first > 0) first -= 1;
    if (last - first < 8 && last < size - 1) last += 1;
  }
  return { first, last };
}

/** Where a time lies among the buckets, from 0 to their number: between bounds on the logarithmic scale. */
function placeAmong(buckets, range, time) {
  for (let index = range.first; index <= range.last; index += 1) {
    const upper = buckets[index][0];
    if (time <= upper) {
      const lower = index > 0 ? buckets[index - 1][0] : upper / 2;
      return index - range.first + Math.min(1, Math.max(0, Math.log(Math.max(time, 1) / lower) / Math.log(upper / lower)));
    }
  }
  return range.last - range.first + 1;
}

/** `width`: in pixels of the page, so that its letters are not stretched. */
function drawHistogram(summary, range, label, width) {
  const { height, left, right, top, bottom } = histogramSize;
  const buckets = summary.buckets;
  const number = range.last - range.first + 1;
  const step = (width - left - right) / number;
  const floor = height - bottom;
  const shares = buckets.slice(range.first, range.last + 1).map(([, count]) => count / Math.max(1, summary.count));
  const greatest = Math.max(...shares, 0.01);
  const picture = drawing("svg", { class: "histogram", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  const rise = (share) => floor - (share / greatest) * (floor - top);
  for (const part of [0.5, 1]) {
    const y = rise(greatest * part);
    picture.append(drawing("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }));
    picture.append(drawing("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, `${Math.round(greatest * part * 100)}%`));
  }
  shares.forEach((share, index) => {
    if (!share) return;
    const y = Math.min(rise(share), floor - 1.5);
    const column = drawing("rect", { class: "column", x: left + index * step + 1.5, y, width: step - 3, height: floor - y, rx: 2 });
    const [upper, count] = buckets[range.first + index];
    column.append(drawing("title", {}, `${plural(count, "request", "requests")} up to ${wordsForTime(upper)}`));
    picture.append(column);
  });
  picture.append(drawing("line", { class: "axis", x1: left, x2: width - right, y1: floor, y2: floor }));
  buckets.slice(range.first, range.last + 1).forEach(([upper], index) => {
    const isDecade = /^10*$/.test(String(upper)) || number < 10;
    if (isDecade && index < number - 0.5) {
      const x = left + (index + 1) * step;
      picture.append(drawing("line", { class: "axis", x1: x, x2: x, y1: floor, y2: floor + 4 }));
      picture.append(drawing("text", { x: Math.min(x, width - right - 12), y: height - 5, "text-anchor": "middle" }, wordsForTime(upper)));
    }
  });
  let occupied = -Infinity;
  for (const [name, time] of [["p50", summary.p50], ["p99", summary.p99]]) {
    const x = left + placeAmong(buckets, range, time) * step;
    picture.append(drawing("line", { class: "mark-line", x1: x, x2: x, y1: top - 4, y2: floor }));
    const at = Math.max(x, occupied + 30);
    picture.append(drawing("text", { class: "mark-text", x: Math.min(at, width - right - 12), y: top - 9, "text-anchor": "middle" }, name));
    occupied = at;
  }
  return picture;
}

/** The last values, the newest at the right. */
function drawLine(values, size) {
  const picture = drawing("svg", { class: "spark", viewBox: "0 0 120 40", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(drawing("line", { class: "base", x1: 0, x2: 120, y1: 39.5, y2: 39.5 }));
  if (values.length < 2) return picture;
  const greatest = Math.max(...values, 1e-9);
  const points = values.map((value, index) => {
    const x = 120 - ((values.length - 1 - index) * 120) / (size - 1);
    return `${x.toFixed(2)},${(38 - (value / greatest) * 34).toFixed(2)}`;
  });
  const start = points[0].split(",")[0];
  picture.append(drawing("polygon", { class: "area", points: `${start},40 ${points.join(" ")} 120,40` }));
  picture.append(drawing("polyline", { class: "stroke", points: points.join(" ") }));
  return picture;
}
