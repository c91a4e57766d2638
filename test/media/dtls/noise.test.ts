import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CookieDoor } from '../../../media/dtls/cookie.js';
import { readClientHello, readServerHello } from '../../../media/dtls/hello.js';
import {
  publicKeyOf,
  readCertificate,
  readCertificateVerify,
  readClientKeyExchange,
  readHelloVerifyRequest,
  readServerKeyExchange,
} from '../../../media/dtls/messages.js';
import { Reassembly } from '../../../media/dtls/reassembly.js';
import { readStun } from '../../../media/ice/stun.js';
import { createDtlsPair } from '../../support/dtls-pair.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data));

test('RFC 6347 §4.1.2.7 no bytes make a reader of the handshake throw', () => {
  const door = new CookieDoor(createSeededRandom(1));
  const readers = [
    readStun,
    readClientHello,
    readServerHello,
    readCertificate,
    readCertificateVerify,
    readClientKeyExchange,
    readHelloVerifyRequest,
    readServerKeyExchange,
    publicKeyOf,
    (data: Buffer) => door.knock(data, 'peer'),
    (data: Buffer) => new Reassembly().add(data, 0),
  ];
  fc.assert(
    fc.property(bytes, (data) => {
      for (const read of readers) read(data);
    }),
  );
});

/** A record in the clear of a type that means something, around noise. */
const record = fc.tuple(fc.constantFrom(20, 21, 22, 23), fc.nat(3), bytes).map(([type, epoch, body]) => {
  const head = Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, body]);
});

/** The same around a message whose header is well formed. */
const message = fc.tuple(fc.nat(21), fc.nat(9), fc.nat(40), bytes).map(([type, sequence, offset, body]) => {
  const [length, all] = [body.length, body.length + offset];
  const sizes = [all >> 16, all >> 8, all, 0, sequence, 0, 0, offset, length >> 16, length >> 8, length];
  const whole = Buffer.concat([Buffer.from([type, ...sizes.map((size) => size & 0xff)]), body]);
  const head = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, whole.length >> 8, whole.length & 0xff];
  return Buffer.concat([Buffer.from(head), whole]);
});

test('RFC 6347 §4.1.2.7 noise between the datagrams of a handshake throws nothing, and gives nobody keys of its own', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(record, message), { maxLength: 6 }), fc.nat(5), (noise, when) => {
      const { client, server } = createDtlsPair(new ManualClock(), {
        carry: (datagram, index) => {
          if (index === when)
            for (const each of noise) for (const end of [client, server]) end.association?.receive(each);
          return datagram;
        },
      });
      client.begin(null);
      if (client.keys === null || server.keys === null) return;
      expect(client.keys.send).toEqual(server.keys.receive);
    }),
    { numRuns: 60 },
  );
});

test('RFC 6347 §4.2.3 what is kept of messages has a limit', () => {
  const reassembly = new Reassembly();
  for (let sequence = 0; sequence < 100; sequence += 1) {
    for (const length of [0x7f_ffff, 16_385, 100]) {
      const sizes = [length >> 16, length >> 8, length, 0, sequence, 0, 0, 0, 0, 0, 1].map((size) => size & 0xff);
      reassembly.add(Buffer.from([1, ...sizes, 7]), 0);
    }
  }
  expect(reassembly.take()).toBeNull();
  expect(reassembly.refused).toBe(292);
});
