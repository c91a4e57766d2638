import type { Decider, DecisionStep } from './decider.js';
import { asksHooks, type Domain, type Domains, isRoutedByHooks, tellsHooks } from './domains.js';

export interface SelectDeciderOptions {
  readonly domains: Domains;
  readonly hooks: Decider;
  readonly builtin: Decider;
}

/** Who is told of registrations: the application, of the users that are its business. */
export function createBindingNews(
  domains: Domains,
  hooks: Pick<Decider, 'registered' | 'unregistered'>,
): Pick<Decider, 'registered' | 'unregistered'> {
  // Of a domain that is no more nobody knows what it was; an application has to take an id that it does not know.
  const isNews = (name: string | null): boolean => name === null || tellsHooks(domains.named(name));
  return {
    registered: (news) => {
      if (isNews(news.domain)) hooks.registered(news);
    },
    unregistered: (news) => {
      if (isNews(news.domain)) hooks.unregistered(news);
    },
  };
}

/**
 * Chooses who decides: a domain of the directory or of the settings by what it says of itself, the hooks about every
 * other host. The choice is the first step of each trace.
 */
export function createSelectDecider({ domains, hooks, builtin }: SelectDeciderOptions): Decider {
  return {
    credentials: async (question) => {
      const decision = await (asksHooks(question.domain) ? hooks : builtin).credentials(question);
      return { ...decision, trace: traced(question.domain, decision.trace) };
    },
    ...createBindingNews(domains, hooks),
    route: async (question) => {
      const { route, trace } = await (isRoutedByHooks(question.domain) ? hooks : builtin).route(question);
      return { route, trace: traced(question.domain, trace) };
    },
  };
}

function traced(domain: Domain | null, trace: readonly DecisionStep[]): readonly DecisionStep[] {
  return domain === null ? trace : [{ check: 'domain', outcome: domain.name, afterMs: 0 }, ...trace];
}
