import { nameAddr, parseUri, sipUri, type Target, type UserAgent } from '../../sip/index.js';
import { type Binding, isReachable } from './bindings.js';

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

/**
 * Asks a phone for its capabilities over the flow of its REGISTER (RFC 3261 §11); whatever it answers, it is there, and
 * only where nothing comes back it is not.
 */
export async function pingPhone({ userAgent }: { readonly userAgent: UserAgent }, binding: Binding): Promise<boolean> {
  const contact = parseUri(binding.contact);
  if (!contact.ok || !isReachable(binding)) return false;
  const { kind, remote, local } = binding.flow;
  const { connection } = binding;
  const target: Target = {
    kind,
    address: remote.address,
    port: remote.port,
    localAddress: local.address,
    ...(connection === null ? {} : { flow: connection }),
  };
  const host = binding.domain === null || binding.domain === '*' ? local.address : binding.domain;
  let isAnswered = true;
  await userAgent.request({
    method: 'OPTIONS',
    uri: contact.value,
    target,
    from: nameAddr(sipUri({ host })),
    to: nameAddr(sipUri({ user: binding.username, host })),
    onUnanswered: () => {
      isAnswered = false;
    },
  });
  return isAnswered;
}
