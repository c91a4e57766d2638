import { type LogControl, type Logger, type LogLevel, logLevels } from '../base/log.js';

/** Sets the level and tells the log of it while the more talkative of both levels holds. */
export function changeLogLevel(control: LogControl | null, level: LogLevel, log: Logger, by: 'api' | 'signal'): void {
  if (control === null || control.level === level) return;
  const before = control.level;
  const isLouder = logLevels.indexOf(level) < logLevels.indexOf(before);
  if (isLouder) control.setLevel(level);
  log.info('log.level', { to: level, before, by });
  if (!isLouder) control.setLevel(level);
}

/** `debug` and back to the configured level: what the signal does. */
export function toggleDebug(control: LogControl, configured: LogLevel, log: Logger): void {
  const quiet = configured === 'debug' || configured === 'trace' ? 'info' : configured;
  changeLogLevel(control, control.level === 'debug' ? quiet : 'debug', log, 'signal');
}
