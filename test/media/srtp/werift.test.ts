import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RtpPacket, SrtcpSession, SrtpSession, RtpHeader as WeriftHeader } from 'werift';
import { SrtpReceiver, SrtpSender } from '../../../media/srtp/context.js';
import { maxSrtpOverheadBytes, type SrtpProfileName, srtpProfiles } from '../../../media/srtp/profiles.js';
import { type SrtpBackend, srtpBackends } from '../../support/srtp-backends.js';

interface Case extends Pick<SrtpBackend, 'native'> {
  readonly name: SrtpProfileName;
  readonly by: string;
}

/** The oracle: werift has two of our profiles. */
const cases = (['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const).flatMap((name) =>
  srtpBackends.map(({ name: by, native }): Case => ({ name, by, native })),
);

function world({ name, native }: Case, seed: number) {
  const { keyBytes, saltBytes, dtlsId } = srtpProfiles[name];
  const [ours, theirs] = [seed & 0xff, (seed + 1) & 0xff].map((fill) =>
    Buffer.from(Array.from({ length: keyBytes + saltBytes }, (_, i) => (fill + 3 * i) & 0xff)),
  ) as [Buffer, Buffer];
  const config = {
    profile: dtlsId!,
    keys: {
      localMasterKey: theirs.subarray(0, keyBytes),
      localMasterSalt: theirs.subarray(keyBytes),
      remoteMasterKey: ours.subarray(0, keyBytes),
      remoteMasterSalt: ours.subarray(keyBytes),
    },
  };
  const [sender, receiver] = [new SrtpSender({ native }), new SrtpReceiver({ native })];
  sender.setKeys({ profile: name, keyAndSalt: ours });
  receiver.setKeys({ profile: name, keyAndSalt: theirs });
  return { sender, receiver, rtp: new SrtpSession(config as never), rtcp: new SrtcpSession(config as never) };
}

function roomy(packet: Uint8Array): Buffer {
  return Buffer.concat([packet, Buffer.alloc(maxSrtpOverheadBytes)]);
}

const line = fc.record({
  seed: fc.integer({ min: 0, max: 255 }),
  ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
  start: fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xfff0, max: 0xffff })),
});
const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 30 });

function packetOf(ssrc: number, sequenceNumber: number, payload: Uint8Array, csrc: number[]): RtpPacket {
  const header = new WeriftHeader({
    payloadType: 0,
    sequenceNumber,
    timestamp: 160 * sequenceNumber,
    ssrc,
    csrc,
    csrcLength: csrc.length,
    extension: csrc.length > 0,
    extensions: csrc.length > 0 ? [{ id: 1, payload: Buffer.from([7]) }] : [],
  });
  return new RtpPacket(header, Buffer.from(payload));
}

describe.each(cases)('$name by $by', (given) => {
  test('RFC 3711 §3.1 werift opens what we protect, over the wrap of the sequence', () => {
    fc.assert(
      fc.property(line, payloads, ({ seed, ssrc, start }, list) => {
        const { sender, rtp } = world(given, seed);
        for (const [i, payload] of list.entries()) {
          const plain = packetOf(ssrc, (start + i) & 0xffff, payload, i % 3 === 0 ? [] : [1, 2]).serialize();
          const data = roomy(plain);
          const length = sender.protectRtp(data, plain.length);
          expect(rtp.decrypt(Buffer.from(data.subarray(0, length))).equals(plain)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('RFC 3711 §3.1 we open what werift protects, over the wrap of the sequence', () => {
    fc.assert(
      fc.property(line, payloads, ({ seed, ssrc, start }, list) => {
        const { receiver, rtp } = world(given, seed);
        for (const [i, payload] of list.entries()) {
          const packet = packetOf(ssrc, (start + i) & 0xffff, payload, i % 3 === 0 ? [] : [1, 2]);
          const data = Buffer.from(rtp.encrypt(packet.payload, packet.header));
          const length = receiver.unprotectRtp(data, data.length);
          expect(data.subarray(0, length).equals(packet.serialize())).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('RFC 3711 §3.4 RTCP, both ways', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 100 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(line, bodies, ({ seed, ssrc }, list) => {
        const { sender, receiver, rtcp } = world(given, seed);
        for (const body of list) {
          const plain = Buffer.concat([Buffer.from([0x80, 200, 0, 6, 0, 0, 0, 0]), body]);
          plain.writeUInt32BE(ssrc, 4);
          const ours = roomy(plain);
          const length = sender.protectRtcp(ours, plain.length);
          expect(rtcp.decrypt(Buffer.from(ours.subarray(0, length))).equals(plain)).toBe(true);
          const theirs = Buffer.from(rtcp.encrypt(Buffer.from(plain)));
          expect(theirs.subarray(0, receiver.unprotectRtcp(theirs, theirs.length)).equals(plain)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
