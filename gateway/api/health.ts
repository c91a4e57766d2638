import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { successEnvelope } from '../../contract/v1.js';
import type { HistogramView } from '../calls/histogram.js';
import type { ApiEnv } from './auth.js';
import type { ApiCommands } from './commands.js';
import { ApiRefusal } from './errors.js';
import { failure } from './v1.js';

const okay = {
  description: 'Yes.',
  content: { 'application/json': { schema: successEnvelope(z.literal('OK')) } },
};

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'health',
  summary: 'Is the process alive?',
  security: [],
  responses: { 200: okay },
});

const readyRoute = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'ready',
  summary: 'Does the gateway take new calls?',
  security: [],
  responses: { 200: okay, default: failure },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'metrics',
  summary: 'Counters and gauges, Prometheus text format.',
  responses: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: z.string() } } }, default: failure },
});

/** What is asked of whoever serves. */
export type HealthCommands = Pick<ApiCommands, 'ready' | 'counters' | 'histograms'>;

export function addHealthRoutes(app: OpenAPIHono<ApiEnv>, commands: HealthCommands): void {
  app.openapi(healthRoute, (c) => c.json({ status: true as const, data: 'OK' as const }, 200));
  app.openapi(readyRoute, (c) => {
    if (!commands.ready()) throw new ApiRefusal('NOT_READY');
    return c.json({ status: true as const, data: 'OK' as const }, 200);
  });
  app.openapi(metricsRoute, (c) =>
    c.text(metricsText(commands.counters()) + histogramsText(commands.histograms()), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
}

/** The same format's histograms: cumulative buckets, the last one without a bound. */
function histogramsText(histograms: Readonly<Record<string, HistogramView>>): string {
  return Object.entries(histograms)
    .flatMap(([name, { buckets, count, sum }]) => {
      const metric = `hookline_${name}`;
      return [
        `# TYPE ${metric} histogram\n`,
        ...buckets.map((bucket) => `${metric}_bucket{le="${bucket.upTo}"} ${bucket.count}\n`),
        `${metric}_bucket{le="+Inf"} ${count}\n${metric}_sum ${sum}\n${metric}_count ${count}\n`,
      ];
    })
    .join('');
}

/** Prometheus text exposition format 0.0.4: a name that ends in `_total` is a counter, every other a gauge. Names
 * with labels, `name{label="value"}`, come one behind the other. */
function metricsText(counters: Readonly<Record<string, number>>): string {
  const lines: string[] = [];
  let typed = '';
  for (const [name, value] of Object.entries(counters)) {
    const [, plain = name, label = ''] = /^([^{]*)(\{.*\})$/.exec(name) ?? [];
    const metric = `hookline_${plain.replace(/[^a-zA-Z0-9_]/g, '_')}`;
    if (metric !== typed) lines.push(`# TYPE ${metric} ${metric.endsWith('_total') ? 'counter' : 'gauge'}`);
    typed = metric;
    lines.push(`${metric}${label} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}
