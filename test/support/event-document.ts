import type { AnyEventPackage, DocumentContext, EventPackage } from '../../sip/packages/package.js';
import { Params } from '../../sip/params.js';

/** A context for documents; what a test does not care about is filled in. */
export function documentContext(eventPackage: AnyEventPackage, given: Partial<DocumentContext> = {}): DocumentContext {
  return {
    resource: 'sip:alice@example.com',
    version: 0,
    full: true,
    contentType: eventPackage.contentType,
    eventParams: new Params(),
    nowMs: 0,
    epochMs: 0,
    ...given,
  };
}

/** What a subscriber reads of what a notifier writes. Throws when the document cannot be read. */
export function acrossTheWire<State>(
  eventPackage: EventPackage<State>,
  state: State,
  given: Partial<DocumentContext> = {},
): State {
  const body = eventPackage.serialize(state, documentContext(eventPackage, given));
  const read = eventPackage.parse(body, eventPackage.contentType);
  if (!read.ok) throw new Error(`${read.fault} at ${read.at}: ${body.toString()}`);
  return read.value.state;
}

/**
 * A subscriber that knows `from` is told of `to` by a document that is as small as the package can make it.
 * @returns what the subscriber knows then
 */
export function afterChange<State>(eventPackage: EventPackage<State>, from: State, to: State): State {
  const known = acrossTheWire(eventPackage, from);
  const change = eventPackage.changes?.(from, to) ?? 'whole';
  if (change === 'none') return known;
  if (change === 'whole') return acrossTheWire(eventPackage, to);
  const partial = acrossTheWire(eventPackage, change.partial, { full: false, version: 1 });
  return eventPackage.merge?.(known, partial) ?? partial;
}
