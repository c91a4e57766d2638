import { z } from 'zod';

/** Answer of GET /reg. */
export const registrationCount = z.object({ count: z.number().int().describe('Live registrations on this server.') });
export type RegistrationCount = z.output<typeof registrationCount>;

/** One user of GET /reg/{domain}. */
export const registrationView = z.discriminatedUnion('registered', [
  z.object({ registered: z.literal(false) }),
  z.object({
    registered: z.literal(true),
    outstandingping: z.number().int().describe('OPTIONS sent and not answered yet; at 7 the registration ends.'),
    remote: z.object({
      host: z.string().describe('Where the REGISTER came from.'),
      port: z.number().int(),
      agent: z.string().optional().describe('Its User-Agent.'),
    }),
    epochs: z.object({ registered: z.number().int().describe('Unix seconds of the first one; refreshes keep it.') }),
  }),
]);
export type RegistrationView = z.output<typeof registrationView>;

/** Answer of GET /reg/{domain} and GET /reg/{domain}/{user}. */
export const domainRegistrations = z.object({
  domain: z.string(),
  count: z.number().int().describe('Users of the domain.'),
  registered: z.number().int().describe('How many of those listed here are registered.'),
  users: z.record(z.string(), registrationView).describe('By user name; empty for a user who does not exist.'),
});
export type DomainRegistrations = z.output<typeof domainRegistrations>;

/** Body of PUT {control}/reg/{domain}/{user}, sent at every REGISTER that was accepted. */
export const registrationNews = z.object({
  host: z.string().describe('Where the REGISTER came from.'),
  port: z.number().int(),
  agent: z.string().optional().describe('Its User-Agent.'),
  user: z.string().describe('user@domain'),
});
export type RegistrationNewsBody = z.output<typeof registrationNews>;
