/** The figures of one second, or of one minute, in the order in which rows hold them. */
export const columns = [
  'received',
  'lost',
  'late',
  'longestRun',
  'jitterMs',
  'bufferMs',
  'concealedMs',
  'rFactor',
  'sent',
  'remoteLossPercent',
  'remoteJitterMs',
  'roundTripMs',
  'remoteRFactor',
] as const;
export type Column = (typeof columns)[number];
/** One row's figures; NaN where there was none. */
export type Row = Record<Column, number>;

export const secondsPerMinute = 60;
/** Whole minutes of which each second is kept, beside the present one. */
const MINUTES_OF_SECONDS = 5;
/** Minutes of which the aggregate is kept. */
const MINUTES = 120;
const WIDTH = columns.length;
const NONE = 0xffff;

/** What a figure is multiplied with, to be kept as a whole number. */
const scales: Row = {
  received: 1,
  lost: 1,
  late: 1,
  longestRun: 1,
  jitterMs: 10,
  bufferMs: 10,
  concealedMs: 1,
  rFactor: 100,
  sent: 1,
  remoteLossPercent: 100,
  remoteJitterMs: 10,
  roundTripMs: 1,
  remoteRFactor: 100,
};

/** How seconds become a minute; those that are not named here have their mean. */
const aggregations: Partial<Record<Column, 'sum' | 'max'>> = {
  received: 'sum',
  lost: 'sum',
  late: 'sum',
  longestRun: 'max',
  concealedMs: 'sum',
  sent: 'sum',
};

/** Plain data: whole numbers in rows of `columns`, see `readRows`. */
export interface SeriesData {
  /** Since the series began, of the first row. */
  readonly firstSecond: number;
  readonly seconds: readonly number[];
  readonly firstMinute: number;
  readonly minutes: readonly number[];
}

/**
 * One leg's figures, a row a second: those of the last five to six minutes, and behind them one row a minute for two
 * hours; what is older is dropped. Figures are kept as 16-bit whole numbers, larger ones as the largest: 1.6 KB for the
 * first minute, 9.4 KB after six, 3.1 KB more from the second minute on. Allocates once a minute at most.
 */
export class QualitySeries {
  /** One block of 60 rows a minute, the present one last. */
  readonly #blocks: Uint16Array[] = [new Uint16Array(secondsPerMinute * WIDTH)];
  /** Rows in the last block. */
  #rows = 0;
  #secondsDropped = 0;
  /** A ring, made with the first whole minute. */
  #minutes: Uint16Array | null = null;
  /** Minutes that are over. */
  #minuteCount = 0;

  /** Takes one second's figures. */
  push(row: Row): void {
    if (this.#rows === secondsPerMinute) this.#nextBlock();
    const block = this.#blocks[this.#blocks.length - 1]!;
    const at = this.#rows * WIDTH;
    for (let i = 0; i < WIDTH; i += 1) block[at + i] = keptOf(row[columns[i]!], scales[columns[i]!]);
    this.#rows += 1;
  }

  /** A copy of all that is kept. */
  read(): SeriesData {
    const seconds: number[] = [];
    this.#blocks.forEach((block, index) => {
      const rows = index === this.#blocks.length - 1 ? this.#rows : secondsPerMinute;
      for (let i = 0; i < rows * WIDTH; i += 1) seconds.push(block[i]!);
    });
    const firstMinute = Math.max(0, this.#minuteCount - MINUTES);
    const minutes: number[] = [];
    for (let minute = firstMinute; minute < this.#minuteCount; minute += 1) {
      const at = (minute % MINUTES) * WIDTH;
      for (let i = 0; i < WIDTH; i += 1) minutes.push(this.#minutes![at + i]!);
    }
    return { firstSecond: this.#secondsDropped, seconds, firstMinute, minutes };
  }

  #nextBlock(): void {
    this.#addMinute(this.#blocks[this.#blocks.length - 1]!);
    this.#rows = 0;
    if (this.#blocks.length <= MINUTES_OF_SECONDS) {
      this.#blocks.push(new Uint16Array(secondsPerMinute * WIDTH));
      return;
    }
    this.#blocks.push(this.#blocks.shift()!);
    this.#secondsDropped += secondsPerMinute;
  }

  #addMinute(block: Uint16Array): void {
    this.#minutes ??= new Uint16Array(MINUTES * WIDTH);
    const at = (this.#minuteCount % MINUTES) * WIDTH;
    for (let i = 0; i < WIDTH; i += 1) this.#minutes[at + i] = aggregateOf(block, i, aggregations[columns[i]!]);
    this.#minuteCount += 1;
  }
}

function keptOf(value: number, scale: number): number {
  return Number.isNaN(value) ? NONE : Math.min(NONE - 1, Math.max(0, Math.round(value * scale)));
}

/** Of one column; none where no second had a figure. */
function aggregateOf(block: Uint16Array, column: number, kind: 'sum' | 'max' | undefined): number {
  let sum = 0;
  let most = 0;
  let count = 0;
  for (let at = column; at < block.length; at += WIDTH) {
    const value = block[at]!;
    if (value === NONE) continue;
    sum += value;
    most = Math.max(most, value);
    count += 1;
  }
  if (count === 0) return NONE;
  if (kind === 'max') return most;
  return Math.min(NONE - 1, kind === 'sum' ? sum : Math.round(sum / count));
}

/** Rows of `SeriesData` with their figures as they were measured; null where there was none. */
export function readRows(data: readonly number[]): Record<Column, number | null>[] {
  const rows: Record<Column, number | null>[] = [];
  for (let at = 0; at + WIDTH <= data.length; at += WIDTH) {
    rows.push(
      Object.fromEntries(
        columns.map((column, i) => {
          const value = data[at + i]!;
          return [column, value === NONE ? null : value / scales[column]];
        }),
      ) as Record<Column, number | null>,
    );
  }
  return rows;
}

/** A row without a figure, to be filled in. */
export function emptyRow(): Row {
  return Object.fromEntries(columns.map((column) => [column, Number.NaN])) as Row;
}
