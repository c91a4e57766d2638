import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCodec, isEventName, namedFormats } from '../../../media/sdp/format-names.js';
import { type CodecName, codecNames, type Direction, type LegMedia } from '../../../media/sdp/leg-media.js';
import type { LocalMedia } from '../../../media/sdp/local-media.js';
import { narrowed, reversed } from '../../../media/sdp/negotiate.js';
import {
  acceptAnswer,
  answerOffer,
  createOfferAnswer,
  makeOffer,
  type OfferAnswerState,
} from '../../../media/sdp/offer-answer.js';
import { type MediaDescription, parseSdp } from '../../../media/sdp/parse.js';
import { sdpText, versionOf } from '../../support/sdp-text.js';

const direction = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');
const port = fc.integer({ min: 1024, max: 65000 });

const localMedia: fc.Arbitrary<LocalMedia> = fc.record({
  address: fc.constantFrom('198.51.100.9', '198.51.100.10'),
  rtpPort: port,
  rtcpPort: port,
  codecs: fc.shuffledSubarray<CodecName>([...codecNames], { minLength: 1 }),
  telephoneEvent: fc.boolean(),
  ptimeMs: fc.constantFrom(10, 20, 30),
  direction,
  answerOrder: fc.constantFrom<'offer' | 'local'>('offer', 'local'),
});

const payloadType = fc.integer({ min: 0, max: 127 });
const encoding = fc.constantFrom(
  'PCMU/8000',
  'pcma/8000/1',
  'telephone-event/8000',
  'telephone-event/16000',
  'G722/8000',
  'opus/48000/2',
);

