import type { Case, Figures } from './measure.js';

/** The columns of every table of the media bench. */
export const columns: readonly string[] = [
  'server',
  'codec',
  'rooms',
  'CPU ms',
  'kernel',
  'gap p50',
  'p99',
  'max',
  'lost',
  'transit p50',
  'p95',
  'dropouts',
  'heard right',
  'load CPU',
  'load late p99',
  'heap',
];

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

function share(value: number): string {
  return `${(value * 100).toFixed(value > 0 && value < 0.01 ? 2 : 1)} %`;
}

function heapOf({ memory }: Figures): string {
  const [from, to] = [memory[0], memory.at(-1)];
  if (from === undefined || to === undefined || from === to) return '–';
  const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  return `${megabytes(from.heldBytes)} → ${megabytes(to.heldBytes)} MB`;
}

export function rowOf(each: Case, figures: Figures): string[] {
  return [
    each.server,
    each.codec,
    `${each.rooms.length} × ${each.rooms[0] ?? 0}`,
    number(figures.cpuMs, 3),
    number(figures.systemMs, 3),
    number(figures.gapP50Ms, 1),
    number(figures.gapP99Ms, 1),
    number(figures.gapMaxMs, 1),
    `${figures.lost}${figures.silent > 0 ? ` (${figures.silent} heard nothing)` : ''}`,
    number(figures.transitP50Ms, 1),
    number(figures.transitP95Ms, 1),
    share(figures.dropouts),
    `${figures.right} of ${figures.right + figures.wrong.length}`,
    number(figures.loadMs, 3),
    number(figures.lateP99Ms, 1),
    heapOf(figures),
  ];
}

/** A row for a terminal. */
export function textOf(row: readonly string[]): string {
  const widths = [17, 8, 11, 8, 8, 9, 7, 8, 9, 13, 8, 10, 13, 10, 15, 16];
  return row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 10) : cell.padStart(widths[i] ?? 10))).join('');
}

/** A table in Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** The document with what stands between a part's two comments replaced. Throws when it has no such part. */
export function documentWith(document: string, part: string, text: string): string {
  const [from, to] = [`<!-- begin of ${part} -->`, `<!-- end of ${part} -->`];
  const [start, end] = [document.indexOf(from), document.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`the document has no part ${part}`);
  return `${document.slice(0, start + from.length)}\n\n${text}\n\n${document.slice(end)}`;
}
