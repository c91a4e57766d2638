import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RegContact, type RegState, regPackage } from '../../../sip/packages/reg.js';
import { acrossTheWire, afterChange, documentContext } from '../../support/event-document.js';

const contact = (id: string, given: Partial<RegContact> = {}): RegContact => ({
  id,
  state: 'active',
  event: 'registered',
  uri: `sip:${id}@192.0.2.1`,
  ...given,
});
const one = (...contacts: RegContact[]): RegState => ({
  registrations: [{ aor: 'sip:joe@example.com', id: 'as9', state: 'active', contacts }],
});

/** RFC 3680 §6, the second NOTIFY. */
const example = `<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="1" state="partial">
  <registration aor="sip:joe@example.com" id="a7" state="active">
    <contact id="76" state="active" event="registered" duration-registered="0">
      <uri>sip:joe@pc34.example.com</uri>
    </contact>
  </registration>
</reginfo>`;

test('RFC 3680 §6 the example is read', () => {
  const read = regPackage.parse(Buffer.from(example), regPackage.contentType);
  expect(read).toMatchObject({
    ok: true,
    value: {
      full: false,
      version: 1,
      state: {
        registrations: [
          {
            aor: 'sip:joe@example.com',
            state: 'active',
            contacts: [{ id: '76', state: 'active', event: 'registered', uri: 'sip:joe@pc34.example.com' }],
          },
        ],
      },
    },
  });
});

test('RFC 3680 §5.2 every value of a contact crosses the wire, the GRUUs of RFC 5628 §5 too', () => {
  const full = contact('1', {
    displayName: 'Joe & "Co"',
    expiresS: 30,
    retryAfterS: 7,
    q: 0.5,
    callId: 'c@1',
    cseq: 4,
    unknownParams: { '+sip.instance': '"<urn:uuid:1>"' },
    publicGruu: 'sip:joe@example.com;gr=1',
    temporaryGruu: 'sip:tgruu@example.com;gr',
  });
  expect(acrossTheWire(regPackage, one(full))).toEqual(one(full));
});

test('RFC 3680 §5.2 expires is what is left when the document is written', () => {
  const state = one(contact('1', { expiresAtMs: 90_500 }));
  expect(acrossTheWire(regPackage, state, { nowMs: 60_000 }).registrations[0]?.contacts[0]?.expiresS).toBe(31);
  expect(acrossTheWire(regPackage, state, { nowMs: 99_000 }).registrations[0]?.contacts[0]?.expiresS).toBe(0);
});

describe('RFC 3680 §5.1 partial documents', () => {
  test('nothing has changed: nothing is told', () => {
    expect(regPackage.changes?.(one(contact('1')), one(contact('1')))).toBe('none');
  });

  test('a contact that is gone is told once, as terminated', () => {
    const change = regPackage.changes?.(one(contact('1'), contact('2')), one(contact('2')));
    expect(change).toEqual({
      partial: one(contact('2'), contact('1', { state: 'terminated', event: 'expired' })),
    });
  });

  test('the reason of an end that waited for its NOTIFY is not lost', () => {
    const waiting = one(contact('1', { state: 'terminated', event: 'unregistered' }));
    expect(regPackage.coalesce?.(waiting, one(contact('2')))).toEqual(
      one(contact('2'), contact('1', { state: 'terminated', event: 'unregistered' })),
    );
  });

  test('whoever applies them knows the whole state', () => {
    const contacts = fc
      .uniqueArray(fc.constantFrom('1', '2', '3', '4'))
      .chain((ids) => fc.tuple(...ids.map((id) => fc.constantFrom(contact(id), contact(id, { q: 0.3, cseq: 2 })))));
    const states = fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c'))
      .chain((ids) => fc.tuple(...ids.map((id) => contacts.map((list) => ({ aor: `sip:${id}@x`, id, list })))))
      .map(
        (entries): RegState => ({
          registrations: entries.map(({ aor, id, list }) => ({ aor, id, state: 'active', contacts: list })),
        }),
      );
    const sorted = (state: RegState) =>
      state.registrations
        .map((entry) => ({ ...entry, contacts: [...entry.contacts].sort((a, b) => a.id.localeCompare(b.id)) }))
        .sort((a, b) => a.id.localeCompare(b.id));
    fc.assert(
      fc.property(states, states, (from, to) => {
        expect(sorted(afterChange(regPackage, from, to))).toEqual(sorted(to));
      }),
    );
  });
});

test.each([
  ['<reginfo xmlns="urn:x" version="0" state="full"/>', 'another namespace'],
  ['<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" state="full"/>', 'no version'],
  ['<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="half"/>', 'an unknown state'],
  [example.replace('aor="sip:joe@example.com" ', ''), 'a registration without aor'],
  [example.replace('event="registered"', 'event="came"'), 'an unknown event'],
  [example.replace('<uri>sip:joe@pc34.example.com</uri>', ''), 'a contact without uri'],
])('RFC 3680 §5 %j is refused: %s', (body) => {
  expect(regPackage.parse(Buffer.from(body), regPackage.contentType)).toMatchObject({ ok: false, fault: 'bad-body' });
});

test('RFC 3680 §5.1 version and state of a document are those of its context', () => {
  const text = regPackage.serialize(one(), documentContext(regPackage, { version: 7, full: false })).toString();
  expect(text).toContain('version="7" state="partial"');
});
