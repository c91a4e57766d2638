import { type Profiler, Session } from 'node:inspector';

/**
 * Which blocks of our code have run, by V8's own counts (Profiler.startPreciseCoverage with block detail). A feature is
 * a block together with the order of magnitude of how often it ran, so that one turn more of a loop is nothing new and
 * twice as many turns are.
 */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  readonly #isOurs: (url: string) => boolean;
  readonly #counts: boolean;

  /** `counts` false: a block is one feature, however often it ran. */
  constructor(isOurs: (url: string) => boolean, counts = true) {
    this.#isOurs = isOurs;
    this.#counts = counts;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How many features were seen so far. */
  get size(): number {
    return this.#seen.size;
  }

  /** What ran since this was called last and had not been seen; seen from now on unless `peek`. */
  takeNew(peek = false): number {
    let found = 0;
    for (const script of this.#take()) {
      if (!this.#isOurs(script.url)) continue;
      for (const { ranges } of script.functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          const often = this.#counts ? Math.min(8, Math.floor(Math.log2(count))) : 0;
          const feature = `${script.scriptId} ${startOffset} ${endOffset} ${often}`;
          if (this.#seen.has(feature)) continue;
          found += 1;
          if (!peek) this.#seen.add(feature);
        }
      }
    }
    return found;
  }

  close(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  #take(): Profiler.ScriptCoverage[] {
    let result: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      result = taken.result;
    });
    return result;
  }

  #post(
    method: 'Profiler.enable' | 'Profiler.startPreciseCoverage' | 'Profiler.stopPreciseCoverage',
    params = {},
  ): void {
    this.#session.post(method, params, (error) => {
      if (error !== null) throw error;
    });
  }
}
