import { setTimeout as delay } from 'node:timers/promises'
import type { DesiredMapping } from '@portolan/core'
import type { Conntrack } from '@portolan/host'
import { socketKey } from '../wanted/socket-key.ts'
import { sameMapping } from './same-mapping.ts'

/** Makes conntrack forget flows as ports come and go. The searches run after the calls that need them. */
export interface FlowsToForget {
  /** Notes flows of ports that were unpublished, or that lost these targets. */
  takenBack(mappings: readonly DesiredMapping[]): void
  /**
   * Notes UDP flows that reached the host itself before these ports were published. TCP flows start again by
   * themselves.
   */
  published(mappings: readonly DesiredMapping[]): void
  /**
   * Called before these mappings are published. A port that comes back unchanged keeps its flows. A port that comes
   * back changed has to wait: its new flows could otherwise be taken for those of the old port.
   *
   * @returns null: no mapping has to wait
   */
  before(mappings: readonly DesiredMapping[]): Promise<void> | null
  /**
   * Resolves when the flows that were noted before are forgotten.
   * @throws what a search threw since the last call
   */
  settled(): Promise<void>
}

/**
 * How long a search waits for further flows to look for, in milliseconds. A search walks a table that all network
 * namespaces share, and blocks this process meanwhile: 10 ms for 262,144 empty buckets.
 */
const GATHER_MS = 50

/** The mappings to search for, by host socket. */
type Waiting = Map<string, readonly DesiredMapping[]>

const isTranslated = ({ kind }: DesiredMapping): boolean => kind === 'nat'

const flowsOf = (mapping: DesiredMapping) =>
  mapping.targets.map((to) => ({ ...mapping, address: to.address, port: to.port }))

/**
 * @param idle - resolves once the earlier calls of the host have ended: one of them may bring a port back unchanged
 * @internal
 */
export const flowsToForget = (conntrack: Conntrack, idle: () => Promise<unknown>): FlowsToForget => {
  let taken: Waiting = new Map()
  let arrived: Waiting = new Map()
  /** The sockets of the running search. */
  let searched: ReadonlySet<string> = new Set()
  /** The search that has begun last. It never rejects. */
  let running: Promise<void> = Promise.resolve()
  /** The search that will look for what waits; null: nothing waits. */
  let next: { readonly ended: Promise<void>; readonly hurry: AbortController } | null = null
  let failure: { readonly error: unknown } | null = null

  /**
   * Waits for further flows. A call that waits for the search ends this wait. Otherwise each would wait for the other
   * forever.
   */
  const gather = async (signal: AbortSignal): Promise<void> => {
    await delay(GATHER_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const hurried = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await Promise.race([idle(), hurried])
  }

  const forget = async (): Promise<void> => {
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
  const search = async (signal: AbortSignal): Promise<void> => {
    await running
    await gather(signal)
    next = null
    // A port that came back unchanged has kept its flows.
    if (taken.size + arrived.size === 0) return
    running = forget()
    await running
  }
  /** Waits for what has to be forgotten now, and not for what comes meanwhile: something may always come. */
  const ended = async (): Promise<void> => {
    next?.hurry.abort()
    await (next?.ended ?? running)
  }
  const add = (waiting: Waiting, mappings: readonly DesiredMapping[]): void => {
    for (const mapping of mappings) {
      const key = socketKey(mapping)
      const before = waiting.get(key)
      waiting.set(key, before === undefined ? [mapping] : [...before, mapping])
    }
    if (waiting.size === 0 || next !== null) return
    const hurry = new AbortController()
    next = { ended: search(hurry.signal), hurry }
  }
  /**
   * Lets a port that comes back unchanged keep its flows. @returns false: flows of another port of its socket are still
   * to be forgotten
   */
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
      // Flows that reached the host itself before may go on doing so.
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
      const failed = failure
      failure = null
      if (failed !== null) throw failed.error
    },
  }
}
