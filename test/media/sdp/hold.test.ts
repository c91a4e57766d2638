import { describe, expect, test } from 'vitest';
import type { Direction } from '../../../media/sdp/leg-media.js';
import { makeOffer } from '../../../media/sdp/offer-answer.js';
import { accepted, answered, fresh, local, phone } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText, versionOf } from '../../support/sdp-text.js';

describe('RFC 3264 §6.1 directions and hold in an offer', () => {
  test.each<[string, string, Direction, Direction, boolean]>([
    ['RFC 3264 §6.1', 'sendrecv', 'sendrecv', 'sendrecv', false],
    ['RFC 3264 §8.4', 'sendonly', 'sendrecv', 'recvonly', true],
    ['RFC 3264 §6.1', 'recvonly', 'sendrecv', 'sendonly', false],
    ['RFC 3264 §8.4', 'inactive', 'sendrecv', 'inactive', true],
    ['RFC 3264 §6.1', 'sendrecv', 'sendonly', 'sendonly', false],
    ['RFC 3264 §6.1', 'sendonly', 'sendonly', 'inactive', true],
    ['RFC 3264 §6.1', 'recvonly', 'recvonly', 'inactive', false],
    ['RFC 3264 §6.1', 'sendrecv', 'inactive', 'inactive', false],
  ])('%s offered %s, we want %s: %s, held %s', (_section, offered, wanted, direction, held) => {
    const { sdp, media } = answered(sdpText([...phone, `a=${offered}`]), fresh(), { ...local, direction: wanted });
    expect(media).toMatchObject({ direction, held });
    expect(linesOf(sdp, 'a')).toContain(direction);
  });

  test.each([
    ['IN IP4 0.0.0.0', 'sendrecv', 'recvonly'],
    ['IN IP4 0.0.0.0', 'sendonly', 'recvonly'],
    ['IN IP4 0.0.0.0', 'recvonly', 'inactive'],
    ['IN IP6 ::', 'sendrecv', 'recvonly'],
  ])('RFC 3264 §8.4 hold by %s with %s is answered %s', (connection, offered, direction) => {
    const { sdp, media } = answered(sdpText([...phone, `a=${offered}`], { connection }));
    expect(media).toMatchObject({ remote: null, held: true, direction });
    expect(linesOf(sdp, 'a')).toContain(direction);
  });

  test('RFC 3264 §8.4 hold, hold again and resume: the version grows with each change and only then', () => {
    const call = answered(sdpText(phone));
    const hold = answered(sdpText([...phone, 'a=sendonly'], { version: 2 }), call.state);
    const again = answered(sdpText([...phone, 'a=sendonly'], { version: 2 }), hold.state);
    const resumed = answered(sdpText(phone, { version: 3 }), again.state);
    expect([call, hold, again, resumed].map((step) => versionOf(step.sdp))).toEqual([1, 2, 2, 3]);
    expect([call, hold, again, resumed].map((step) => step.media.held)).toEqual([false, true, true, false]);
    expect(resumed.media).toEqual(call.media);
  });
});

describe('RFC 3264 §6.1 directions and hold in an answer', () => {
  test.each<[Direction, string, Direction, boolean]>([
    ['sendrecv', 'sendonly', 'recvonly', true],
    ['sendrecv', 'inactive', 'inactive', true],
    ['sendrecv', 'recvonly', 'sendonly', false],
    ['sendonly', 'recvonly', 'sendonly', false],
    ['sendonly', 'sendrecv', 'sendonly', false],
    ['inactive', 'inactive', 'inactive', false],
    ['recvonly', 'sendonly', 'recvonly', false],
  ])('RFC 3264 §6.1 we offered %s, answered %s: %s, held %s', (ours, theirs, direction, held) => {
    const offer = makeOffer(fresh(), { ...local, direction: ours });
    expect(accepted(offer.state, sdpText([...phone, `a=${theirs}`])).media).toMatchObject({ direction, held });
  });
});
