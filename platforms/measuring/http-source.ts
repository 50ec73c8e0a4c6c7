/** Measurements from an address that answers JSON: asked with a signature, never followed elsewhere, never too long. */
import { createHmac } from 'node:crypto';
import axios, { isAxiosError } from 'axios';
import { z } from 'zod';
import { MeasurementError } from '../../errors/measurement-error';
import { nonsense, readArms } from './answer';
import type { MetricSource } from './metric-source';

const timeoutMs = 30_000;
const maxAnswerBytes = 1024 * 1024;

const answerSchema = z.object({
  watermark: z.iso.datetime({ offset: true }).optional(),
  arms: z.record(z.string().max(63), z.object({ n: z.number(), sum: z.number(), sumSquares: z.number() })),
});

/**
 * `POST url` with `{run, step, metric, until}`; the answer is `{watermark?, arms: {a: {n, sum, sumSquares}}}`. With a secret
 * the request carries `Volante-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body" in hex>`.
 * @throws MeasurementError at once for an address that is neither https nor loopback
 */
export function createHttpSource({ url, secret }: { url: string; secret?: string }): MetricSource {
  const address = checkedAddress(url);
  return {
    async measure({ runId, step, metric, until }) {
      const body = JSON.stringify({ run: runId, step, metric, until: until.toISOString() });
      const { status, data } = await post(address, { body, secret, metric });
      if (status !== 200) throw refusal(metric, status);
      const parsed = answerSchema.safeParse(data);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw nonsense(metric, `its answer is not as it should be at ${issue?.path.join('.') || 'the top'}`);
      }
      const { arms, watermark } = parsed.data;
      return {
        arms: readArms(
          metric,
          Object.entries(arms).map(([arm, numbers]) => ({ arm, ...numbers })),
        ),
        ...(watermark !== undefined && { watermark: new Date(watermark) }),
      };
    },
    close: async () => undefined,
  };
}

function checkedAddress(url: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const isLoopback = address !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(address.hostname);
  if (address?.protocol === 'https:' || (address?.protocol === 'http:' && isLoopback)) return address.href;
  throw new MeasurementError('a source of measurements needs an https address', { mayPass: false });
}

async function post(
  url: string,
  { body, secret, metric }: { body: string; secret?: string; metric: string },
): Promise<{ status: number; data: unknown }> {
  const at = Math.floor(Date.now() / 1000);
  const signature = secret && createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  try {
    return await axios.post<unknown>(url, body, {
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(signature && { 'volante-signature': `t=${at},v1=${signature}` }),
      },
      timeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
      maxRedirects: 0,
      maxContentLength: maxAnswerBytes,
      proxy: false,
      validateStatus: () => true,
    });
  } catch (error) {
    if (!isAxiosError(error)) throw error;
    if (/maxContentLength/.test(error.message)) throw nonsense(metric, 'it answers with too much');
    throw new MeasurementError(`the source of ${metric}: it does not answer (${error.code ?? 'no reason given'})`, {
      mayPass: true,
    });
  }
}

/** Too busy and broken pass; refused, moved and unknown stay. */
function refusal(metric: string, status: number): MeasurementError {
  const mayPass = status >= 500 || status === 429 || status === 408;
  return new MeasurementError(`the source of ${metric}: it answers ${status}`, { mayPass });
}
