import { expect, test } from 'vitest';
import { createLogger } from '../../gateway/log.js';
import { ManualClock } from '../support/manual-clock.js';

test('an event is one JSON line with time, level, name and fields; levels below the limit are not written', () => {
  const lines: string[] = [];
  const log = createLogger('info', new ManualClock(0), { write: (line) => void lines.push(line) });
  log.debug('call.dtmf', { digit: '1' });
  log.info('call.answered', { callId: 'a', afterMs: 12, hookSecret: 's' });
  log.warn('ready');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'info',
      time: '1970-01-01T00:00:00.000Z',
      callId: 'a',
      afterMs: 12,
      hookSecret: '[redacted]',
      event: 'call.answered',
    },
    { level: 'warn', time: '1970-01-01T00:00:00.000Z', event: 'ready' },
  ]);
  expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
});
