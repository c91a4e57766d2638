import type { Reader } from './readers.js';

/**
 * One setting. Its name in the table is the camel-case form of the YAML key, the flag and the variable:
 * `rtpTimeoutMs`, `rtp_timeout_ms`, `--rtp-timeout-ms`, `HOOKLINE_RTP_TIMEOUT_MS`.
 */
export interface Setting<T, D> {
  readonly group: string;
  readonly reader: Reader<T>;
  readonly initial: D;
  /** The default as `--help` shows it, where the value itself would not tell. */
  readonly initialText?: string;
  /** What a value looks like in `--help`: FILE, N, HOST:PORT … */
  readonly shape: string;
  readonly unit?: string;
  readonly meaning: string;
  /** Its value is never printed. */
  readonly secret?: true;
  /** The flag may be given several times. */
  readonly repeatable?: true;
}

export function setting<T, D = T>(group: string, reader: Reader<T>, initial: D, rest: SettingText): Setting<T, D> {
  return { group, reader, initial, ...rest };
}

type SettingText = Omit<Setting<unknown, unknown>, 'group' | 'reader' | 'initial'>;
