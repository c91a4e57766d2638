import { describe, expect, test } from 'vitest';
import { IceLite } from '../../../media/ice/lite.js';
import { attribute, isIntegral, readStun, stunType, writeStun, xorMappedAddress } from '../../../media/ice/stun.js';
import type { LegIce } from '../../../media/sdp/leg-media.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const transactionId = hex('b7e7a701bc34d686fa87dfae');

describe('RFC 5769 the test vectors', () => {
  const password = 'VOkJxbRl1RmTxUk/WvJxBt';
  const request = hex(`000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74
    002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020
    000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf`);

  test('RFC 5769 §2.1 the request is read, its integrity and fingerprint are right', () => {
    const message = readStun(request)!;
    expect(message.type).toBe(stunType.request);
    expect(message.attributes.get(attribute.username)?.toString()).toBe('evtj:h6vY');
    expect(isIntegral(message, password)).toBe(true);
    expect(isIntegral(message, `${password}x`)).toBe(false);
  });

  test('RFC 5769 §2.2 the answer is written as it stands there, but for its padding', () => {
    const wanted = hex(`0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220
      002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96`);
    expect(isIntegral(readStun(wanted)!, password)).toBe(true);
    const mapped = readStun(wanted)!.attributes.get(attribute.xorMappedAddress);
    expect(xorMappedAddress('192.0.2.1', 32853, transactionId)).toEqual(mapped);
  });

  test('RFC 5769 §2.3 an IPv6 address', () => {
    expect(xorMappedAddress('2001:db8:1234:5678:11:2233:4455:6677', 32853, transactionId).toString('hex')).toBe(
      '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
    );
  });

  test('RFC 8489 §14.7 no byte before FINGERPRINT can be turned', () => {
    for (let at = 0; at < request.length - 8; at += 1) {
      const turned = Buffer.from(request);
      turned[at]! ^= 1;
      const message = readStun(turned);
      expect(message === null || !isIntegral(message, password)).toBe(true);
    }
  });

  test.each([0, 1, 19, 20, 21, 24, 60])('cut to %i bytes it is none', (bytes) => {
    expect(readStun(request.subarray(0, bytes))).toBeNull();
  });
});

const ice: LegIce = { localUfrag: 'ours', localPassword: 'x'.repeat(22), remoteUfrag: 'them', isRemoteLite: false };
const from = ['192.0.2.7', 4000] as const;

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

interface Check {
  readonly username?: string;
  readonly password?: string | null;
  readonly priority?: number;
  readonly nominates?: boolean;
  readonly more?: readonly (readonly [number, Uint8Array])[];
}

function check({ username = 'ours:them', password, priority = 100, nominates = false, more = [] }: Check = {}): Buffer {
  const attributes = [
    [attribute.username, Buffer.from(username)],
    [attribute.priority, number(priority)],
    [attribute.iceControlling, Buffer.alloc(8, 1)],
    ...(nominates ? [[attribute.useCandidate, Buffer.alloc(0)] as const] : []),
    ...more,
  ] as const;
  return writeStun(stunType.request, transactionId, attributes, password === undefined ? ice.localPassword : password);
}

function agent(): IceLite {
  const lite = new IceLite();
  lite.set(ice);
  return lite;
}

/** Code and unknown attributes of an answer, or `ok`. */
function told(answer: Buffer | null): unknown {
  if (answer === null) return null;
  const { type, attributes } = readStun(answer)!;
  if (type === stunType.success) return 'ok';
  const code = attributes.get(attribute.errorCode)!;
  return [code[2]! * 100 + code[3]!, attributes.get(attribute.unknownAttributes)?.toString('hex')].filter(Boolean);
}

