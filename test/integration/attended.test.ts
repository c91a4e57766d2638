import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  nameAddr,
  refer,
  referenceForPeer,
  serializeDialogReference,
  sipUri,
  withUriHeaders,
} from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { LoopbackWorld, listen, reached, rung } from '../support/loopback-world.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

test('RFC 5589 §7 a member of a room calls somebody, and transfers him into it with one REFER', async () => {
  const gateway = await world.startGateway();
  const anna = await world.addRegistered(gateway.sip, '1001', { toneHz: 440 });
  const bert = await world.addRegistered(gateway.sip, '1002', { toneHz: 800 });
  const carl = await world.addRegistered(gateway.sip, '1003', { toneHz: 1250 });
  const inRoom = await reached(await anna.dial('9000'), 'answered');
  await reached(await bert.dial('9000'), 'answered');
  const path = { room_id: '9000' };
  const { response } = await gateway.api.PATCH('/rooms/{room_id}', { params: { path }, body: { refer: 'room' } });
  expect(response.status).toBe(200);
  const consulted = await reached(await anna.dial('1003'), '180');
  (await rung(carl)).answer();
  await reached(consulted, 'answered');
  await listen(carl, { hears: [440], not: [800] });

  const { callId, localTag, remoteTag } = inRoom.session!.dialog!;
  const replaces = serializeDialogReference(referenceForPeer(`${callId} ${localTag} ${remoteTag}`));
  const room = sipUri({ user: '9000', host: gateway.sip.address, port: gateway.sip.port });
  const referTo = nameAddr(withUriHeaders(room, [['Replaces', replaces]]));
  const sent = refer(anna.ua.context, { session: consulted.session!, referTo });
  expect(await sent.result).toMatchObject({ outcome: 'succeeded', statusCode: 200 });
  await reached(inRoom, 'ended bye');
  await reached(consulted, 'ended bye');
  // What came of anna before may still be in his buffer.
  await eventually('bert hears carl alone', () =>
    listen(bert, { hears: [1250], not: [440] }).then(
      () => true,
      () => false,
    ),
  );
  await listen(carl, { hears: [800], not: [440] });
  for (const phone of [bert, carl]) phone.call?.hangUp();
  await gateway.idle();
});
