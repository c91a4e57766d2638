import { describe, expect, test } from 'vitest';
import {
  channelNews,
  dialogNews,
  inviteBody,
  registrationBody,
  registrationNews,
} from '../../../contract/mediaswitch/control.js';

describe('mediaswitch contract 1.5.2: news of a dialog', () => {
  const example = {
    ...{ callid: 'c1', domain: 'pbx.example.com', to: '2000', from: '1003', contact: '<sip:1003@192.0.2.7:5062>' },
    ...{
      maxforwards: 70,
      authenticated: true,
      ring: true,
      answered: true,
      hold: false,
      originator: false,
      hangup: false,
    },
    ...{ error: { code: 0, status: '' }, remote: { host: '192.0.2.7', port: 5062 } },
    sdp: { them: { m: [] }, us: { m: [] } },
    epochs: { start: 1_700_000_000, ring: 1_700_000_001, answer: 1_700_000_004, end: 0 },
  };

  test('the example is kept as it is, and so is what is not known', () => {
    expect(dialogNews.parse(example)).toEqual(example);
    expect(dialogNews.parse({ ...example, later: 1 })).toEqual({ ...example, later: 1 });
  });

  test('what is missing has not happened', () => {
    expect(dialogNews.parse({ hangup: true })).toEqual({
      ...{ callid: '', domain: '', to: '', from: '', contact: '', maxforwards: 70, authenticated: false, ring: false },
      ...{ answered: false, hold: false, originator: false, hangup: true, error: { code: 0, status: '' } },
      ...{ remote: { host: '', port: 0 }, sdp: { them: {}, us: {} } },
      epochs: { start: 0, ring: 0, answer: 0, end: 0 },
    });
  });

  test('clock rates as numbers and as texts, formats that are words, connections of one medium', () => {
    const media = (clock: number | string) => ({
      ...{ media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [8, 101] },
      rtpmap: { 101: { encoding: 'telephone-event', clock } },
    });
    const image = { media: 'image', port: 0, proto: 'udptl', payloads: ['t38'], c: [{ address: '192.0.2.9' }] };
    const read = dialogNews.parse({ sdp: { them: { m: [media(8000), media('8000'), image] }, us: null } });
    expect(read.sdp.them.m?.map(({ payloads }) => payloads)).toEqual([[8, 101], [8, 101], []]);
    expect(read.sdp.us).toEqual({});
  });

  test.each([{ sdp: { them: { m: 'audio' } } }, { answered: 'yes' }, { refer: {} }, [], 'text', null])(
    '%j is refused',
    (body) => {
      expect(dialogNews.safeParse(body).success).toBe(false);
    },
  );
});

describe('mediaswitch contract 5a: requests as they are typed', () => {
  test('registrations in both forms', () => {
    const seen = { host: '127.0.0.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114' };
    expect(registrationNews.parse({ ...seen, user: '1003@bling.babblevoice.com' })).toEqual(seen);
    const who = { domain: 'bling.babblevoice.com', user: '1000' };
    expect(registrationBody.parse(who)).toEqual(who);
  });

  test('invitations in both forms', () => {
    const typed = {
      ...{ domain: 'bling.babblevoice.com', to: '1003', from: '1000', maxforwards: 70 },
      callerid: { number: '123', name: '123', private: false },
      control: { host: '127.0.0.1', port: 9001 },
    };
    const read = {
      ...{ domain: 'bling.babblevoice.com', to: '1003', from: '1000', maxforwards: 70 },
      cid: { number: '123', name: '123', private: false },
    };
    expect(inviteBody.parse([typed])).toEqual([read]);
    const made = {
      ...{ from: { domain: 'bling.babblevoice.com', user: '1000' }, to: { user: '1003' }, maxforwards: 70 },
      ...{ cid: { number: '123', name: '123', private: false }, control: 'http://127.0.0.1:9001', sdp: {} },
    };
    expect(inviteBody.parse(made)).toEqual([read]);
    expect(inviteBody.safeParse([]).success).toBe(false);
    expect(inviteBody.safeParse(Array.from({ length: 33 }, () => typed)).success).toBe(false);
  });

  test('news of a channel', () => {
    const close = {
      ...{ event: 'close', reason: 'idle-timeout' },
      stats: { in: { pkts: 10, lost: 0, jitter_ms: 1 }, out: { pkts: 10 }, mos: 4.4 },
    };
    expect(channelNews.parse(close)).toEqual(close);
    expect(channelNews.safeParse({ event: 'other' }).success).toBe(false);
  });
});
