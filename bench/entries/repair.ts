import type { Backend, HostEvent, LiveHost } from 'portolan'
import { openHost } from 'portolan'
import type { Entry, Scale } from '../entry.ts'
import { flushIptables } from '../flush-iptables.ts'
import { newState } from '../live-host.ts'
import { firstPort } from '../mappings.ts'
import { spreadOf } from '../measure.ts'
import { runProgram } from '../program.ts'
import type { Mark, Row, Spread } from '../row.ts'

/**
 * After more repairs of one object a watch suspects a fight with another program and pauses. So later rounds have a new
 * watch.
 */
const repairsOfOneWatch = 3

const flushNft = (): unknown => runProgram(['nft', 'flush', 'ruleset'])

interface Damage {
  readonly name: string
  readonly inflict: () => unknown
  readonly mark: Mark | null
}

const damagesOf: Readonly<Record<Backend, readonly Damage[]>> = {
  nftables: [
    { name: 'nft flush ruleset', inflict: flushNft, mark: { atMost: 50 } },
    {
      name: 'one element deleted',
      inflict: () =>
        runProgram(['nft', 'delete', 'element', 'inet', 'portolan', 'dnat4', `{ tcp . ${firstPort} }`]),
      mark: { atMost: 50 },
    },
  ],
  'iptables-nft': [
    { name: 'nft flush ruleset', inflict: flushNft, mark: null },
    {
      name: 'the jump of nat deleted',
      inflict: () =>
        runProgram([
          ...['iptables-nft', '-t', 'nat', '-D', 'PREROUTING', '-m', 'addrtype', '--dst-type', 'LOCAL'],
          ...['-m', 'comment', '--comment', 'portolan', '-j', 'PORTOLAN-DNAT'],
        ]),
      mark: null,
    },
  ],
  'iptables-legacy': [
    { name: 'all tables flushed', inflict: () => flushIptables('iptables-legacy'), mark: null },
  ],
}

export const entry: Entry = {
  about: 'repair of what another program takes away, from the first notice of the kernel on',
  needs: 'namespace',
  measure: async (scale) => {
    const rows: Row[] = []
    for (const backend of ['nftables', 'iptables-nft', 'iptables-legacy'] as const)
      rows.push(...(await rowsOf(backend, scale)))
    return rows
  },
}

const rowsOf = async (backend: Backend, { count, rounds, isQuick }: Scale): Promise<readonly Row[]> => {
  const ports = count(1000)
  await using host = await openHost({ backend, project: 'bench', state: newState() })
  await host.ensureNetwork('web', { pool: 'classic' })
  await host.lease('web', 'web-1')
  await host.publish(
    Array.from({ length: ports }, (_, at) => ({
      hostPort: firstPort + at,
      to: { endpoint: 'web-1', port: 80 },
    })),
  )
  const rows: Row[] = []
  for (const { name, inflict, mark } of damagesOf[backend])
    rows.push({
      what: `repair at ${ports}, ${backend}: ${name}`,
      unit: 'ms',
      measured: await repairs(host, inflict, rounds(backend === 'iptables-legacy' ? 9 : 15), isQuick ? 0 : 3),
      mark,
      peers: [],
    })
  // The next backend begins on a host without a network of Portolan's.
  await host.release('web', 'web-1')
  await host.removeNetwork('web')
  return rows
}

/** The times of the repairs that the watch reported, over so many rounds. */
const repairs = async (
  host: LiveHost,
  inflict: () => unknown,
  rounds: number,
  warmUp: number,
): Promise<Spread> => {
  const taken: number[] = []
  let uncounted = warmUp
  for (let left = rounds + warmUp; left > 0; left -= repairsOfOneWatch) {
    const ending = new AbortController()
    const events = host.watch({ signal: ending.signal })
    await nextEvent(events, 'watching')
    for (let round = 0; round < Math.min(left, repairsOfOneWatch); round += 1) {
      inflict()
      const event = await nextEvent(events, 'drift')
      if (event.kind !== 'drift' || event.outcome !== 'repaired') throw new Error(JSON.stringify(event))
      if (uncounted > 0) uncounted -= 1
      // A repair that a regular check found, and not a notice of the kernel, has no start time.
      else if (event.afterMs !== null) taken.push(event.afterMs)
      await quiet()
    }
    ending.abort()
    for await (const _event of events);
  }
  return spreadOf(taken, warmUp)
}

const nextEvent = async (
  events: AsyncGenerator<HostEvent, void>,
  kind: HostEvent['kind'],
): Promise<HostEvent> => {
  for (;;) {
    const { value, done } = await events.next()
    if (done === true) throw new Error(`the watch ended before "${kind}"`)
    if (value.kind === 'failed') throw new Error(value.error.message)
    if (value.kind === kind) return value
  }
}

/** Waits until the search for conflicts that follows a repair is over. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 700))
