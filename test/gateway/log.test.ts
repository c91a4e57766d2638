import { expect, test } from 'vitest';
import { createLogger } from '../../gateway/log.js';
import { answerOffer, createOfferAnswer } from '../../media/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';

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

test('RFC 4568 §8.3 no line has the keys of an encrypted call, in whatever they come: text, value or media of a leg', () => {
  const lines: string[] = [];
  const log = createLogger('trace', new ManualClock(0), { write: (line) => void lines.push(line) });
  const bytes = Uint8Array.from({ length: 30 }, (_, index) => index + 65);
  const key = Buffer.from(bytes).toString('base64');
  const state = answerOffer(
    createOfferAnswer({ sessionId: '1', username: '-' }),
    `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n`,
    {
      address: '192.0.2.2',
      rtpPort: 4000,
      rtcpPort: 4001,
      codecs: ['pcmu'],
      telephoneEvent: false,
      ptimeMs: 20,
      direction: 'sendrecv',
      srtp: { policy: 'required', suites: [], random: createSeededRandom(1) },
    },
  );
  if (!state.ok) throw new Error(state.fault);
  const ours = state.sdp.match(/inline:(\S+)/)?.[1] ?? '';
  expect(ours).toHaveLength(40);
  log.warn('call.fault', {
    body: state.sdp,
    shouted: `a=CRYPTO:1 X INLINE:${key}|2^20|1:4`,
    message: `cannot use "inline:${key}"`,
    state,
    error: new Error(`inline:${key}`),
  });
  const [line] = lines;
  for (const secret of [key, ours, bytes.join(','), Buffer.from(bytes).toString('hex')])
    expect(line).not.toContain(secret);
  expect(line).toContain('inline:[redacted]');
});
