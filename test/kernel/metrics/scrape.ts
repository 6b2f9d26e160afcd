import { type MetricFamily, readExposition } from '../../lab/exposition.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Running } from '../../lab/run.ts'
import { until } from '../../lab/until.ts'

/** The metrics served on the host, read strictly. */
export interface Scraped {
  readonly status: number
  readonly families: ReadonlyMap<string, MetricFamily>
  /** The sum of all series of a metric with these labels; null: there is no such series. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | null
}

/** bash opens the connection by itself, which is much faster than loading a program for it. */
const ask = 'exec 3<>"/dev/tcp/$1/$2" || exit 3; printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3'

/** Reads the metrics on the host, as a scraper does. @returns null: nothing listens there */
export const scrape = async (lab: Lab, address: string): Promise<Scraped | null> => {
  const [host = '', port = ''] = address.split(':')
  const { exitCode, stdout } = await lab.host.run(['bash', '-c', ask, 'bash', host, port])
  if (exitCode !== 0) return null
  const [head = '', text = ''] = stdout.split(/\r\n\r\n(.*)/s)
  const status = Number(head.split(' ')[1])
  const families = status === 200 ? readExposition(text) : new Map<string, MetricFamily>()
  return {
    status,
    families,
    value: (name, labels = {}) => {
      const found = (families.get(name)?.samples ?? []).filter((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      )
      return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
    },
  }
}

/**
 * Reads the metrics until they are as expected. A watch notices a change a moment later, and serves one reading for a
 * while.
 * @throws with the last answer, when they never are
 */
export const scrapeUntil = async (
  lab: Lab,
  address: string,
  what: string,
  isIt: (scraped: Scraped) => boolean,
  beside?: Running,
): Promise<Scraped> => {
  let last: Scraped | null = null
  const look = async (): Promise<Scraped | null> => {
    last = await scrape(lab, address)
    return last !== null && isIt(last) ? last : null
  }
  const shows = (): string =>
    [
      last === null ? 'no answer' : String(last.status),
      ...[...(last?.families ?? [])].flatMap(([, { samples }]) =>
        samples.map(({ name, labels, value }) => `${name} ${JSON.stringify(labels)} ${value}`),
      ),
    ].join('\n')
  return until(`"${what}" to be served`, look, { beside, shows })
}
