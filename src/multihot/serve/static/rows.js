/** Text as rows of features: separated by comma, semicolon, tab or space, with names above or without. */

const BLANK = new Set(["", "?", "na", "nan", "null", "none"]);

/**
 * @param {string} text one row a line
 * @param {string[]} columns what a row may name; empty where features have no names
 * @param {number} width numbers in a row without names
 * @returns rows as the server takes them
 */
export function parseRows(text, columns, width) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  if (!lines.length) throw new Error("paste at least one row");
  const separator = [";", "\t", ","].find((mark) => lines[0].includes(mark)) ?? /\s+/;
  const cells = lines.map((line) => (separator instanceof RegExp ? line.trim() : line).split(separator).map(unquoted));
  const names = cells[0].every((cell) => !BLANK.has(cell.toLowerCase())) && columns.includes(cells[0][0]) ? cells.shift() : null;
  if (!cells.length) throw new Error("there are names, and no row below them");
  return cells.map((row, place) => {
    if (names) return named(row, names, place);
    if (columns.length && row.length === columns.length) return named(row, columns, place);
    if (row.length !== width) throw new Error(`row ${place + 1} has ${row.length} values, expected ${columns.length || width}`);
    return row.map(value);
  });
}

function named(row, names, place) {
  if (row.length !== names.length) throw new Error(`row ${place + 1} has ${row.length} values below ${names.length} names`);
  return Object.fromEntries(names.map((name, column) => [name, value(row[column])]));
}

function unquoted(cell) {
  return cell.trim().replace(/^"(.*)"$/, "$1");
}

function value(cell) {
  if (BLANK.has(cell.toLowerCase())) return null;
  return Number.isFinite(Number(cell)) ? Number(cell) : cell;
}
