import { expect, test } from 'vitest';
import { UnwritableError } from '../../../sip/headers/writable.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

const bad = [['Reason', 'SIP;text="a\r\nContact: <sip:evil@h>"']] as const;

test('RFC 3261 §7.3.1 a session refuses strings that end their line before anything has changed', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  for (const refused of [
    () => bob.session.progress(183, { headers: bad }),
    () => bob.session.accept({ body: ANSWER, headers: bad }),
    () => bob.session.reject(486, { reasonPhrase: 'Busy\r\nX: y' }),
    () => bob.session.end({ headers: bad }),
    () => call.end({ headers: bad }),
  ]) {
    expect(refused).toThrow(UnwritableError);
  }
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 180', `answered ${ANSWER}`]);
  expect(() => bob.session.end({ headers: bad })).toThrow(UnwritableError);
  expect(() => call.end({ headers: bad })).toThrow(UnwritableError);
  call.end();
  await bench.expectNothingLeft();
});