describe('RFC 8445 §7.3 a check', () => {
  test('is answered with where it came from, under our password', () => {
    const lite = agent();
    const { answer, isNominated } = lite.receive(check(), ...from, 0);
    const message = readStun(answer!)!;
    expect(told(answer)).toBe('ok');
    expect(message.transactionId).toEqual(transactionId);
    expect(message.attributes.get(attribute.xorMappedAddress)).toEqual(xorMappedAddress(...from, transactionId));
    expect(isIntegral(message, ice.localPassword)).toBe(true);
    expect([isNominated, lite.isValid(...from), lite.isValid(from[0], 4001), lite.nominated]).toEqual([
      false,
      true,
      false,
      null,
    ]);
  });

  test.each([
    ['another user', { username: 'ours:other' }, [401]],
    ['another password', { password: 'y'.repeat(22) }, [401]],
    ['no MESSAGE-INTEGRITY', { password: null }, [400]],
    ['what we do not understand', { more: [[0x7f01, Buffer.alloc(3)]] }, [420, '7f01']],
    ['a peer that is controlled too', { more: [[attribute.iceControlled, Buffer.alloc(8)]] }, [487]],
    ['what may be passed over', { more: [[0xff01, Buffer.alloc(3)]] }, 'ok'],
  ] as const)('RFC 8489 §6.3.1, §9.1.3 %s', (_, changes, outcome) => {
    const lite = agent();
    expect(told(lite.receive(check(changes as Check), ...from, 0).answer)).toEqual(outcome);
    expect(lite.isValid(...from)).toBe(outcome === 'ok');
  });

  test('answers of others and noise are counted; without ICE everything is', () => {
    const lite = agent();
    expect(lite.receive(writeStun(stunType.success, transactionId, [], null), ...from, 0).answer).toBeNull();
    expect(lite.receive(Buffer.alloc(20), ...from, 0).answer).toBeNull();
    expect(lite.refused).toBe(2);
    lite.receive(writeStun(stunType.indication, transactionId, [], null), ...from, 0);
    expect(lite.refused).toBe(2);
    expect(new IceLite().receive(check(), ...from, 0).answer).toBeNull();
  });

  test('nine sources: the one that checked longest ago is forgotten', () => {
    const lite = agent();
    for (let port = 1; port <= 9; port += 1) lite.receive(check(), '192.0.2.7', port, port);
    expect(Array.from({ length: 9 }, (_, at) => lite.isValid('192.0.2.7', at + 1))).toEqual([
      false,
      ...Array.from({ length: 8 }, () => true),
    ]);
  });
});

describe('RFC 8445 §8.1.2 USE-CANDIDATE', () => {
  test('says where to, and of several the highest priority wins', () => {
    const lite = agent();
    const at = (port: number, priority: number, nowMs = 0): boolean =>
      lite.receive(check({ priority, nominates: true }), '192.0.2.7', port, nowMs).isNominated;
    expect([at(1, 100), at(2, 50), at(3, 200), at(3, 200), at(1, 100)]).toEqual([true, false, true, true, false]);
    expect(lite.nominated).toMatchObject({ port: 3 });
    // RFC 7675 §5.1: who has not consented for so long is no peer any more.
    expect(at(2, 50, 15_001)).toBe(true);
  });

  test('RFC 8445 §9 after a restart the old place holds until the new checks nominate, by whatever priority', () => {
    const lite = agent();
    lite.receive(check({ priority: 200, nominates: true }), '192.0.2.7', 1, 0);
    lite.set({ ...ice });
    expect(lite.isValid('192.0.2.7', 1)).toBe(true);
    lite.set({ ...ice, remoteUfrag: 'new' });
    expect([lite.isValid('192.0.2.7', 1), lite.nominated]).toEqual([false, expect.objectContaining({ port: 1 })]);
    expect(told(lite.receive(check(), '192.0.2.7', 1, 0).answer)).toEqual([401]);
    lite.receive(check({ username: 'ours:new', priority: 1, nominates: true }), '192.0.2.7', 2, 0);
    expect(lite.nominated).toMatchObject({ port: 2 });
    lite.set(null);
    expect([lite.isOn, lite.nominated]).toEqual([false, null]);
  });
});
