import type { Gateway } from './gateway.js';
import { tone } from './sound.js';
import type { Stage } from './stage.js';
import { TonePeer } from './tone-peer.js';
import { TONE_PEAK, type ToneMember, toneOf } from './tones.js';

/** As long as a test may take. */
const TONE_S = 170;

/** baresip on G.722 in a room, playing its tone. */
export async function baresipInRoom(stage: Stage, gateway: Gateway, number: string): Promise<ToneMember> {
  const phone = await stage.baresip({ gateway, user: '1701', codec: 'G722' });
  await phone.call(number);
  await phone.say(tone(stage.directory, toneOf.baresip, TONE_S, TONE_PEAK));
  return {
    name: 'baresip',
    toneHz: toneOf.baresip,
    mark: async () => phone.heard().length,
    since: async (mark) => phone.heard().subarray(mark),
  };
}

/** sipp on PCMA in a room; its sound is a TonePeer's. */
export async function sippInRoom(stage: Stage, gateway: Gateway, number: string): Promise<ToneMember> {
  const sound = await TonePeer.open('sipp', toneOf.sipp);
  stage.onClose(() => sound.close());
  const keys = { tone_port: String(sound.port) };
  await stage.sipp({ gateway, scenario: 'toned-call', user: '1702', number, keys, limitS: TONE_S });
  return sound;
}
