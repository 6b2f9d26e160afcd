import { setTimeout as delay } from 'node:timers/promises'
import type { DesiredMapping } from '@portolan/core'
import type { Conntrack } from '@portolan/host'
import { sameMapping } from './same-mapping.ts'
import { socketKey } from './socket-key.ts'

/** The flows that conntrack has to forget as ports come and go. Looking for them runs behind what asks for it. */
export interface FlowsToForget {
  /** Flows of ports that were taken back, or lost these targets. */
  takenBack(mappings: readonly DesiredMapping[]): void
  /** Flows that reached the host itself before these ports were published: of UDP, as TCP begins anew by itself. */
  published(mappings: readonly DesiredMapping[]): void
  /**
   * To be called before these are published. A port that comes back as it was keeps its flows. One that comes back
   * otherwise waits, as flows of the new port could else be taken for those of the old one.
   *
   * @returns null: none of them has to wait
   */
  before(mappings: readonly DesiredMapping[]): Promise<void> | null
  /**
   * Resolves when nothing is left to be forgotten.
   * @throws what a search threw since this was called last
   */
  settled(): Promise<void>
}

/**
 * How long a search waits for more to look for. It walks a table that all network namespaces share, and holds this
 * process up meanwhile: 10 ms for 262,144 empty buckets.
 */
const GATHER_MS = 50

/** By host socket. */
type Waiting = Map<string, readonly DesiredMapping[]>

const isTranslated = ({ kind }: DesiredMapping): boolean => kind === 'nat'

const flowsOf = (mapping: DesiredMapping) =>
  mapping.targets.map((to) => ({ ...mapping, address: to.address, port: to.port }))

/**
 * @param idle - resolves once the calls that were made of the host until now have ended: one of them may bring a port
 * back as it was
 * @internal
 */
export const flowsToForget = (conntrack: Conntrack, idle: () => Promise<unknown>): FlowsToForget => {
  let taken: Waiting = new Map()
  let arrived: Waiting = new Map()
  /** Sockets of the search that is under way. */
  let searched: ReadonlySet<string> = new Set()
  let working: Promise<void> | null = null
  let failure: { readonly error: unknown } | null = null
  /** Something waits for the searches to end. */
  let hurry = new AbortController()

  /** A call that waits for the searches hurries them: waiting for it in turn would be waiting for ever. */
  const gather = async (signal: AbortSignal): Promise<void> => {
    await delay(GATHER_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const hurried = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await Promise.race([idle(), hurried])
  }

  const search = async (): Promise<void> => {
    hurry = new AbortController()
    while (taken.size + arrived.size > 0) {
      await gather(hurry.signal)
      const [gone, come] = [[...taken.values()].flat(), [...arrived.values()].flat()]
      searched = new Set([...taken.keys(), ...arrived.keys()])
      taken = new Map()
      arrived = new Map()
      const ends = await Promise.allSettled([
        conntrack.forgetFlows(gone.flatMap(flowsOf)),
        conntrack.forgetUntranslated(come),
      ])
      searched = new Set()
      for (const end of ends) if (end.status === 'rejected') failure ??= { error: end.reason }
    }
    working = null
  }
  const ended = async (): Promise<void> => {
    hurry.abort()
    await working
  }
  const add = (waiting: Waiting, mappings: readonly DesiredMapping[]): void => {
    for (const mapping of mappings) {
      const key = socketKey(mapping)
      const before = waiting.get(key)
      waiting.set(key, before === undefined ? [mapping] : [...before, mapping])
    }
    if (waiting.size > 0) working ??= search()
  }
  /** @returns false: flows of another port of its socket are still to be forgotten. One that is as it was keeps its own. */
  const keepFlows = (mapping: DesiredMapping): boolean => {
    const key = socketKey(mapping)
    const before = taken.get(key)
    const [own] = before ?? []
    if (own === undefined || before?.length !== 1 || !sameMapping(own, mapping))
      return own === undefined && !searched.has(key)
    taken.delete(key)
    return true
  }
  return {
    takenBack: (mappings) => {
      const translated = mappings.filter(isTranslated)
      // What reached the host before may go on doing so.
      if (arrived.size > 0) for (const mapping of translated) arrived.delete(socketKey(mapping))
      add(taken, translated)
    },
    published: (mappings) =>
      add(
        arrived,
        mappings.filter((mapping) => mapping.protocol === 'udp' && isTranslated(mapping)),
      ),
    before: (mappings) => {
      if (taken.size + searched.size === 0) return null
      const waiting = mappings.filter((mapping) => !keepFlows(mapping))
      return waiting.length === 0 ? null : ended()
    },
    settled: async () => {
      await ended()
      const told = failure
      failure = null
      if (told !== null) throw told.error
    },
  }
}
