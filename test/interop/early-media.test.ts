import { afterEach, beforeEach, expect, test } from 'vitest';
import { toneHeardMs } from '../support/hearing.js';
import { requirePeers } from './support/peers.js';
import { levels } from './support/report.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';

const ANNOUNCEMENT_HZ = 700;

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('sipp', 'baresip');
});

afterEach(() => stage.close());

test.each(['room', 'off'])('RFC 3261 §13.2.1 an announcement before the answer, early_audio: %s', async (who) => {
  const gateway = await stage.gateway('--early-audio', who);
  const phone = await stage.baresip({ gateway, user: '1001' });
  await phone.call('9000');
  const trunk = await stage.sipp({
    gateway,
    scenario: 'trunk-early-media',
    announcement: tone(stage.directory, ANNOUNCEMENT_HZ, 2),
  });
  await gateway.api('POST', '/sip/invite/server', {
    room_id: '9000',
    dest_addr: `127.0.0.1:${trunk.port}`,
    from_number: '100',
    to_number: '555',
  });
  await gateway.connected(2);
  await phone.hangUp();
  await trunk.finished();
  const heard = phone.heard();
  console.log(levels('baresip heard', heard));
  if (who === 'room') expect(toneHeardMs(heard, ANNOUNCEMENT_HZ)).toBeGreaterThanOrEqual(1000);
  else expect(toneHeardMs(heard, ANNOUNCEMENT_HZ)).toBe(0);
  expect(await gateway.outcome()).toEqual({ answered: 2, rejected: 0, canceled: 0, failed: 0, ended: 2 });
});
