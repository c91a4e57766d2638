import { type NameAddr, parseNameAddr } from '../header-values.js';
import { parseUri, type Uri } from '../uri.js';
import type { Binding, BindingFlow } from './binding.js';

/** Where a request for a registered user goes. */
export interface RegisteredContact {
  readonly binding: Binding;
  /** The Request-URI. */
  readonly uri: Uri;
  readonly q: number;
  /** RFC 3327 §5.3: the Route that the binding's Path makes; empty when the request goes straight to the flow. */
  readonly route: readonly NameAddr[];
  /** RFC 5626 §7: other flows of the same user agent, newest first; one after another when this one fails (430). */
  readonly alternatives: readonly Binding[];
}

/**
 * One contact per user agent, by falling `q` (RFC 3261 §16.5), the newest first among equals. Of several flows of one
 * instance the newest is taken (RFC 5626 §7: never two at once).
 * @param isFlowOpen  false for a binding whose connection is gone: it is left out
 */
export function orderContacts(
  bindings: readonly Binding[],
  isFlowOpen: (flow: BindingFlow) => boolean = () => true,
): RegisteredContact[] {
  const newestFirst = [...bindings].sort((a, b) => b.refreshedAtMs - a.refreshedAtMs);
  const groups = new Map<string, Binding[]>();
  for (const binding of newestFirst) {
    if (binding.path.length === 0 && !isFlowOpen(binding.flow)) continue;
    const key = binding.instance !== null && binding.regId !== null ? binding.instance : binding.id;
    groups.set(key, [...(groups.get(key) ?? []), binding]);
  }
  const contacts = [...groups.values()].flatMap((group) => contactOf(group));
  return contacts.sort((a, b) => b.q - a.q);
}

function contactOf([binding, ...alternatives]: readonly Binding[]): RegisteredContact[] {
  const uri = binding === undefined ? null : parseUri(binding.contact);
  if (binding === undefined || uri === null || !uri.ok) return [];
  return [{ binding, uri: uri.value, q: binding.q, route: routeOf(binding), alternatives }];
}

function routeOf(binding: Binding): NameAddr[] {
  return binding.path.flatMap((text) => {
    const read = parseNameAddr(text);
    return read.ok ? [read.value] : [];
  });
}
