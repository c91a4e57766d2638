import { expect } from 'vitest';
import { toneHeardMs } from '../../support/hearing.js';
import type { Baresip } from './baresip.js';
import type { Linphone } from './linphone.js';
import { levels } from './report.js';
import { tone } from './sound.js';

/** What linphone (user 2001) and baresip (user 1001) say. */
export const LINPHONE_HZ = 1000;
export const BARESIP_HZ = 440;

export interface TwoPhones {
  readonly linphone: Linphone;
  readonly baresip: Baresip;
}

/** One calls the other, which answers; both then talk, each with its tone, until they have heard some seconds. */
export async function callEachOther(
  { linphone, baresip }: TwoPhones,
  caller: string,
  directory: string,
  { keys = 'in the SDP' }: { readonly keys?: 'in the SDP' | 'by a handshake' } = {},
): Promise<void> {
  if (caller === 'linphone') {
    const answered = linphone.call('1001');
    await baresip.accept();
    await answered;
  } else {
    await baresip.dial('2001');
    await linphone.answer();
  }
  await baresip.event('CALL_ESTABLISHED');
  // What it is told to say before it has its keys is forgotten with the sound that it starts with.
  if (keys === 'by a handshake') await baresip.event('CALL_MENC');
  await baresip.say(tone(directory, BARESIP_HZ, 100));
  await Promise.all([linphone.hearMore(3000), baresip.hearMore(3000)]);
}

/** Each has heard the other for a second and more. */
export function expectBothHeard({ linphone, baresip }: TwoPhones): void {
  console.log(levels('linphone heard', linphone.heard()));
  console.log(levels('baresip heard', baresip.heard()));
  expect(toneHeardMs(linphone.heard(), BARESIP_HZ)).toBeGreaterThanOrEqual(1000);
  expect(toneHeardMs(baresip.heard(), LINPHONE_HZ)).toBeGreaterThanOrEqual(1000);
}
