import { describe, expect, test } from 'vitest';
import { randomFraction } from '../../../base/random.js';
import { CookieDoor } from '../../../media/dtls/cookie.js';
import { srtpProfiles } from '../../../media/srtp/profiles.js';
import { createDtlsPair, DtlsEnd, identityOf, type PairOptions, printOf } from '../../support/dtls-pair.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

function shaken(options: PairOptions = {}) {
  const clock = new ManualClock();
  const pair = createDtlsPair(clock, options);
  pair.client.begin(null);
  return { clock, ...pair };
}

describe('RFC 5764 §4.2 a handshake', () => {
  test('gives both sides the same keys, crosswise, after a cookie', () => {
    const { client, server } = shaken();
    expect([client.news, server.news]).toEqual([['keys'], ['keys']]);
    expect(client.keys?.send).toEqual(server.keys?.receive);
    expect(client.keys?.receive).toEqual(server.keys?.send);
    expect(client.keys?.send).not.toEqual(client.keys?.receive);
    expect(client.keys?.send).toMatchObject({ profile: 'AEAD_AES_128_GCM' });
    expect(client.keys?.send.keyAndSalt).toHaveLength(28);
    expect([client.sent.length, server.sent.length]).toEqual([3, 3]);
  });

  test("the server's order of profiles counts, and only those of both", () => {
    const { AES_CM_128_HMAC_SHA1_80: cm, AEAD_AES_128_GCM: gcm, AEAD_AES_256_GCM: gcm256 } = srtpProfiles;
    expect(shaken({ server: { profiles: [cm, gcm] } }).client.keys?.send.profile).toBe(cm.name);
    expect(shaken({ server: { profiles: [gcm256, cm] } }).server.keys?.send.profile).toBe(cm.name);
    const { client, server } = shaken({ client: { profiles: [gcm256] } });
    expect(server.news).toEqual(['failed: no common SRTP profile']);
    expect(client.news).toEqual([]);
  });

  test('RFC 5763 §5 a certificate that the SDP does not speak of: no keys, on either side', () => {
    const wrong = [printOf(identityOf(7))];
    const ofClient = shaken({ server: { expects: wrong } });
    expect(ofClient.server.news).toEqual(['failed: certificate does not match a=fingerprint']);
    expect([ofClient.server.keys, ofClient.client.keys]).toEqual([null, null]);
    const ofServer = shaken({ client: { expects: wrong } });
    expect(ofServer.client.news).toEqual(['failed: certificate does not match a=fingerprint']);
    expect([ofServer.server.keys, ofServer.client.keys]).toEqual([null, null]);
  });

  test('RFC 5246 §7.4.8 a certificate that was only copied: who has not its key gets no keys', () => {
    const [genuine, thief] = [identityOf(3), identityOf(4)];
    const copied = Object.assign(Object.create(Object.getPrototypeOf(genuine)), {
      certificate: genuine.certificate,
      fingerprint: genuine.fingerprint,
      privateKey: () => thief.privateKey(),
    });
    const asClient = shaken({ client: { identity: copied }, server: { expects: [printOf(genuine)] } });
    expect(asClient.server.news).toEqual(['failed: peer has not the key of its certificate']);
    const asServer = shaken({ server: { identity: copied }, client: { expects: [printOf(genuine)] } });
    expect(asServer.client.news).toEqual(['failed: peer has not the key of its certificate']);
    expect([asClient.server.keys, asServer.client.keys]).toEqual([null, null]);
  });
});

