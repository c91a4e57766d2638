import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConferenceInfo, type ConferenceUser, conferencePackage } from '../../../sip/packages/conference.js';
import { acrossTheWire, afterChange, documentContext } from '../../support/event-document.js';

const entity = 'sip:conf233@example.com';
const user = (name: string, given: Partial<ConferenceUser> = {}): ConferenceUser => ({
  entity: `sip:${name}@example.com`,
  endpoints: [],
  ...given,
});

/** After RFC 4575 §6, the first document. */
const example = `<?xml version="1.0" encoding="UTF-8"?>
<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:conf233@example.com" state="full" version="1">
  <conference-description><subject>Agenda: This month's goals</subject><maximum-user-count>50</maximum-user-count>
    <conf-uris><entry><uri>tel:+18882934234</uri></entry></conf-uris></conference-description>
  <conference-state><user-count>33</user-count><active>true</active><locked>0</locked></conference-state>
  <users>
    <user entity="sip:bob@example.com" state="full">
      <display-text>Bob Hoskins</display-text>
      <roles><entry>participant</entry></roles>
      <endpoint entity="sip:bob@pc33.example.com">
        <display-text>Bob's Laptop</display-text>
        <status>connected</status>
        <joining-method>dialed-out</joining-method>
        <media id="1"><display-text>main audio</display-text><type>audio</type><label>34567</label><src-id>432424</src-id><status>sendrecv</status></media>
      </endpoint>
    </user>
  </users>
</conference-info>`;

test('RFC 4575 §6 the example is read, and crosses the wire again', () => {
  const read = conferencePackage.parse(Buffer.from(example), conferencePackage.contentType);
  if (!read.ok) throw new Error(read.fault);
  expect(read.value).toMatchObject({
    full: true,
    version: 1,
    state: {
      entity,
      subject: "Agenda: This month's goals",
      maximumUserCount: 50,
      userCount: 33,
      active: true,
      locked: false,
      users: [
        {
          entity: 'sip:bob@example.com',
          displayText: 'Bob Hoskins',
          roles: ['participant'],
          endpoints: [
            {
              entity: 'sip:bob@pc33.example.com',
              status: 'connected',
              joiningMethod: 'dialed-out',
              media: [{ id: '1', type: 'audio', label: '34567', sourceId: '432424', status: 'sendrecv' }],
            },
          ],
        },
      ],
    },
  });
  expect(acrossTheWire(conferencePackage, read.value.state)).toEqual(read.value.state);
});

describe('RFC 4575 §4.4 partial documents', () => {
  const from: ConferenceInfo = { entity, userCount: 2, users: [user('a'), user('b')] };

  test('they hold who changed, who left, and the counts that changed', () => {
    const to: ConferenceInfo = { entity, userCount: 1, users: [user('b', { displayText: 'B' })] };
    expect(conferencePackage.changes?.(from, to)).toEqual({
      partial: { entity, userCount: 1, users: [user('b', { displayText: 'B' }), user('a', { deleted: true })] },
    });
    expect(conferencePackage.changes?.(from, { ...from })).toBe('none');
  });

  test('RFC 4575 §4.4 what is not known any more takes a full document', () => {
    expect(conferencePackage.changes?.(from, { entity, users: from.users })).toBe('whole');
  });

  test('users that did not change are not mentioned', () => {
    const change = conferencePackage.changes?.(from, { ...from, userCount: 3 });
    if (change === undefined || change === 'none' || change === 'whole') throw new Error('no partial state');
    const text = conferencePackage
      .serialize(change.partial, documentContext(conferencePackage, { full: false, resource: entity }))
      .toString();
    expect(text).toContain('<user-count>3</user-count>');
    expect(text).not.toContain('<users');
  });

  test('who joins again while the leaving was not told yet is there', () => {
    const waiting: ConferenceInfo = { entity, users: [user('a', { deleted: true })] };
    expect(conferencePackage.coalesce?.(waiting, { entity, users: [user('a')] }).users).toEqual([user('a')]);
    expect(conferencePackage.coalesce?.(waiting, { entity, users: [] }).users).toEqual(waiting.users);
  });

  test('whoever applies them knows the whole state', () => {
    const states = fc
      .record({
        names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
        userCount: fc.option(fc.nat(9), { nil: undefined }),
        locked: fc.option(fc.boolean(), { nil: undefined }),
        displayText: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      })
      .map(
        ({ names, userCount, locked, displayText }): ConferenceInfo => ({
          entity,
          userCount,
          locked,
          users: names.map((name) => user(name, { displayText })),
        }),
      );
    const sorted = (state: ConferenceInfo) => ({
      ...state,
      users: [...state.users].sort((a, b) => a.entity.localeCompare(b.entity)),
    });
    fc.assert(
      fc.property(states, states, (before, after) => {
        expect(sorted(afterChange(conferencePackage, before, after))).toEqual(sorted(after));
      }),
    );
  });
});

test.each([
  [example.replace('version="1"', ''), 'no version'],
  [example.replace(' entity="sip:conf233@example.com"', ''), 'no entity'],
  [example.replace('<user entity="sip:bob@example.com"', '<user'), 'a user without entity'],
  [example.replace('state="full" version', 'state="deleted" version'), 'a conference that was deleted'],
])('RFC 4575 §4 refused: %#: %s', (body) => {
  expect(conferencePackage.parse(Buffer.from(body), conferencePackage.contentType)).toMatchObject({
    fault: 'bad-body',
  });
});
