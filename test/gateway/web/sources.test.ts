import { afterEach, beforeEach, expect, test } from 'vitest';
import { signJwt } from '../../../gateway/web/jwt.js';
import { RoomWorld } from '../../support/room-world.js';
import { WebPage } from '../../support/web-page.js';

const secret = 'the secret of this gateway';
let world: RoomWorld;
let pages: WebPage[];
/** SSRCs of the RTP that pages were sent, in order of their first packets. */
let sent: Set<number>;

beforeEach(async () => {
  world = await RoomWorld.start({ config: `token_secret: ${secret}` });
  pages = [];
  sent = new Set();
  world.network.filter = ({ to, data }) => {
    const isRtp = to.address.startsWith('10.0.3.') && data[0]! >= 128 && !(data[1]! >= 192 && data[1]! <= 223);
    if (isRtp) sent.add(data.readUInt32BE(8));
    return true;
  };
});

afterEach(async () => {
  for (const page of pages) await page.close();
  await world.clock.advance(40_000);
  expect(await world.close()).toMatchObject({ timers: 0 });
});

test('RFC 5576 §4.1 what a page is sent is of the source that the answer announces, before a hold, in it and after', async () => {
  const page = await WebPage.open(world, world.gateway, { toneHz: 440 });
  pages.push(page);
  const token = signJwt({ iss: 'webrtc', room: 'r1', peer: null, exp: 9e9 }, secret);
  const { text } = await page.connect('/webrtc/endpoint', token);
  const phone = await world.come(1250);
  const [, ssrc, cname] = /a=ssrc:(\d+) cname:(hookline-\S+)\r\n/.exec(text) ?? [];
  expect(text).toContain(`a=ssrc:${ssrc} msid:hookline audio\r\n`);
  expect(cname).toMatch(/^hookline-/);
  expect(await page.hears(1250)).toEqual([1250]);
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    page.voice.direction = direction;
    const offer = page.voice.offer().toString();
    const answer = await page.patch(offer, { 'content-type': 'application/sdp' });
    page.voice.accept(Buffer.from(answer.text));
    expect(answer.text).toContain(`a=ssrc:${ssrc} cname:${cname}\r\n`);
    await world.clock.advance(500);
  }
  expect(await page.hears(1250)).toEqual([1250]);
  expect([...sent]).toEqual([Number(ssrc)]);
  phone.call?.hangUp();
});
