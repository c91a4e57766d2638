import { expect, test } from 'vitest';
import { serializeMultipart } from '../../../sip/bodies/multipart.js';
import { ANSWER, OFFER, pair } from '../../support/ua-bench.js';

const isup = {
  contentType: 'application/isup',
  body: Buffer.from([1, 0, 0x49]),
  headers: [['Content-Disposition', 'signal;handling=optional']] as const,
};
const sdp = (body: Buffer) => ({ contentType: 'application/sdp', body });

test('RFC 5621 §3 offer and answer are found beside other parts of multipart bodies', async () => {
  const { bench, alice, bob } = await pair();
  const answer = serializeMultipart('mixed', [sdp(ANSWER), isup]);
  bob.onInvite = (session) => {
    expect(session.offer?.toString()).toBe(OFFER.toString());
    session.accept(answer);
  };
  alice.call(bob, serializeMultipart('mixed', [isup, sdp(OFFER)]));
  await bench.clock.advance(100);
  expect(alice.heard).toEqual([`answered ${ANSWER}`]);
  bob.session.end();
  await bench.expectNothingLeft();
});

test('RFC 5621 §8 a part that must be understood and is not gets 415, a multipart nobody can read 400', async () => {
  const { bench, alice, bob } = await pair();
  const text = { contentType: 'text/plain', body: Buffer.from('understand me') };
  alice.call(bob, serializeMultipart('mixed', [sdp(OFFER), text]));
  await bench.clock.advance(100);
  alice.call(bob, { body: Buffer.from('no delimiter'), contentType: 'multipart/mixed;boundary=b' });
  await bench.clock.advance(100);
  const many = Array.from({ length: 33 }, () => sdp(OFFER));
  alice.call(bob, serializeMultipart('mixed', many));
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['ended remote rejected 415', 'ended remote rejected 400', 'ended remote rejected 413']);
  expect(bob.incoming).toEqual([]);
  expect(bench.sent('415 INVITE')[0]?.headers.get('Accept')).toBe(bob.ua.accept());
  await bench.expectNothingLeft();
});
