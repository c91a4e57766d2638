import { z } from 'zod';

/** Where a control server is: its base URL, or the host and port of one that speaks plain HTTP. */
export const controlAddress = z.union([
  z.string().max(2048),
  z.object({ host: z.string().min(1).max(255), port: z.number().int().min(1).max(65_535) }),
]);
export type ControlAddress = z.output<typeof controlAddress>;

/** A user as a domain lists it. An entry that lacks one of both is passed over. */
export const directoryUser = z.object({
  username: z.string().nullish().describe('1 to 128 characters but @ : " and space.'),
  secret: z.string().nullish().describe('His password; only a hash of it is kept.'),
});
export type DirectoryUser = z.output<typeof directoryUser>;

/** Body of PUT and PATCH /dir/{domain}. */
export const domainBody = z.object({
  control: controlAddress
    .nullish()
    .describe('Who hears of registrations and decides about calls. Without it nobody is told anything.'),
  users: z.array(directoryUser).nullish(),
  routing: z
    .enum(['bridge', 'redirect'])
    .nullish()
    .describe('Without `control`: a called user is rung (`bridge`, unless told), or the caller gets 302.'),
});
export type DomainBody = z.output<typeof domainBody>;

/** Body of PUT and PATCH /dir/{domain}/{user}. */
export const userBody = z.object({ secret: z.string() });
export type UserBody = z.output<typeof userBody>;

/** Answer of GET /dir/{domain}. Empty lists are left out; passwords never appear. */
export const domainView = z.object({
  users: z.array(z.string()).optional().describe('Their names.'),
  domains: z.array(z.string()).optional().describe('The labels right below this one.'),
  control: z.string().optional(),
});
export type DomainView = z.output<typeof domainView>;

/** Answer of GET /dir. */
export const directoryView = z.object({ domains: z.array(z.string()).optional().describe('The top labels.') });
export type DirectoryView = z.output<typeof directoryView>;

/** Why a request was refused. */
export const plainError = z.object({ error: z.string() });
