import { type Parsed, parsed } from '../../base/errors.js';
import { parseSipFrag, type SipFrag, serializeSipFrag, sipfragType } from '../bodies/sipfrag.js';
import type { EventDocument, EventPackage } from './package.js';

/** RFC 3515 §3: the event package of REFER. Its state is what a reference has come to, as a piece of a SIP message. */
export const referPackage: EventPackage<SipFrag> = {
  name: 'refer',
  contentType: sipfragType,
  defaultExpiresS: 180,
  minIntervalMs: 0,

  serialize(state: SipFrag): Buffer {
    return serializeSipFrag(state);
  },

  parse(body: Buffer): Parsed<EventDocument<SipFrag>, 'bad-body'> {
    const frag = parseSipFrag(body);
    return frag.ok ? parsed({ state: frag.value, full: true }) : { ok: false, fault: 'bad-body', at: frag.at };
  },
};
