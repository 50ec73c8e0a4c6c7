import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client';

/** Every campaign on its two axes, asked for when a scraper comes. */
export type CountCampaigns = () => Promise<{ sync: string; health: string }[]>;

/**
 * What a process counts, for Prometheus in OpenMetrics text. Labels hold names from the workspace file and fixed words:
 * never a contact, an address or a run.
 */
export function createMetrics({ service, campaigns }: { service: string; campaigns?: CountCampaigns }) {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
  return {
    registry,
    deliveries: new Counter({
      name: 'volante_deliveries_total',
      help: 'Deliveries settled in the ledger, by outcome',
      labelNames: ['platform', 'outcome'],
      registers,
    }),
    sendSeconds: new Histogram({
      name: 'volante_send_seconds',
      help: 'Time of one platform call',
      labelNames: ['platform', 'outcome'],
      buckets: seconds,
      registers,
    }),
    pageSeconds: new Histogram({
      name: 'volante_page_seconds',
      help: 'Time of one page activity, waiting for the rate limit included',
      labelNames: ['platform'],
      buckets: seconds,
      registers,
    }),
    pagesInFlight: new Gauge({
      name: 'volante_pages_in_flight',
      help: 'Page activities this process works on',
      registers,
    }),
    bucketWaitSeconds: new Histogram({
      name: 'volante_bucket_wait_seconds',
      help: 'Time a batch waited for the shared rate limit',
      labelNames: ['platform'],
      buckets: seconds,
      registers,
    }),
    gateDecisions: new Counter({
      name: 'volante_gate_decisions_total',
      help: 'Decisions at gates',
      labelNames: ['verdict', 'via'],
      registers,
    }),
    booksOutOfBalance: new Counter({
      name: 'volante_books_out_of_balance_total',
      help: 'Steps whose books did not add up',
      registers,
    }),
    campaigns: new Gauge({
      name: 'volante_campaigns',
      help: 'Campaigns by whether what runs is what git says (sync), and by how their run is doing (health)',
      labelNames: ['sync', 'health'],
      registers,
      async collect() {
        if (!campaigns) return;
        const states = await campaigns();
        this.reset();
        for (const { sync, health } of states) this.inc({ sync, health });
      },
    }),
    eventsReceived: new Counter({
      name: 'volante_events_total',
      help: 'Events that sources posted to the gateway, by what became of them',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    httpRequestSeconds: new Histogram({
      name: 'volante_http_request_seconds',
      help: 'Time of one HTTP request, by route pattern',
      labelNames: ['method', 'route', 'status'],
      buckets: seconds,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
