// Numbers as people read them.

const counts = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compactCounts = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

function wordsForCount(number) {
  return number < 100000 ? counts.format(number) : compactCounts.format(number);
}

function wordsForRate(number) {
  if (!number) return "0";
  if (number < 10) return number.toFixed(1);
  return wordsForCount(Math.round(number));
}

/** [number, unit] of bytes. */
function partsOfBytes(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return [unit === 0 || value >= 99.5 ? value.toFixed(0) : value.toFixed(1), units[unit]];
}

const wordsForBytes = (bytes) => partsOfBytes(bytes).join(" ");

function wordsForTime(microseconds) {
  const [divisor, unit] = microseconds < 1000 ? [1, "µs"] : microseconds < 1000000 ? [1000, "ms"] : [1000000, "s"];
  const value = microseconds / divisor;
  return `${value >= 99.5 || unit === "µs" || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(2)} ${unit}`;
}

function wordsForDuration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

const shortRevision = (revision) => (revision ? revision.slice(0, 12) : "–");

function plural(number, one, many) {
  return `${wordsForCount(number)} ${number === 1 ? one : many}`;
}
