import type { LegId, RoomId } from '../base/ids.js';
import type { Seat } from './seat.js';
import { silentLevel } from './speakers.js';

/** 100 ms. */
const BEATS_PER_REPORT = 5;
/** Members told of in one report; of more, those who speak come first. */
const MOST_TOLD = 500;

/** How loud members were for 100 ms; plain data, see HostEvent. */
export interface LevelReport {
  readonly type: 'levels';
  readonly roomId: RoomId;
  readonly legIds: LegId[];
  /** RFC 6464 §3: −dBov, 0 … 127, of what comes from each, before its gain. */
  readonly levels: number[];
  /** Who is heard and speaks. */
  readonly speaking: boolean[];
  /** Members left out: more than 500 made a sound. Whoever is silent (127) is not told of unless it was asked for. */
  omitted: number;
  beat: number;
}

/**
 * The levels of one room, while somebody asks. Limit: one report per 100 ms, of 500 members at most. The report and
 * its arrays are used again: whoever is given it copies.
 */
export class RoomLevels {
  /** Of all members, not only of those that report theirs. */
  isWatched = false;
  readonly #report: LevelReport;
  #beats = 0;

  constructor(roomId: RoomId) {
    this.#report = { type: 'levels', roomId, legIds: [], levels: [], speaking: [], omitted: 0, beat: 0 };
  }

  /** Begins anew: the first report is of 100 ms too. */
  restart(seats: readonly Seat[]): void {
    this.#beats = 0;
    for (const seat of seats) seat.detector.takeLevel();
  }

  /** A beat has been mixed; every fifth gives a report. O(members), no allocation once the arrays have grown. */
  step(seats: readonly Seat[], beat: number): LevelReport | null {
    this.#beats += 1;
    if (this.#beats < BEATS_PER_REPORT) return null;
    this.#beats = 0;
    const report = this.#report;
    report.beat = beat;
    report.omitted = 0;
    report.legIds.length = 0;
    report.levels.length = 0;
    report.speaking.length = 0;
    for (let i = 0; i < seats.length; i += 1) if (isFirst(seats[i]!)) this.#tell(seats[i]!);
    for (let i = 0; i < seats.length; i += 1) if (!isFirst(seats[i]!)) this.#tell(seats[i]!);
    return report;
  }

  #tell(seat: Seat): void {
    const level = seat.detector.takeLevel();
    if (seat.member.isPlayer === true) return;
    const { reportsLevel } = seat.settings;
    if (!reportsLevel && (!this.isWatched || level === silentLevel)) return;
    const report = this.#report;
    if (report.legIds.length === MOST_TOLD) {
      report.omitted += 1;
      return;
    }
    report.legIds.push(seat.member.legId);
    report.levels.push(level);
    report.speaking.push(speaks(seat));
  }
}

function speaks(seat: Seat): boolean {
  return seat.isHeard && seat.detector.isSpeaking;
}

function isFirst(seat: Seat): boolean {
  return seat.settings.reportsLevel || speaks(seat);
}
