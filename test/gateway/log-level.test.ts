import { expect, test } from 'vitest';
import { createLogger } from '../../gateway/log.js';
import { changeLogLevel, toggleDebug } from '../../gateway/log-level.js';
import { ManualClock } from '../support/manual-clock.js';

function open(level: 'debug' | 'info' | 'error') {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger(level, new ManualClock(0), { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

test('a change is told whether the log gets louder or quieter, and counts at once', () => {
  const { log, lines } = open('error');
  changeLogLevel(log, 'debug', log, 'api');
  log.debug('call.dtmf');
  changeLogLevel(log, 'error', log, 'api');
  log.info('ready');
  changeLogLevel(log, 'error', log, 'api');
  expect(lines.map(({ event }) => event)).toEqual(['log.level', 'call.dtmf', 'log.level']);
  expect(lines[0]).toMatchObject({ before: 'error', by: 'api' });
  expect(log.level).toBe('error');
});

test('the signal switches between debug and the configured level', () => {
  const { log } = open('error');
  toggleDebug(log, 'error', log);
  expect(log.level).toBe('debug');
  toggleDebug(log, 'error', log);
  expect(log.level).toBe('error');
});

test('where debug is configured the signal makes the log quiet first', () => {
  const { log } = open('debug');
  toggleDebug(log, 'debug', log);
  expect(log.level).toBe('info');
  toggleDebug(log, 'debug', log);
  expect(log.level).toBe('debug');
});
