import { type Branch, Params, parseUri, sipUri, type Target } from '../../sip/index.js';
import type { Binding } from '../registrar/bindings.js';
import { contactKindOf } from './contact-kind.js';

/**
 * How an INVITE reaches a registered phone: by the flow of its REGISTER.
 * @param requestUri  `username`: the registered user at `host`, or where the phone is; `contact`: its Contact
 */
export function branchOf(
  binding: Binding,
  requestUri: 'username' | 'contact',
  host?: { readonly host: string; readonly port: number | undefined },
): Branch & { readonly target: Target } {
  const { kind, remote, local } = binding.flow;
  const target: Target = {
    kind,
    address: remote.address,
    port: remote.port,
    localAddress: local.address,
    ...(binding.connection === null ? {} : { flow: binding.connection }),
  };
  const contact = parseUri(binding.contact);
  // A browser is found by its Contact alone (RFC 7118 §5), by us or by the proxy that it has come through.
  if (contact.ok && (contactKindOf({ target, requestUri: contact.value }) === 'browser' || requestUri === 'contact')) {
    return { target, requestUri: contact.value, q: binding.q };
  }
  // The parameters of the Contact (`line`, `rinstance`, `ob`) are how a phone finds its own account again.
  const params = contact.ok && 'params' in contact.value ? contact.value.params.clone() : new Params();
  if (kind !== 'udp' && !params.has('transport')) params.set('transport', kind);
  const { host: named, port } = host ?? { host: remote.address, port: remote.port };
  return { target, requestUri: sipUri({ user: binding.username, host: named, port, params }), q: binding.q };
}
