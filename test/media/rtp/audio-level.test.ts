import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAudioLevel } from '../../../media/rtp/audio-level.js';
import { RtpHeader, readRtp } from '../../../media/rtp/packet.js';
import { answerOffer } from '../../../media/sdp/offer-answer.js';
import { answered, fresh, local } from '../../support/offer-answer-bench.js';
import { sdpText } from '../../support/sdp-text.js';

/** A packet with these bytes in an extension of that profile, and two of payload. */
function packet(elements: readonly number[], profile = 0xbede): Buffer {
  const words = Math.ceil(elements.length / 4);
  const head = [0x90, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, profile >> 8, profile & 0xff, 0, words];
  const padding = Array.from({ length: words * 4 - elements.length }, () => 0);
  return Buffer.from([...head, ...elements, ...padding, 7, 7]);
}

function levelOf(data: Buffer, id: number): number {
  const header = new RtpHeader();
  expect(readRtp(data, data.length, header)).toBeNull();
  return readAudioLevel(header, data, id);
}

describe('RFC 6464 §3 the level of a packet', () => {
  test.each([
    ['alone', [0x10, 0x1e], 1, 30],
    ['with the flag of voice', [0x10, 0x9e], 1, 30],
    ['behind another and padding', [0x31, 1, 2, 0, 0, 0x10, 0x7f], 1, 127],
    ['of another number', [0x20, 0x1e], 1, -1],
    ['longer than it may be', [0x11, 0x1e, 0], 1, -1],
    ['behind the end of the list', [0xf0, 0x10, 0x1e], 1, -1],
    ['cut', [0x00, 0x00, 0x00, 0x13], 1, -1],
    ['not agreed on', [0x10, 0x1e], 0, -1],
  ] as const)('RFC 8285 §4.2 %s', (_, elements, id, level) => {
    expect(levelOf(packet(elements), id)).toBe(level);
  });

  test('is looked for in the form with one byte only, and no bytes make it read outside', () => {
    expect(levelOf(packet([0x10, 0x1e], 0x1000), 1)).toBe(-1);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 14 }),
        (elements, id) => {
          const level = levelOf(packet(elements), id);
          expect(level).toBeGreaterThanOrEqual(-1);
          expect(level).toBeLessThanOrEqual(127);
        },
      ),
    );
  });
});

describe('RFC 8285 §6 what an answer says of it', () => {
  const uri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
  const offer = (...lines: readonly string[]): string => sdpText(['m=audio 4000 RTP/AVP 0', ...lines]);

  test.each([
    ['as Chromium offers it', [`a=extmap:14 urn:ietf:params:rtp-hdrext:toffset`, `a=extmap:1 ${uri}`], 1],
    ['with parameters', [`a=extmap:3/sendrecv ${uri} vad=on`], 3],
    ['only sent', [`a=extmap:3/sendonly ${uri}`], 3],
    ['only received', [`a=extmap:3/recvonly ${uri}`], undefined],
    ['under no number of that form', [`a=extmap:15 ${uri}`, `a=extmap:4096 ${uri}`], undefined],
    ['not at all', [], undefined],
  ])('%s', (_, lines, id) => {
    const { sdp, media } = answered(offer(...lines), fresh(), local);
    expect(media.audioLevelId).toBe(id);
    const said = sdp.split('\r\n').filter((line) => line.startsWith('a=extmap'));
    expect(said).toEqual(id === undefined ? [] : [`a=extmap:${id}/recvonly ${uri}`]);
  });

  test('an answer without change is the same one again', () => {
    const first = answered(offer(`a=extmap:1 ${uri}`), fresh(), local);
    const again = answerOffer(first.state, offer(`a=extmap:1 ${uri}`), local);
    expect(again.ok && again.sdp).toBe(first.sdp);
  });
});
