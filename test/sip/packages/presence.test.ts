import { describe, expect, test } from 'vitest';
import {
  composePresence,
  type Presence,
  presencePackage,
  readPresence,
  writePresence,
} from '../../../sip/packages/presence.js';
import { acrossTheWire, documentContext } from '../../support/event-document.js';

/** RFC 3863 §4.3.2, shortened, with the person of RFC 4480 §5. */
const example = `<?xml version="1.0" encoding="UTF-8"?>
<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf" xmlns:im="urn:ietf:params:xml:ns:pidf:im"
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"
    entity="pres:someone@example.com">
  <impp:tuple id="bs35r9">
    <impp:status><impp:basic>open</impp:basic><im:im>busy</im:im></impp:status>
    <impp:contact priority="0.8">im:someone@mobilecarrier.net</impp:contact>
    <impp:note xml:lang="en">Don't Disturb Please!</impp:note>
    <impp:timestamp>2001-10-27T16:49:29Z</impp:timestamp>
  </impp:tuple>
  <impp:note>I'll be in Tokyo next week</impp:note>
  <dm:person id="p1"><r:activities><r:on-the-phone/><r:busy/></r:activities><r:mood><r:happy/></r:mood><dm:note>far away</dm:note></dm:person>
</impp:presence>`;

test('RFC 3863 §4.3.2 the example is read, with what other specifications add', () => {
  const read = readPresence(Buffer.from(example));
  expect(read).toMatchObject({
    ok: true,
    value: {
      entity: 'pres:someone@example.com',
      tuples: [
        {
          id: 'bs35r9',
          basic: 'open',
          contact: { uri: 'im:someone@mobilecarrier.net', priority: 0.8 },
          notes: [{ text: "Don't Disturb Please!", language: 'en' }],
          timestamp: '2001-10-27T16:49:29Z',
          status: [{ name: 'im', text: 'busy' }],
        },
      ],
      persons: [
        {
          id: 'p1',
          activities: ['on-the-phone', 'busy'],
          notes: [{ text: 'far away' }],
          extensions: [{ name: 'mood' }],
        },
      ],
      notes: [{ text: "I'll be in Tokyo next week" }],
    },
  });
});

test('RFC 3863 §4.1 nothing of it is lost when it is written again', () => {
  const read = readPresence(Buffer.from(example));
  if (!read.ok) throw new Error(read.fault);
  expect(acrossTheWire(presencePackage, read.value)).toEqual(read.value);
});

test('RFC 3863 §4.1.1 a state without an entity is about the resource', () => {
  expect(readPresence(writePresence({ tuples: [] }, 'sip:a@b'))).toMatchObject({ value: { entity: 'sip:a@b' } });
});

test('RFC 4480 §3.2 an activity that is no element name is left out', () => {
  const state: Presence = { tuples: [], persons: [{ id: 'p', activities: ['busy', '><x'] }] };
  expect(acrossTheWire(presencePackage, state).persons?.[0]?.activities).toEqual(['busy']);
});

describe('RFC 3903 §10.3 composing publications', () => {
  const one: Presence = { tuples: [{ id: 't', basic: 'open' }], notes: [{ text: 'desk' }] };
  const two: Presence = { tuples: [{ id: 't', basic: 'closed' }], persons: [{ id: 'p', activities: ['away'] }] };

  test('all of them are in it, and no id comes twice', () => {
    expect(composePresence('sip:a@b', [one, two])).toEqual({
      entity: 'sip:a@b',
      tuples: [
        { id: 't', basic: 'open' },
        { id: 't-2', basic: 'closed' },
      ],
      persons: [{ id: 'p', activities: ['away'] }],
      notes: [{ text: 'desk' }],
      extensions: undefined,
    });
  });

  test('nothing published is a presentity without tuples', () => {
    expect(composePresence('sip:a@b', [])).toMatchObject({ entity: 'sip:a@b', tuples: [] });
  });
});

test('RFC 3856 §6.6.2 who is not to know sees somebody who is not there', () => {
  const blank = presencePackage.blank?.('sip:alice@example.com') ?? { tuples: [] };
  expect(presencePackage.serialize(blank, documentContext(presencePackage)).toString()).toContain(
    '<basic>closed</basic>',
  );
});

test.each([
  [example.replace('entity="pres:someone@example.com"', ''), 'no entity'],
  [example.replace('<impp:tuple id="bs35r9">', '<impp:tuple>'), 'a tuple without id'],
  [example.replace(/<impp:status>.*<\/impp:status>/, ''), 'a tuple without status'],
  ['<presence entity="a"/>', 'no namespace'],
])('RFC 3863 §4.1 refused: %#: %s', (body) => {
  expect(readPresence(Buffer.from(body))).toMatchObject({ ok: false, fault: 'bad-body' });
});
