import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { dialogsBody, originatedBody } from '../../../contract/mediaswitch/dialogs.js';
import { directoryView, domainBody, domainView, userBody } from '../../../contract/mediaswitch/directory.js';
import {
  domainRegistrations,
  registrationCount,
  registrationNews,
} from '../../../contract/mediaswitch/registrations.js';
import * as rtp from '../../../contract/mediaswitch/rtp.js';

const bling = 'bling.babblevoice.com';
const users = [{ username: '1003', secret: '1123654789' }];
const registered = {
  ...{ registered: true, outstandingping: 0, epochs: { registered: 1_700_000_000 } },
  remote: { host: '127.0.0.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114' },
};
const channels = { active: 1, available: 4999 };

/** Route, its schema, a body as the contract has it, and one that does not fit. */
const examples: readonly (readonly [string, z.ZodType, unknown, unknown])[] = [
  ['PUT /dir/{domain}', domainBody, { control: 'http://127.0.0.1:9001', users }, { users: '1003' }],
  ['PUT /dir/{domain}/{user}', userBody, { secret: '1123654789' }, {}],
  ['GET /dir/{domain}', domainView, { users: ['1003'], control: 'http://127.0.0.1:9001' }, { users }],
  ['GET /dir', directoryView, { domains: ['com'] }, { domains: 'com' }],
  ['GET /reg', registrationCount, { count: 1 }, {}],
  [
    'GET /reg/{domain}',
    domainRegistrations,
    { domain: bling, count: 2, registered: 1, users: { '1000': { registered: false }, '1003': registered } },
    { domain: bling, count: 1, registered: 1, users: [registered] },
  ],
  ['PUT {control}/reg/{domain}/{user}', registrationNews, { ...registered.remote, user: `1003@${bling}` }, {}],
  ['POST /dialog/invite, answered', originatedBody, { callid: 'c1' }, { callid: 1 }],
  ['GET /dialog', dialogsBody, { count: 1, counter: 2 }, { count: 1 }],
  ['POST /channel', rtp.openChannelBody, {}, { control: 7 }],
  ['PUT /channel/{uuid}', rtp.setChannelBody, { ip: '192.0.2.7', port: 4000, audio: { payloads: [8, 101] } }, {}],
  ['PUT /channel/target/{uuid}', rtp.targetBody, { address: '192.0.2.7', port: 4000 }, { port: 4000 }],
  [
    'PUT /channel/{uuid}/play',
    rtp.soundSoup,
    { loop: true, files: [{ wav: ['a.wav', 'b.wav'], start: 100, stop: 200, loop: 2 }, { g722: 'c.wav' }] },
    { files: [{ loop: true }] },
  ],
  ['PUT /channel/{uuid}/record', rtp.recordBody, { file: 'call.wav', maxduration: 1000 }, {}],
  ['PUT /channel/{uuid}/dtmf', rtp.dtmfBody, { digits: '0123456789*#ABCD' }, { digits: 'x' }],
  ['PUT /channel/{uuid}/echo', rtp.echoBody, { on: true }, { on: 'yes' }],
  ['DELETE /channel/{uuid}', rtp.closedChannel, { channels }, channels],
  ['POST {control}/channel/{uuid}, a key', rtp.channelEvent, { event: 'dtmf', digit: '5' }, { event: 'dtmf' }],
  [
    'POST {control}/channel/{uuid}, the end',
    rtp.channelEvent,
    {
      ...{ event: 'close', reason: 'requested' },
      stats: { in: { pkts: 100, lost: 0, jitter_ms: 1 }, out: { pkts: 100 }, mos: 4.4 },
    },
    { event: 'close', reason: 'requested' },
  ],
];

describe('the example bodies of the mediaswitch contract', () => {
  test.each(examples)('%s', (_route, schema, fits, doesNot) => {
    expect(schema.safeParse(fits).error?.issues ?? []).toEqual([]);
    expect(schema.safeParse(doesNot).success).toBe(false);
  });

  test('a control server may be host and port; entries without a secret do not spoil a push', () => {
    const body = { control: { host: '127.0.0.1', port: 9001 }, users: [...users, { username: '1000' }] };
    expect(domainBody.safeParse(body).error?.issues ?? []).toEqual([]);
  });
});
