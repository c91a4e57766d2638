import { z } from 'zod';

/** Body of PUT /log/level and `data` of its answer. */
export const logLevelBody = z.object({
  level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .describe('The least important level of log lines that are written, until the process ends.'),
});
export type LogLevelBody = z.output<typeof logLevelBody>;