describe('RFC 6347 §4.2.4 what is lost', () => {
  test.each([0, 1, 2, 3, 4, 5])('datagram %i is sent again, once in time', async (lost) => {
    const { clock, client, server } = shaken({ carry: (datagram, index) => (index === lost ? null : datagram) });
    await clock.advance(500);
    expect([client.news, server.news]).toEqual([['keys'], ['keys']]);
    expect(client.keys?.send).toEqual(server.keys?.receive);
    const before = client.sent.length + server.sent.length;
    await clock.advance(60_000);
    expect(client.sent.length + server.sent.length).toBe(before);
  });

  test.each([1, 2, 3, 4, 5, 6])('three of ten datagrams lost, seed %i: it takes longer and ends well', async (seed) => {
    const random = createSeededRandom(seed);
    const carry = (datagram: Buffer): Buffer | null => (randomFraction(random) < 0.3 ? null : datagram);
    const { clock, client, server } = shaken({ carry });
    await clock.advance(9900);
    expect([client.news, server.news]).toEqual([['keys'], ['keys']]);
    expect(client.keys?.send).toEqual(server.keys?.receive);
  });

  test('resent after 400, 800, 1600, 3200 and every 3200 ms; nothing more once it is closed', async () => {
    const { clock, client } = shaken({ carry: () => null });
    const times: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 100) {
      const before = client.sent.length;
      await clock.advance(100);
      if (client.sent.length > before) times.push(ms + 100);
    }
    expect(times).toEqual([400, 1200, 2800, 6000, 9200]);
    expect(client.association?.trouble).toBe('no answer');
    client.association?.close();
    const before = client.sent.length;
    await clock.advance(60_000);
    expect(client.sent).toHaveLength(before);
  });

  test('cut into fragments, each twice and in the wrong order, a flight is still understood', () => {
    const cut = (datagram: Buffer): Buffer[] => {
      const records: Buffer[] = [];
      for (let at = 0; at < datagram.length; at += 13 + datagram.readUInt16BE(at + 11)) {
        records.push(datagram.subarray(at, at + 13 + datagram.readUInt16BE(at + 11)));
      }
      return records;
    };
    const { client, server } = shaken({
      // The records in the clear, backwards and twice; what is behind them needs their keys.
      carry: (datagram) => {
        const records = cut(datagram);
        const clear = records.filter((record) => record[0] === 22 && record[4] === 0);
        const rest = records.filter((record) => !clear.includes(record));
        return Buffer.concat([...clear.flatMap(halves).reverse(), ...clear.flatMap(halves), ...rest]);
      },
    });
    expect([client.news, server.news]).toEqual([['keys'], ['keys']]);
  });

  test('RFC 6347 §4.2.1 a ClientHello in two datagrams, as browsers with long key shares send it, gets its cookie', () => {
    const clock = new ManualClock();
    const [ours, theirs] = [identityOf(1), identityOf(2)];
    const isHello = (datagram: Buffer): boolean => datagram[0] === 22 && datagram[13] === 1;
    const client: DtlsEnd = new DtlsEnd(clock, { identity: ours, expects: [printOf(theirs)], seed: 11 }, (datagram) => {
      for (const part of isHello(datagram) ? halves(datagram) : [datagram]) server.receive(part);
    });
    const server: DtlsEnd = new DtlsEnd(clock, { identity: theirs, expects: [printOf(ours)], seed: 21 }, (datagram) =>
      client.receive(datagram),
    );
    client.begin(null);
    expect([client.news, server.news]).toEqual([['keys'], ['keys']]);
    client.association!.close();
    server.association!.close();
  });

  test('RFC 6347 §4.2.1 pieces are kept of one ClientHello alone, and of none that is too long', () => {
    const door = new CookieDoor(createSeededRandom(1));
    const sent: Buffer[] = [];
    new DtlsEnd(new ManualClock(), { identity: identityOf(1), expects: [] }, (datagram) => sent.push(datagram)).begin(
      null,
    );
    const [first, second] = halves(sent[0]!) as [Buffer, Buffer];
    expect(door.knock(first, 'a').type).toBe('piece');
    expect(door.knock(second, 'b').type).toBe('piece');
    expect(door.knock(second, 'a').type).toBe('piece');
    expect(door.knock(first, 'a').type).toBe('ask');
    const long = Buffer.from(first);
    long.writeUIntBE(5000, 14, 3);
    expect(door.knock(long, 'a').type).toBe('nothing');
  });
});

/** One record with one message as two records, each with half of it. HelloVerifyRequest stays whole. */
function halves(record: Buffer): Buffer[] {
  if (record[13] === 3) return [record];
  const [head, message, body] = [record.subarray(0, 11), record.subarray(13, 19), record.subarray(25)];
  const middle = body.length >> 1;
  return [body.subarray(0, middle), body.subarray(middle)].map((part, index) => {
    const sizes = Buffer.alloc(8);
    sizes.writeUInt16BE(12 + part.length, 0);
    sizes.writeUIntBE(index === 0 ? 0 : middle, 2, 3);
    sizes.writeUIntBE(part.length, 5, 3);
    return Buffer.concat([head, sizes.subarray(0, 2), message, sizes.subarray(2), part]);
  });
}

describe('RFC 6347 §4.1.2.7 what strangers send', () => {
  test('no byte of a handshake can be turned without it being noticed, and nothing throws', () => {
    let worked = 0;
    for (let at = 0; at < 2000; at += 7) {
      const { client, server } = shaken({
        carry: (datagram, index) => {
          if (index !== 2 + (at % 4)) return datagram;
          const turned = Buffer.from(datagram);
          turned[at % turned.length]! ^= 1 + (at % 255);
          return turned;
        },
      });
      if (client.keys !== null && server.keys !== null) {
        worked += 1;
        expect(client.keys.send).toEqual(server.keys.receive);
      }
    }
    // A byte that nobody reads, as the version of a record.
    expect(worked).toBeLessThan(60);
  });

  test('an alert, a hello and noise in the clear end no association that is done', () => {
    const { client, server } = shaken();
    const alert = Buffer.from('15fefd0000000000000099000202 28'.replaceAll(' ', ''), 'hex');
    for (const end of [client, server]) {
      const before = end.sent.length;
      for (const datagram of [
        alert,
        client.sent[0]!,
        client.sent[1]!,
        Buffer.from('16', 'hex'),
        Buffer.alloc(40, 22),
      ]) {
        end.association!.receive(datagram);
      }
      expect(end.news).toEqual(['keys']);
      expect(end.association?.isDone).toBe(true);
      expect(end.sent).toHaveLength(before);
    }
  });

  test('before it is done an alert in the clear explains what went wrong, and no more', () => {
    const { client } = shaken({ carry: () => null });
    client.association!.receive(Buffer.from('15fefd00000000000000990002022a', 'hex'));
    expect(client.news).toEqual([]);
    expect(client.association?.trouble).toBe('alert 42');
  });
});

describe('RFC 5246 §7.2.1 close_notify', () => {
  test.each(['client', 'server'] as const)('of the %s is heard, once', (who) => {
    const pair = shaken();
    const other = who === 'client' ? pair.server : pair.client;
    pair[who].association!.close();
    pair[who].association!.close();
    expect(other.news).toEqual(['keys', 'closed']);
    expect(pair[who].news).toEqual(['keys']);
  });
});
