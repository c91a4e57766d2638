import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serializeMessage } from '../../../sip/serialize.js';
import { answerBinding, bindingRequest, isStun, parseBindingAnswer } from '../../../sip/transport/stun.js';
import { sampleRequest } from '../../support/sample-request.js';

const id = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
const from = { address: '192.0.2.1', port: 32_853 };

/** A Binding request with these attributes, each as type and value. */
function request(...attributes: readonly (readonly [number, Buffer])[]): Buffer {
  const body = attributes.map(([type, value]) => {
    const head = Buffer.alloc(4);
    head.writeUInt16BE(type, 0);
    head.writeUInt16BE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
  });
  const bytes = Buffer.concat([bindingRequest(id).subarray(0, 20), ...body]);
  bytes.writeUInt16BE(bytes.length - 20, 2);
  return bytes;
}

function answered(data: Buffer, source = from): Buffer {
  const answer = answerBinding(data, source);
  if (answer === null) throw new Error('no answer');
  return answer;
}

describe('the server', () => {
  test('RFC 5769 §2.2 XOR-MAPPED-ADDRESS is encoded as in the sample IPv4 response', () => {
    const answer = answered(request());
    expect(answer.toString('hex')).toBe(`0101000c2112a442${id.toString('hex')}002000080001a147e112a643`);
  });

  test('RFC 5769 §2.3 XOR-MAPPED-ADDRESS is encoded as in the sample IPv6 response', () => {
    const answer = answered(request(), { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
    expect(answer.toString('hex')).toBe(
      `010100182112a442${id.toString('hex')}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`,
    );
  });

  test('RFC 8489 §14.7 a request with FINGERPRINT is answered with one, and one that is wrong is dropped', () => {
    const good = bindingRequest(id);
    const answer = answered(good);
    expect(answer.readUInt16BE(32)).toBe(0x8028);
    expect(parseBindingAnswer(answer)).toMatchObject({ ok: true });
    const bad = Buffer.from(good);
    bad[27]! ^= 1;
    expect(answerBinding(bad, from)).toBeNull();
  });

  test('RFC 8489 §6.3.1 an unknown attribute that has to be understood is answered with 420 and its number', () => {
    const answer = answered(request([0x0003, Buffer.alloc(4)], [0x7777, Buffer.from('abc')]));
    expect(answer.readUInt16BE(0)).toBe(0x0111);
    expect([answer[26], answer[27]]).toEqual([4, 20]);
    expect([answer.readUInt16BE(28), answer.readUInt16BE(32), answer.readUInt16BE(34)]).toEqual([0x000a, 3, 0x7777]);
    expect(parseBindingAnswer(answer)).toEqual({
      ok: true,
      value: { transactionId: id.toString('hex'), mapped: null },
    });
  });

  test('RFC 8489 §14 optional and known attributes do not change the answer', () => {
    const answer = answered(request([0x8022, Buffer.from('softphone')], [0x0006, Buffer.from('user')]));
    expect(answer).toEqual(answered(request()));
  });

  test('RFC 8489 §6.3 indications, answers, other cookies, wrong lengths and long requests get no answer', () => {
    const indication = request();
    indication.writeUInt16BE(0x0011, 0);
    const cookie = request();
    cookie.writeUInt32BE(1, 4);
    const length = request();
    length.writeUInt16BE(4, 2);
    const cut = request([0x8022, Buffer.from('abcd')]);
    cut.writeUInt16BE(400, 22);
    const long = request([0x8022, Buffer.alloc(600)]);
    for (const bytes of [indication, answered(request()), cookie, length, cut, long]) {
      expect(answerBinding(bytes, from)).toBeNull();
    }
  });

  test('RFC 5626 §8 an answer is at most 40 bytes longer than its request', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 12 }))), (list) => {
        const bytes = request(...list.map(([type, value]) => [type, Buffer.from(value)] as const));
        const answer = answerBinding(bytes, { address: '2001:db8::1', port: 1 });
        expect(answer === null || answer.length <= bytes.length + 40).toBe(true);
      }),
    );
  });
});

describe('the client', () => {
  test('RFC 5769 §2.2 reads the mapped address of the sample response, whose FINGERPRINT is right', () => {
    const sample = Buffer.from(
      '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643' +
        '000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
      'hex',
    );
    expect(parseBindingAnswer(sample)).toEqual({
      ok: true,
      value: { transactionId: id.toString('hex'), mapped: from },
    });
  });

  test('RFC 8489 §14.1 an old server may answer with MAPPED-ADDRESS', () => {
    const answer = request([0x0001, Buffer.from('0001138ac0000207', 'hex')]);
    answer.writeUInt16BE(0x0101, 0);
    expect(parseBindingAnswer(answer)).toMatchObject({
      value: { mapped: { address: '192.0.2.7', port: 5002 } },
    });
  });

  test('RFC 8489 §6.3.3 a success without an address is a fault', () => {
    const answer = request();
    answer.writeUInt16BE(0x0101, 0);
    expect(parseBindingAnswer(answer)).toMatchObject({ ok: false, fault: 'bad-attribute' });
  });

  test('RFC 8489 §14.2 what a server writes a client reads, IPv4 and IPv6', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
        .map((groups) => groups.map((group) => group.toString(16)).join(':')),
    );
    fc.assert(
      fc.property(
        address,
        fc.integer({ min: 0, max: 65_535 }),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        (ip, port, tid) => {
          const answer = answered(bindingRequest(tid), { address: ip, port });
          expect(parseBindingAnswer(answer)).toEqual({
            ok: true,
            value: { transactionId: Buffer.from(tid).toString('hex'), mapped: { address: ip, port } },
          });
        },
      ),
    );
  });
});

test('RFC 5626 §8 no SIP message is taken for STUN', () => {
  expect(isStun(serializeMessage(sampleRequest('OPTIONS', { sentBy: { host: '10.0.0.1' } })))).toBe(false);
  expect(isStun(bindingRequest(id))).toBe(true);
});

test('RFC 8489 §5 no bytes make a reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, framed) => {
      const data = framed ? request([bytes[0] ?? 0, Buffer.from(bytes)]) : Buffer.from(bytes);
      if (framed && bytes.length > 2) data.writeUInt16BE((bytes[1]! << 8) | bytes[2]!, 22);
      answerBinding(data, from);
      const answer = Buffer.from(data);
      if (answer.length > 1) answer.writeUInt16BE(0x0101, 0);
      expect(typeof parseBindingAnswer(answer).ok).toBe('boolean');
    }),
  );
});
