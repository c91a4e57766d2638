import { describe, expect, test } from 'vitest';
import { serializeMessage } from '../../../sip/serialize.js';
import { sampleRequest } from '../../support/sample-request.js';
import { TcpPeer } from '../../support/transport-bench.js';
import { ANSWER, UaBench } from '../../support/ua-bench.js';

/** Bob rings for a caller on a bare TCP connection that named this sent-by. */
async function ringing(host: string) {
  const bench = new UaBench();
  const bob = await bench.agent('bob', '10.0.0.2');
  const caller = new TcpPeer();
  const connecting = bench.network.host('10.0.0.1').connectTcp({ address: '10.0.0.2', port: 5060 }, caller);
  await bench.clock.advance(5);
  const connection = await connecting;
  const headers: [string, string][] = [['Contact', '<sip:alice@10.0.0.1;transport=tcp>']];
  connection.write(
    serializeMessage(sampleRequest('INVITE', { sentBy: { host, port: 5060 }, protocol: 'TCP', headers })),
  );
  await bench.clock.advance(5);
  expect(caller.text).toContain('SIP/2.0 180 Ringing');
  return { bench, bob, caller, connection };
}

/** A listener at the caller, and what it hears. */
async function listening(bench: UaBench): Promise<TcpPeer[]> {
  const heard: TcpPeer[] = [];
  await bench.network.host('10.0.0.1').listenTcp({ address: '10.0.0.1', port: 5060 }, () => {
    const peer = new TcpPeer();
    heard.push(peer);
    return peer;
  });
  return heard;
}

describe('RFC 3261 §18.2.2 the caller’s connection closes while we ring', () => {
  test.each([
    ['nobody listens at its address', '10.0.0.1'],
    ['its sent-by is an address behind NAT', '192.168.1.7'],
  ])('%s: the call ends, and the application knows', async (_, host) => {
    const { bench, bob, connection } = await ringing(host);
    connection.destroy();
    await bench.clock.advance(5);
    expect(bob.heard).toEqual(['ended local transport 503']);
    await bench.expectNothingLeft();
  });

  test('it listens there: the call rings on, and the answer goes there', async () => {
    const { bench, bob, connection } = await ringing('10.0.0.1');
    const [heard] = [await listening(bench)];
    connection.destroy();
    await bench.clock.advance(5);
    expect(bob.heard).toEqual([]);
    expect(heard).toHaveLength(1);
    bob.session.accept({ body: ANSWER });
    await bench.clock.advance(5);
    expect(heard).toHaveLength(1);
    expect(heard[0]?.text).toContain('SIP/2.0 200 OK');
  });

  test('a call that was refused meanwhile ends once', async () => {
    const { bench, bob, connection } = await ringing('10.0.0.1');
    connection.destroy();
    await bench.clock.advance(1);
    bob.session.reject(486);
    await bench.clock.advance(10);
    expect(bob.heard).toEqual(['ended local rejected 486']);
  });

  test('a call that was answered is not ended: its ACK may come over another connection', async () => {
    const { bench, bob, connection } = await ringing('192.168.1.7');
    bob.session.accept({ body: ANSWER });
    connection.destroy();
    await bench.clock.advance(5);
    expect(bob.heard).toEqual([]);
    expect(bob.session.state).toBe('answered');
  });
});
