import { afterEach, beforeEach, expect, test } from 'vitest';
import { converse, eachOther, voices } from './support/conversation.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip', 'espeak-ng', 'sox');
});

afterEach(() => stage.close());

test('three baresips in room 9000: each hears all that both others say and nothing of itself', async () => {
  const gateway = await stage.gateway();
  const phones = [
    await stage.baresip({ gateway, user: '1001' }),
    await stage.baresip({ gateway, user: '1002' }),
    // A mix is encoded for each listener in his own codec.
    await stage.baresip({ gateway, user: '1003', codec: 'PCMA' }),
  ];
  const speakers = await voices(stage.directory, phones);
  for (const phone of phones) await phone.call('9000');
  const rows = await gateway.connected(3);
  expect(rows.map(({ room_id }) => room_id)).toEqual(['9000', '9000', '9000']);
  expect(rows.map(({ codec }) => codec).sort()).toEqual(['pcma', 'pcmu', 'pcmu']);
  expect(await converse(speakers, eachOther)).toEqual([]);
  await phones[0]?.hangUp();
  await phones[1]?.hangUp();
  // Contract 4.4: the last one's call ends after the others have left.
  await phones[2]?.event('CALL_CLOSED');
  expect(await gateway.outcome()).toEqual({ answered: 3, rejected: 0, canceled: 0, failed: 0, ended: 3 });
});
