import { parseUri, type Target } from '../../sip/index.js';
import type { Binding } from './bindings.js';

/**
 * Where a keep-alive for this binding goes: a UDP phone whose Contact names another address than its REGISTER came
 * from sits behind a NAT, whose mapping ends after some 30 s of silence (RFC 5626 §4.4). null: none is needed.
 */
export function keepAliveTarget(binding: Binding): Target | null {
  if (binding.flow.kind !== 'udp') return null;
  const { remote, local } = binding.flow;
  const contact = parseUri(binding.contact);
  const isDirect =
    contact.ok &&
    'host' in contact.value &&
    contact.value.host === remote.address &&
    (contact.value.port ?? 5060) === remote.port;
  return isDirect ? null : { kind: 'udp', address: remote.address, port: remote.port, localAddress: local.address };
}
