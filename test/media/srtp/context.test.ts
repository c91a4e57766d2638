import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SrtpReceiver, SrtpSender } from '../../../media/srtp/context.js';
import type { SrtpKeying } from '../../../media/srtp/keyed-streams.js';
import { SrtpKeyError } from '../../../media/srtp/keys.js';
import {
  maxSrtpOverheadBytes,
  type SrtpProfileName,
  srtpProfileNames,
  srtpProfiles,
} from '../../../media/srtp/profiles.js';
import { srtpBackends } from '../../support/srtp-backends.js';

function keying(profile: SrtpProfileName, fill = 1): SrtpKeying {
  const { keyBytes, saltBytes } = srtpProfiles[profile];
  return { profile, keyAndSalt: Uint8Array.from({ length: keyBytes + saltBytes }, (_, i) => (fill + i) & 0xff) };
}

function rtp(sequence: number, ssrc = 0xcafe_f00d, payload = Buffer.from('four score and seven')): Buffer {
  const header = Buffer.from('8000000000000000000000', 'hex');
  const packet = Buffer.concat([header, Buffer.alloc(1), payload]);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

function rtcp(ssrc = 0xcafe_f00d): Buffer {
  const packet = Buffer.concat([Buffer.from('80c90006', 'hex'), Buffer.alloc(24, 0x42)]);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

function sealed(sender: SrtpSender, plain: Buffer, kind: 'rtp' | 'rtcp' = 'rtp'): Buffer {
  const data = Buffer.concat([plain, Buffer.alloc(maxSrtpOverheadBytes)]);
  const length = kind === 'rtp' ? sender.protectRtp(data, plain.length) : sender.protectRtcp(data, plain.length);
  expect(length).toBeGreaterThan(plain.length);
  return Buffer.from(data.subarray(0, length));
}

/** What came out, or the fault. */
function open(receiver: SrtpReceiver, packet: Buffer, kind: 'rtp' | 'rtcp' = 'rtp'): Buffer | string {
  const data = Buffer.from(packet);
  const length = kind === 'rtp' ? receiver.unprotectRtp(data, data.length) : receiver.unprotectRtcp(data, data.length);
  if (length > 0) return data.subarray(0, length);
  expect(data).toEqual(packet);
  return receiver.fault!;
}

/** 120 sequence numbers around the wrap, the first one in its place: it sets the turn that the others count from. */
function delaysKeepFirst(
  byDelay: (delays: readonly number[], from: readonly number[]) => number[],
  delays: readonly number[],
): number[] {
  const [first, ...others] = Array.from({ length: 120 }, (_, i) => 0xffff - 50 + i);
  return [first!, ...byDelay(delays, others)];
}

describe.each(srtpBackends)('by $name', ({ native }) => {
  function pair(profile: SrtpProfileName, maxSsrcs?: number) {
    const options = maxSsrcs === undefined ? { native } : { native, maxSsrcs };
    const [sender, receiver] = [new SrtpSender(options), new SrtpReceiver(options)];
    sender.setKeys(keying(profile));
    receiver.setKeys(keying(profile));
    return { sender, receiver };
  }

  describe.each(srtpProfileNames)('%s', (profile) => {
    const { rtpTagBytes, rtcpTagBytes } = srtpProfiles[profile];

    test('RFC 3711 §3.1 what was protected comes out as it was, and the payload is hidden on the way', () => {
      const { sender, receiver } = pair(profile);
      const packet = sealed(sender, rtp(1));
      expect(packet).toHaveLength(rtp(1).length + rtpTagBytes);
      expect(packet.subarray(0, 12)).toEqual(rtp(1).subarray(0, 12));
      expect(packet.includes('score')).toBe(false);
      expect(open(receiver, packet)).toEqual(rtp(1));
      expect(receiver.stats.packets).toBe(1);
    });

    test('RFC 3711 §3.4 RTCP likewise, with E bit, index and tag behind', () => {
      const { sender, receiver } = pair(profile);
      const packets = [0, 1, 2].map(() => sealed(sender, rtcp(), 'rtcp'));
      for (const [i, packet] of packets.entries()) {
        expect(packet).toHaveLength(rtcp().length + 4 + rtcpTagBytes);
        const indexAt = srtpProfiles[profile].cipher === 'gcm' ? packet.length - 4 : rtcp().length;
        expect(packet.readUInt32BE(indexAt)).toBe(0x8000_0000 + i);
        expect(packet.subarray(8, 28)).not.toEqual(rtcp().subarray(8, 28));
      }
      expect(packets.map((packet) => open(receiver, packet, 'rtcp'))).toEqual([rtcp(), rtcp(), rtcp()]);
    });

    test('RFC 3711 §3.1 any payload, header extension, SSRC and first sequence number', () => {
      const packets = fc.record({
        ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
        sequence: fc.integer({ min: 0, max: 0xffff }),
        csrcs: fc.integer({ min: 0, max: 15 }),
        payload: fc.uint8Array({ maxLength: 1400 }),
      });
      fc.assert(
        fc.property(packets, ({ ssrc, sequence, csrcs, payload }) => {
          const { sender, receiver } = pair(profile);
          const plain = rtp(sequence, ssrc, Buffer.concat([Buffer.alloc(4 * csrcs, 3), payload]));
          plain[0] = 0x80 | csrcs;
          expect(plain.equals(open(receiver, sealed(sender, plain)) as Buffer)).toBe(true);
        }),
        { numRuns: 50 },
      );
    });

    test('RFC 3711 §4.2 every single bit that is changed is noticed, in RTP and RTCP', () => {
      const { sender, receiver } = pair(profile);
      for (const kind of ['rtp', 'rtcp'] as const) {
        const packet = sealed(sender, kind === 'rtp' ? rtp(7) : rtcp(), kind);
        for (let bit = 0; bit < packet.length * 8; bit += 1) {
          const changed = Buffer.from(packet);
          changed[bit >> 3]! ^= 0x80 >> (bit & 7);
          expect(['bad-auth', 'too-short', 'replayed']).toContain(open(receiver, changed, kind));
        }
        expect(typeof open(receiver, packet, kind)).toBe('object');
      }
      expect(receiver.stats.packets).toBe(2);
      expect(receiver.stats.badAuth).toBeGreaterThan(500);
    });

    test('RFC 3711 §3.3.2 a replay is refused and counted', () => {
      const { sender, receiver } = pair(profile);
      const packets = Array.from({ length: 200 }, (_, i) => sealed(sender, rtp(i)));
      for (const packet of packets) expect(typeof open(receiver, packet)).toBe('object');
      for (const packet of packets) expect(open(receiver, packet)).toBe('replayed');
      const report = sealed(sender, rtcp(), 'rtcp');
      expect(typeof open(receiver, report, 'rtcp')).toBe('object');
      expect(open(receiver, report, 'rtcp')).toBe('replayed');
      expect(receiver.stats).toMatchObject({ packets: 201, replayed: 201, badAuth: 0 });
    });

    test('RFC 3711 §3.3.1 the sequence number wraps, in any order within the window, on both sides', () => {
      const shuffles = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 120, maxLength: 120 });
      fc.assert(
        fc.property(shuffles, shuffles, (sending, travelling) => {
          const { sender, receiver } = pair(profile);
          const byDelay = (delays: readonly number[], from: readonly number[]): number[] =>
            from
              .map((sequence, i) => ({ sequence, at: i + delays[i]! }))
              .sort((a, b) => a.at - b.at)
              .map(({ sequence }) => sequence);
          const sequences = delaysKeepFirst(byDelay, sending);
          const packets = new Map(sequences.map((sequence) => [sequence, sealed(sender, rtp(sequence))]));
          for (const sequence of delaysKeepFirst(byDelay, travelling)) {
            expect(open(receiver, packets.get(sequence)!)).toEqual(rtp(sequence));
          }
          expect(receiver.stats.packets).toBe(120);
        }),
        { numRuns: 10 },
      );
    });

    test('RFC 3711 §3.3.1 the rollover counter goes on over several turns', () => {
      const { sender, receiver } = pair(profile);
      for (let sequence = 0xfff0; sequence < 5 * 0x1_0000; sequence += 900) {
        expect(open(receiver, sealed(sender, rtp(sequence)))).toEqual(rtp(sequence));
      }
      expect(receiver.stats.badAuth).toBe(0);
    });

    test('no bytes make it throw', () => {
      const { sender, receiver } = pair(profile);
      const bytes = fc.uint8Array({ maxLength: 80 });
      fc.assert(
        fc.property(bytes, fc.constantFrom(0x80, 0x81, 0x90, 0x9f, 0x00), (content, first) => {
          if (content.length > 0) content[0] = first;
          expect(receiver.unprotectRtp(content, content.length)).toBe(0);
          expect(receiver.unprotectRtcp(content, content.length)).toBe(0);
          sender.protectRtp(content, content.length);
          sender.protectRtcp(content, content.length);
        }),
        { numRuns: 500 },
      );
      expect(receiver.stats.packets).toBe(0);
      expect(receiver.stats.tooShort + receiver.stats.badAuth).toBe(1000);
    });
  });

  describe('keys', () => {
    const profile = 'AES_CM_128_HMAC_SHA1_80';

    /** Both are in their third turn. */
    function turned() {
      const { sender, receiver } = pair(profile);
      for (let sequence = 0; sequence < 0x2_0100; sequence += 0x4000) open(receiver, sealed(sender, rtp(sequence)));
      expect(receiver.stats).toMatchObject({ badAuth: 0, replayed: 0 });
      return { sender, receiver };
    }

    test('RFC 4568 §6.4 the same keys again, as after hold, keep rollover counter and replay window', () => {
      const { sender, receiver } = turned();
      const last = sealed(sender, rtp(0x2_0001));
      open(receiver, last);
      expect(sender.setKeys(keying(profile))).toBe(true);
      expect(receiver.setKeys(keying(profile))).toBe(true);
      expect(open(receiver, last)).toBe('replayed');
      expect(open(receiver, sealed(sender, rtp(0x2_0002)))).toEqual(rtp(0x2_0002));
      const fresh = new SrtpReceiver({ native });
      fresh.setKeys(keying(profile));
      expect(open(fresh, sealed(sender, rtp(0x2_0003)))).toBe('bad-auth');
    });

    test('RFC 4568 §6.4 new keys begin with a rollover counter of 0; the figures go on', () => {
      const { sender, receiver } = turned();
      const { packets } = receiver.stats;
      sender.setKeys(keying(profile, 9));
      receiver.setKeys(keying(profile, 9));
      const packet = sealed(sender, rtp(0x2_0002));
      expect(open(receiver, packet)).toEqual(rtp(0x2_0002));
      const fresh = new SrtpReceiver({ native });
      fresh.setKeys(keying(profile, 9));
      expect(open(fresh, packet)).toEqual(rtp(0x2_0002));
      expect(receiver.stats.packets).toBe(packets + 1);
    });

    test('RFC 4568 §7.1.4 packets under the keys before are taken until the first one under the new ones', () => {
      const { sender, receiver } = turned();
      const late = [sealed(sender, rtp(0x2_0001)), sealed(sender, rtp(0x2_0002))] as const;
      sender.setKeys(keying(profile, 9));
      receiver.setKeys(keying(profile, 9));
      expect(open(receiver, late[0])).toEqual(rtp(0x2_0001));
      expect(open(receiver, late[0])).toBe('replayed');
      expect(open(receiver, sealed(sender, rtp(0x2_0003)))).toEqual(rtp(0x2_0003));
      expect(open(receiver, late[1])).toBe('bad-auth');
    });

    test('RFC 3711 §9.1 going back to keys that were used goes on with their packet indexes', () => {
      const { sender, receiver } = turned();
      sender.setKeys(keying(profile, 9));
      sender.setKeys(null);
      sender.setKeys(keying(profile));
      expect(open(receiver, sealed(sender, rtp(0x2_0001)))).toEqual(rtp(0x2_0001));
      sender.setKeys(keying(profile, 9));
      sender.setKeys(keying(profile));
      const data = Buffer.concat([rtp(0x2_0001), Buffer.alloc(20)]);
      expect(sender.protectRtp(data, data.length - 20)).toBe(0);
      expect(sender.fault).toBe('replayed');
    });

    test('RFC 3711 §9.1 a packet index is never used twice', () => {
      const { sender } = pair(profile);
      sealed(sender, rtp(5));
      const again = Buffer.concat([rtp(5), Buffer.alloc(20)]);
      expect(sender.protectRtp(again, again.length - 20)).toBe(0);
      expect(again).toEqual(Buffer.concat([rtp(5), Buffer.alloc(20)]));
      expect(sender.stats).toMatchObject({ packets: 1, replayed: 1 });
    });

    test('RFC 4568 §6.1 after the lifetime of the key nothing is sent', () => {
      const sender = new SrtpSender({ native });
      sender.setKeys({ ...keying(profile), lifetimePackets: 2 });
      sealed(sender, rtp(1));
      sealed(sender, rtp(2));
      const data = Buffer.concat([rtp(3), Buffer.alloc(20)]);
      expect(sender.protectRtp(data, data.length - 20)).toBe(0);
      expect(sender.stats.expired).toBe(1);
    });

    test('without keys, or with those of a profile that we do not have, everything is refused and counted', () => {
      const [sender, receiver] = [new SrtpSender({ native }), new SrtpReceiver({ native })];
      const data = Buffer.concat([rtp(3), Buffer.alloc(20)]);
      expect(receiver.setKeys({ profile: 'F8_128_HMAC_SHA1_80', keyAndSalt: new Uint8Array(30) })).toBe(false);
      for (const length of [
        sender.protectRtp(data, 32),
        sender.protectRtcp(data, 32),
        receiver.unprotectRtp(data, 52),
        receiver.unprotectRtcp(data, 52),
      ])
        expect(length).toBe(0);
      expect([sender.stats.unknownProfile, receiver.stats.unknownProfile]).toEqual([2, 2]);
      expect(sender.setKeys(null)).toBe(true);
    });

    test('a key of the wrong length is the mistake of the caller', () => {
      expect(() => new SrtpSender({ native }).setKeys({ profile, keyAndSalt: new Uint8Array(29) })).toThrow(
        SrtpKeyError,
      );
    });
  });

  describe('sources', () => {
    const profile = 'AES_CM_128_HMAC_SHA1_80';

    test('RFC 3711 §3.2.3 each has its own rollover counter and window', () => {
      const { sender, receiver } = pair(profile);
      for (let sequence = 0xff00; sequence < 0x1_0100; sequence += 1) {
        expect(open(receiver, sealed(sender, rtp(sequence, 1)))).toEqual(rtp(sequence, 1));
        expect(open(receiver, sealed(sender, rtp(sequence + 0x80, 2)))).toEqual(rtp(sequence + 0x80, 2));
      }
    });

    test('are limited in number, and only genuine ones count', () => {
      const { sender, receiver } = pair(profile, 2);
      for (let ssrc = 10; ssrc < 100; ssrc += 1) {
        const forged = Buffer.concat([rtp(1, ssrc), Buffer.alloc(10)]);
        expect(open(receiver, forged)).toBe('bad-auth');
      }
      expect(open(receiver, sealed(sender, rtp(1, 1)))).toEqual(rtp(1, 1));
      expect(open(receiver, sealed(sender, rtcp(2), 'rtcp'), 'rtcp')).toEqual(rtcp(2));
      const third = Buffer.concat([rtp(1, 3), Buffer.alloc(20)]);
      expect(sender.protectRtp(third, third.length - 20)).toBe(0);
      expect(open(receiver, third)).toBe('too-many-ssrcs');
      expect([sender.stats.tooManySsrcs, receiver.stats.tooManySsrcs]).toEqual([1, 1]);
      expect(open(receiver, sealed(sender, rtp(2, 1)))).toEqual(rtp(2, 1));
    });

    test('RFC 3711 §3.3.1 one that wrapped before we listened is understood, one from before the wrap too', () => {
      const { sender, receiver } = pair(profile);
      const before = [0xfffd, 0xfffe, 0xffff].map((sequence) => sealed(sender, rtp(sequence)));
      const after = [0x1_0000, 0x1_0001].map((sequence) => sealed(sender, rtp(sequence)));
      expect(open(receiver, after[1]!)).toEqual(rtp(1));
      expect(open(receiver, before[2]!)).toEqual(rtp(0xffff));
      expect(open(receiver, after[0]!)).toEqual(rtp(0));
      expect(open(receiver, after[0]!)).toBe('replayed');
    });

    test('what comes from before the first packet of the first turn is refused, not taken for a later turn', () => {
      const { sender, receiver } = pair(profile);
      open(receiver, sealed(sender, rtp(3)));
      const data = Buffer.concat([rtp(0xffff), Buffer.alloc(10)]);
      expect(open(receiver, data)).toBe('replayed');
    });

    test('a buffer without room for the tag is refused untouched', () => {
      const { sender } = pair(profile);
      const data = Buffer.concat([rtp(1), Buffer.alloc(9)]);
      expect(sender.protectRtp(data, rtp(1).length)).toBe(0);
      expect(sender.protectRtcp(data, rtp(1).length)).toBe(0);
      expect(data).toEqual(Buffer.concat([rtp(1), Buffer.alloc(9)]));
      expect(sender.stats.noRoom).toBe(2);
    });
  });
});
