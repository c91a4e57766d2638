import { IpRanges } from '../../base/ip-ranges.js';
import type { IpRule } from '../config.js';

/** What a source is before anybody is asked (contract 2.6). */
export type PeerClass = 'client' | 'server' | 'unknown';

export interface IpVerdict {
  readonly allowed: boolean;
  /** The rule that decided, as written; null where none matched, which allows. */
  readonly rule: string | null;
}

/** Ordered rules, first match wins, no match allows; IPv4 and IPv6. Evaluated before any challenge or hook. */
export class IpRules {
  readonly #rules: readonly { readonly rule: IpRule; readonly ranges: IpRanges }[];

  constructor(rules: readonly IpRule[]) {
    this.#rules = rules.map((rule) => ({ rule, ranges: IpRanges.of([rule.cidr]) }));
  }

  evaluate(scope: IpRule['scope'], peer: PeerClass, address: string): IpVerdict {
    for (const { rule, ranges } of this.#rules) {
      if (rule.scope !== scope || (rule.peer !== 'any' && rule.peer !== peer) || !ranges.contains(address)) continue;
      return { allowed: rule.action === 'allow', rule: `${rule.action} ${rule.peer} ${rule.cidr}` };
    }
    return { allowed: true, rule: null };
  }
}
