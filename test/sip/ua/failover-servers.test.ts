import { expect, test } from 'vitest';
import { parseUri } from '../../../sip/uri.js';
import { call, options, TRUNK, trunk } from '../../support/trunk-bench.js';

test('RFC 3263 §4.3 a server with nobody at its port is left as soon as ICMP says so', async () => {
  const { bench, zone, alice } = await trunk();
  bench.network.tellsIcmp.add('10.0.0.19');
  zone.udp(TRUNK, '10.0.0.19', '10.0.0.12');
  const attempt = call(alice);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  expect(bench.ladder().slice(0, 3)).toEqual(['alice > dead INVITE', 'alice > two INVITE', 'two > alice 200 INVITE']);
  attempt.end();
  await bench.expectNothingLeft();
});

test('RFC 3263 §4.3 ICMP of the last server, or of one that has answered, changes nothing', async () => {
  const { bench, zone, alice } = await trunk();
  bench.network.tellsIcmp.add('10.0.0.19').add('10.0.0.12');
  zone.udp(TRUNK, '10.0.0.12', '10.0.0.19');
  const attempt = call(alice);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  attempt.end();
  zone.udp('alone.example', '10.0.0.19');
  const asked = options(alice, 'alone.example');
  await bench.clock.advance(33_000);
  expect((await asked).statusCode).toBe(408);
  await bench.expectNothingLeft();
});

test('RFC 3861 §3.1 a message for an im: URI goes to the servers of that service, without them to those of SIP', async () => {
  const { bench, zone, alice } = await trunk();
  const to = parseUri('im:bob@people.example');
  if (!to.ok) throw new Error(to.fault);
  const send = () => alice.ua.request({ method: 'MESSAGE', uri: to.value });
  zone.udp('people.example', '10.0.0.12');
  const toSip = send();
  await bench.clock.advance(100);
  zone.udp('_im._sip.people.example', '10.0.0.11');
  const toService = send();
  await bench.clock.advance(100);
  expect([(await toSip).statusCode, (await toService).statusCode]).toEqual([405, 405]);
  expect(bench.ladder()).toEqual([
    'alice > two MESSAGE',
    'two > alice 405 MESSAGE',
    'alice > one MESSAGE',
    'one > alice 405 MESSAGE',
  ]);
  expect(zone.asked).toEqual(['_im._sip.people.example', 'people.example', '_im._sip.people.example']);
  await bench.expectNothingLeft();
});
