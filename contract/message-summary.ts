import { z } from 'zod';

const count = z.number().int().min(0).max(999_999_999);
const counts = z
  .object({
    new: count,
    old: count,
    urgent_new: count.nullish().describe('How many of the new ones are urgent.'),
    urgent_old: count.nullish(),
  })
  .nullish();

/** Body of PUT /sip/message-summary/{aor}, and `data` of the answers: what waits for a user (RFC 3842). */
export const messageSummaryBody = z.object({
  waiting: z.boolean().describe('Whether the lamp is on.'),
  account: z
    .string()
    .max(255)
    .nullish()
    .describe('SIP or tel URI of the mailbox, which phones call to hear it (Message-Account).'),
  voice: counts,
  fax: counts,
  pager: counts,
  multimedia: counts,
  text: counts,
});
export type MessageSummaryBody = z.output<typeof messageSummaryBody>;