/** One m-line with its attributes, sensible or not. */
const mediaLines: fc.Arbitrary<string[]> = fc
  .record({
    type: fc.constantFrom('audio', 'audio', 'audio', 'video', 'application'),
    port: fc.oneof(port, fc.constant(0)),
    protocol: fc.constantFrom('RTP/AVP', 'RTP/AVP', 'RTP/AVP', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'),
    formats: fc.uniqueArray(payloadType, { minLength: 1, maxLength: 6 }),
    encodings: fc.array(fc.option(encoding, { nil: undefined }), { minLength: 6, maxLength: 6 }),
    direction: fc.option(direction, { nil: undefined }),
    connection: fc.option(fc.constantFrom('IN IP4 192.0.2.7', 'IN IP4 0.0.0.0', 'IN IP6 ::'), { nil: undefined }),
    attributes: fc.subarray(['a=rtcp-mux', 'a=rtcp:7777', 'a=ptime:30', 'a=maxptime:20', 'a=mid:0']),
  })
  .map((line) => [
    `m=${line.type} ${line.port} ${line.protocol} ${line.formats.join(' ')}`,
    ...(line.connection === undefined ? [] : [`c=${line.connection}`]),
    ...line.formats.flatMap((format, i) =>
      line.encodings[i] === undefined ? [] : [`a=rtpmap:${format} ${line.encodings[i]}`],
    ),
    ...(line.direction === undefined ? [] : [`a=${line.direction}`]),
    ...line.attributes,
  ]);

const offers = fc.array(mediaLines, { maxLength: 5 }).map((lines) => sdpText(lines.flat()));

function fresh(sessionId = '77'): OfferAnswerState {
  return createOfferAnswer({ sessionId, username: '-' });
}

function mediaOf(sdp: string): readonly MediaDescription[] {
  const read = parseSdp(sdp);
  if (!read.ok) throw new Error(read.fault);
  return read.value.media;
}

/** The one m-line in use and its place. */
function inUse(sdp: string): { index: number; line: MediaDescription } {
  const media = mediaOf(sdp);
  const used = media.flatMap((line, index) => (line.port === 0 ? [] : [{ index, line }]));
  expect(used).toHaveLength(1);
  return used[0]!;
}

function canSend(media: LegMedia): boolean {
  return media.direction === 'sendrecv' || media.direction === 'sendonly';
}

describe('RFC 3264 whatever is offered', () => {
  test('RFC 3264 §6 the answer mirrors the m-lines and is a subset of the one that it takes', () => {
    fc.assert(
      fc.property(offers, localMedia, (offer, local) => {
        const result = answerOffer(fresh(), offer, local);
        if (!result.ok) return;
        const offered = mediaOf(offer);
        const answer = mediaOf(result.sdp);
        expect(answer.map((line) => `${line.type} ${line.protocol}`)).toEqual(
          offered.map((line) => `${line.type} ${line.protocol}`),
        );
        const { index, line } = inUse(result.sdp);
        expect(offered[index]?.port).not.toBe(0);
        const offeredFormats = namedFormats(offered[index]!).map(({ name, payloadType }) => ({ name, payloadType }));
        for (const { name, payloadType } of namedFormats(line)) {
          expect(offeredFormats).toContainEqual({ name, payloadType });
        }
        expect(line.formats).toHaveLength(namedFormats(line).length);
        expect(narrowed(line.direction, reversed(offered[index]!.direction))).toBe(line.direction);
        expect(narrowed(line.direction, local.direction)).toBe(line.direction);
        expect(line.rtcpMux && !offered[index]!.rtcpMux).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('the media that the leg gets is what the answer says', () => {
    fc.assert(
      fc.property(offers, localMedia, (offer, local) => {
        const result = answerOffer(fresh(), offer, local);
        if (!result.ok) return;
        const { index, line } = inUse(result.sdp);
        const spoken = namedFormats(line).filter((format) => isCodec(format.name));
        const event = namedFormats(line).find((format) => isEventName(format.name));
        const noise = namedFormats(line).find((format) => format.name === 'CN');
        expect(result.media.send).toMatchObject({ codec: spoken[0]!.name, payloadType: spoken[0]!.payloadType });
        expect(result.media.receive.map((format) => [format.codec, format.payloadType])).toEqual(
          spoken.map((format) => [format.name, format.payloadType]),
        );
        expect(result.media.telephoneEvents[0]?.sendPayloadType).toBe(event?.payloadType);
        expect(result.media.telephoneEvents[0]?.receivePayloadType).toBe(event?.payloadType);
        expect(result.media.comfortNoise?.[0]?.payloadType).toBe(noise?.payloadType);
        expect(result.media.direction).toBe(line.direction);
        expect(result.media.rtcpMux).toBe(line.rtcpMux);
        if (result.media.remote === null) expect(canSend(result.media)).toBe(false);
        else expect(result.media.remote.rtpPort).toBe(mediaOf(offer)[index]!.port);
        const { ptimeMs } = result.media.send!;
        expect(ptimeMs % 10 === 0 && ptimeMs >= 10 && ptimeMs <= 60).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('RFC 3264 §8 the same offer again gets the same answer, version and all; another never a lower version', () => {
    fc.assert(
      fc.property(offers, offers, localMedia, (offer, other, local) => {
        const first = answerOffer(fresh(), offer, local);
        if (!first.ok) return;
        const again = answerOffer(first.state, offer, local);
        expect(again).toEqual(first);
        const changed = answerOffer(first.state, other, local);
        if (!changed.ok) return;
        const sameBut = changed.sdp.replace(/^o=.*$/m, '') === first.sdp.replace(/^o=.*$/m, '');
        expect(versionOf(changed.sdp)).toBe(versionOf(first.sdp) + (sameBut ? 0 : 1));
      }),
    );
  });

  test('no text makes any of the readers throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        offers,
        fc.nat({ max: 300 }),
        localMedia,
        (noise, offer, at, local) => {
          const { state } = makeOffer(fresh(), local);
          for (const text of [noise, offer.slice(0, at) + noise + offer.slice(at)]) {
            expect(typeof answerOffer(fresh(), text, local).ok).toBe('boolean');
            expect(typeof acceptAnswer(state, text).ok).toBe('boolean');
          }
        },
      ),
    );
  });
});

interface Exchange {
  readonly from: 'a' | 'b';
  readonly locals: { readonly a: LocalMedia; readonly b: LocalMedia };
}

/** One exchange; null where the two have no codec in common, which leaves both states as they were. */
function exchange(
  states: Record<'a' | 'b', OfferAnswerState>,
  { from, locals }: Exchange,
): { a: LegMedia; b: LegMedia } | null {
  const to = from === 'a' ? 'b' : 'a';
  const offer = makeOffer(states[from], locals[from]);
  const answer = answerOffer(states[to], offer.sdp, locals[to]);
  if (!answer.ok) {
    expect(answer.fault).toBe('no-common-codec');
    return null;
  }
  const agreed = acceptAnswer(offer.state, answer.sdp);
  if (!agreed.ok) throw new Error(agreed.fault);
  expect(acceptAnswer(agreed.state, answer.sdp)).toMatchObject({ ok: false, fault: 'no-offer' });
  states[from] = agreed.state;
  states[to] = answer.state;
  return from === 'a' ? { a: agreed.media, b: answer.media } : { a: answer.media, b: agreed.media };
}

/** What one sends is what the other expects. */
function expectHeard(sender: LegMedia, receiver: LegMedia): void {
  const { codec, payloadType, clockRateHz, parameters } = sender.send!;
  expect(receiver.receive).toContainEqual({ codec, payloadType, clockRateHz, parameters });
  expect(sender.telephoneEvents[0]?.sendPayloadType).toBe(receiver.telephoneEvents[0]?.receivePayloadType);
}

describe('RFC 3264 two of us', () => {
  const exchanges = fc.array(
    fc.record<Exchange>({
      from: fc.constantFrom<'a' | 'b'>('a', 'b'),
      locals: fc.record({ a: localMedia, b: localMedia }),
    }),
    { minLength: 1, maxLength: 6 },
  );

  test('after any exchanges both sides agree on payload numbers, codecs, directions and addresses', () => {
    fc.assert(
      fc.property(exchanges, (steps) => {
        const states = { a: fresh('1'), b: fresh('2') };
        for (const step of steps) {
          const media = exchange(states, step);
          if (media === null) continue;
          expectHeard(media.a, media.b);
          expectHeard(media.b, media.a);
          expect(media.a.direction).toBe(reversed(media.b.direction));
          expect(media.a.remote).toMatchObject({ address: step.locals.b.address, rtpPort: step.locals.b.rtpPort });
          expect(media.b.remote?.rtcpPort).toBe(step.locals.a.rtcpPort);
        }
      }),
    );
  });

  test('RFC 3264 §8.3.2 a payload number never changes its meaning during a session', () => {
    fc.assert(
      fc.property(exchanges, (steps) => {
        const states = { a: fresh('1'), b: fresh('2') };
        const meaning = new Map<number, string>();
        for (const step of steps) {
          const media = exchange(states, step);
          for (const format of media?.a.receive ?? []) {
            expect(meaning.get(format.payloadType) ?? format.codec).toBe(format.codec);
            meaning.set(format.payloadType, format.codec);
          }
        }
      }),
    );
  });
});
