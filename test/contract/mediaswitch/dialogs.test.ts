import { describe, expect, test } from 'vitest';
import {
  controlAddress,
  dialogDocument,
  hangupBody,
  originateBody,
  ringBody,
} from '../../../contract/mediaswitch/dialogs.js';

/** As the contract has them, letter by letter. */
const typed = `[{ "domain": "bling.babblevoice.com", "to": "1003", "from": "1000", "maxforwards": 70, "callerid":
  { "number": "123", "name": "123", "private": false }, "control": { "host": "127.0.0.1", "port": 9001 } }]`;
const document = `{"callid":"c1","domain":"pbx.example.com","to":"2000","from":"1003","contact":"<sip:1003@192.0.2.7:5062>",
  "maxforwards":70,"authenticated":true,"ring":true,"answered":true,"hold":false,"originator":false,"hangup":false,
  "error":{"code":0,"status":""},"remote":{"host":"192.0.2.7","port":5062},"sdp":{"them":{"m":[]},"us":{"m":[]}},
  "epochs":{"start":1700000000,"ring":1700000001,"answer":1700000004,"end":0}}`;

describe('mediaswitch contract 1.4, 1.5.2', () => {
  test('mediaswitch row 9: the invite that its users type, and the one its library sends', () => {
    expect(originateBody.parse(JSON.parse(typed))).toMatchObject([
      { domain: 'bling.babblevoice.com', to: '1003', from: '1000', control: 'http://127.0.0.1:9001' },
    ]);
    const structured = { from: { domain: 'a.example', user: '1' }, to: { user: '2' }, maxforwards: 69, sdp: { m: [] } };
    expect(originateBody.parse(structured)).toMatchObject(structured);
  });

  test('mediaswitch row 13: the event document', () => {
    const event: unknown = JSON.parse(document);
    expect(dialogDocument.parse(event)).toEqual(event);
    expect(dialogDocument.safeParse({ ...(event as object), refer: { to: '1', replaces: 'x' } }).success).toBe(true);
    expect(dialogDocument.safeParse({ ...(event as object), hold: 'no' }).success).toBe(false);
  });

  test('mediaswitch row 10: ring; row 11: hangup', () => {
    expect(ringBody.parse({ callid: 'x', alertinfo: 'somealertinfo' })).toMatchObject({ alertinfo: 'somealertinfo' });
    expect(ringBody.safeParse({ callid: 'x', alertinfo: 'a\nb' }).success).toBe(false);
    expect(hangupBody.safeParse({ callid: 'x', code: 200 }).success).toBe(false);
  });

  test('mediaswitch row 4: a control server as URL and as host and port', () => {
    expect(controlAddress.parse('http://127.0.0.1:9001/')).toBe('http://127.0.0.1:9001');
    expect(controlAddress.parse({ host: '::1', port: 9001 })).toBe('http://[::1]:9001');
    for (const bad of ['', 'control', 'ftp://a', { host: 'a/b', port: 1 }, { host: 'a', port: 0 }, 7]) {
      expect([bad, controlAddress.safeParse(bad).success]).toEqual([bad, false]);
    }
  });
});
