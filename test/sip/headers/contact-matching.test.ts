import { describe, expect, test } from 'vitest';
import { serializeNameAddr } from '../../../sip/header-values.js';
import {
  acceptContacts,
  rejectContacts,
  requestDisposition,
  serializeContactPreference,
  serializeRequestDisposition,
} from '../../../sip/headers/caller-preferences.js';
import { matchContacts } from '../../../sip/headers/contact-matching.js';
import { featureSet, overlap } from '../../../sip/headers/feature-set.js';
import { contacts } from '../../../sip/headers.js';
import { Params } from '../../../sip/params.js';
import { requestWith, valueIn } from '../../support/message-with.js';

function matched(contactLines: string, requestLines: string, method = 'INVITE') {
  const { values } = valueIn(contacts(requestWith(contactLines, 'REGISTER')));
  return valueIn(matchContacts(requestWith(requestLines, method), values)).map(({ contact, callerQ }) => {
    const user = /sip:(\w+)@/.exec(serializeNameAddr(contact))?.[1];
    return [user, Math.round(callerQ * 100) / 100];
  });
}

describe('RFC 3841 §7.2', () => {
  const registered = `Contact: <sip:u1@h.example.com>;audio;video;methods="INVITE,BYE";q=0.2
Contact: <sip:u2@h.example.com>;audio="FALSE";methods="INVITE";actor="msg-taker";q=0.2
Contact: <sip:u3@h.example.com>;audio;actor="msg-taker";methods="INVITE";video;q=0.3
Contact: <sip:u4@h.example.com>;audio;methods="INVITE,OPTIONS";q=0.2
Contact: <sip:u5@h.example.com>;q=0.5`;

  test('RFC 3841 §7.2.5 the example: u5 is immune, u3 refused, u2 has no audio, u1 suits better than u4', () => {
    const request = `Reject-Contact: *;actor="msg-taker";video
Accept-Contact: *;audio;require
Accept-Contact: *;video;explicit
Accept-Contact: *;methods="BYE";class="business";q=1.0`;
    expect(matched(registered, request)).toEqual([
      ['u5', 1],
      ['u1', 0.83],
      ['u4', 0.33],
    ]);
  });

  test('RFC 3841 §7.2.2 without preferences the method and the event package are implied', () => {
    const phones = `Contact: <sip:a@h>;methods="INVITE,BYE"
Contact: <sip:b@h>;methods="SUBSCRIBE,NOTIFY";events="dialog"
Contact: <sip:c@h>;methods="SUBSCRIBE";events="presence,dialog"`;
    expect(matched(phones, 'Event: presence', 'SUBSCRIBE')).toEqual([['c', 1]]);
    expect(matched(phones, 'X: y', 'INVITE')).toEqual([['a', 1]]);
    // Nobody registered it: that is no reason to try nobody.
    expect(matched(phones, 'X: y', 'PUBLISH').map(([user]) => user)).toEqual(['a', 'b', 'c']);
  });

  test('RFC 3841 §7.2.4 require and explicit together drop who does not declare the feature', () => {
    const phones = 'Contact: <sip:a@h>;audio, <sip:b@h>;audio;video, <sip:c@h>';
    const users = (lines: string) => matched(phones, lines);
    expect(users('Accept-Contact: *;video;require;explicit')).toEqual([
      ['b', 1],
      ['c', 1],
    ]);
    expect(users('Accept-Contact: *;video;require')).toEqual([
      ['b', 1],
      ['c', 1],
      ['a', 0],
    ]);
    expect(users('Reject-Contact: *;video')).toEqual([
      ['a', 1],
      ['c', 1],
    ]);
    expect(matchContacts(requestWith('Accept-Contact: video'), [])).toMatchObject({ ok: false, fault: 'bad-value' });
  });
});

describe('RFC 3840 §9 feature values', () => {
  const agree = (name: string, one: string | null, other: string | null): boolean => {
    const [a, b] = [one, other].map((value) => featureSet(Params.of({ [name]: value })).get(name.replace('+', '')));
    return overlap(a!, b!);
  };

  test('booleans, token lists, negations, numbers, ranges and strings', () => {
    expect(agree('audio', null, 'TRUE')).toBe(true);
    expect(agree('audio', null, 'false')).toBe(false);
    expect(agree('methods', 'INVITE,BYE', 'bye')).toBe(true);
    expect(agree('mobility', '!mobile', 'fixed')).toBe(true);
    expect(agree('mobility', '!mobile', 'mobile')).toBe(false);
    expect(agree('mobility', '!mobile', '!fixed')).toBe(true);
    expect(agree('priority', '#>=3', '#=5')).toBe(true);
    expect(agree('priority', '#>=3', '#<=2')).toBe(false);
    expect(agree('priority', '#1:4', '#4')).toBe(true);
    expect(agree('priority', '!#1:4', '#2')).toBe(false);
    expect(agree('priority', '!#1:4', '#5')).toBe(true);
    expect(agree('description', '<PC>', '<PC>')).toBe(true);
    expect(agree('description', '<PC>', '<pc>')).toBe(false);
    expect(agree('description', '<PC>', 'pc')).toBe(false);
    expect(agree('+sip.other', '#odd', '#odd')).toBe(true);
  });

  test('other parameters of a Contact are no features', () => {
    const params = Params.of({ q: '0.5', expires: '60', video: null, '+sip.instance': '<urn:uuid:1>', class: ',' });
    expect([...featureSet(params).keys()]).toEqual(['video', 'sip.instance']);
  });
});

describe('RFC 3841 §9', () => {
  test('RFC 3841 §9.2 what is written reads back', () => {
    const text = serializeContactPreference({
      features: { audio: null, methods: 'INVITE,BYE', '+sip.x': 'a"b' },
      require: true,
      explicit: true,
    });
    expect(text).toBe('*;audio;methods="INVITE,BYE";+sip.x="a\\"b";require;explicit');
    const [read] = valueIn(acceptContacts(requestWith(`a: ${text}`)));
    expect(read).toMatchObject({ require: true, explicit: true });
    expect(read?.params.get('+sip.x')).toBe('a"b');
    expect(valueIn(rejectContacts(requestWith('j: *;video, *;audio')))).toHaveLength(2);
    expect(() => serializeContactPreference({ features: { 'a;b': null } })).toThrow('token');
  });

  test('RFC 3841 §9.1 Request-Disposition', () => {
    const read = valueIn(
      requestDisposition(requestWith('d: proxy, recurse, parallel\nRequest-Disposition: no-fork, new')),
    );
    expect(read).toEqual({
      routing: 'proxy',
      cancel: undefined,
      fork: false,
      recurse: true,
      search: 'parallel',
      queue: undefined,
    });
    expect(serializeRequestDisposition(read)).toBe('proxy, no-fork, recurse, parallel');
    expect(requestDisposition(requestWith('Request-Disposition: a b'))).toMatchObject({ ok: false });
  });
});
