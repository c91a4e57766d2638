import type { HeaderList } from '../build.js';
import { nameAddr, serializeNameAddr } from '../header-values.js';
import { Params } from '../params.js';
import { parseUri, type SipUri, serializeUri } from '../uri.js';
import type { Binding } from './binding.js';
import type { Gruus } from './gruu.js';
import { isOutbound, pathTexts, type RegisterRequest } from './register-plan.js';

/** What the 200 to a REGISTER tells. */
export interface RegisteredParts {
  /** All that are live now. */
  readonly bindings: readonly Binding[];
  readonly epochMs: number;
  readonly serviceRoute: readonly SipUri[];
  readonly outbound: { readonly flowTimerS?: number | undefined } | null;
  readonly gruus: Gruus | null;
  readonly date: boolean;
}

/**
 * RFC 3261 §10.3 step 8: every current binding with what is left of it; Path as it came (RFC 3327 §5.3), Service-Route
 * (RFC 3608 §6.3), Require and Flow-Timer (RFC 5626 §6), GRUUs (RFC 5627 §5.2).
 */
export function registeredHeaders(asked: RegisterRequest, aor: SipUri, parts: RegisteredParts): HeaderList {
  const { bindings, outbound, serviceRoute, epochMs } = parts;
  const headers: [string, string][] = [];
  for (const binding of bindings) headers.push(['Contact', contactValue(asked, aor, binding, parts)]);
  if (outbound !== null && asked.contacts.some((contact) => isOutbound(contact, asked))) {
    headers.push(['Require', 'outbound']);
    const { flowTimerS } = outbound;
    if (asked.isDirect && flowTimerS !== undefined) headers.push(['Flow-Timer', String(flowTimerS)]);
  }
  if (asked.supported.includes('path')) for (const path of pathTexts(asked.path)) headers.push(['Path', path]);
  for (const uri of serviceRoute) headers.push(['Service-Route', serializeNameAddr(nameAddr(uri))]);
  if (parts.date) headers.push(['Date', new Date(epochMs).toUTCString()]);
  return headers;
}

function contactValue(
  asked: RegisterRequest,
  aor: SipUri,
  binding: Binding,
  { epochMs, gruus }: RegisteredParts,
): string {
  const leftS = Math.max(0, Math.round((binding.expiresAtMs - epochMs) / 1000));
  const params = Params.of({ ...binding.params, expires: String(leftS) });
  if (gruus !== null && binding.instance !== null && asked.supported.includes('gruu')) {
    params.set('pub-gruu', serializeUri(gruus.publicGruu(aor, binding.instance)));
    const temporary = gruus.temporaryGruu(aor, binding.instance, binding.callId);
    if (temporary !== null) params.set('temp-gruu', serializeUri(temporary));
  }
  const uri = parseUri(binding.contact);
  return uri.ok ? serializeNameAddr(nameAddr(uri.value, params)) : `<${binding.contact}>;expires=${leftS}`;
}
