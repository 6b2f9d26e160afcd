import type { BlockChanges } from '@portolan/core'
import { fromJson } from '../../from-json.ts'

/** A block, read from its key. The reader is a second one, so that a fault of the product's reader shows. */
interface Block {
  readonly name: string
  readonly first: bigint
  readonly last: bigint
  readonly size: number
  readonly family: string
}

interface Held {
  readonly host: string
  readonly incarnation: string
  readonly nonce: string
  readonly state: string
}

/** All revisions of a cluster in order, and the faults in them. */
export interface History {
  readonly faults: readonly string[]
  /** The last revision that was seen, and the number of revisions. */
  revision(): number
  revisions(): number
  see(changes: BlockChanges): void
  /** Resolves once the revision was seen. */
  reached(revision: number): Promise<void>
  /** The held blocks by name: `10.64.0.16/28`. */
  held(): ReadonlyMap<string, Held>
  isAlive(host: string): boolean
  /** How often blocks were claimed, released, reclaimed (`expired`) or taken over, and how often the pools changed. */
  readonly counts: { claimed: number; released: number; expired: number; tookOver: number; pools: number }
}

const blockOf = (key: string): Block | null => {
  const [, family = '', digits = '', length = ''] = /^blocks\/(ip6?)\/([0-9a-f]+)-([0-9]+)$/.exec(key) ?? []
  if (family === '') return null
  const bits = family === 'ip' ? 32 : 128
  const first = BigInt(`0x${digits}`)
  const size = Number(length)
  const octets = [24n, 16n, 8n, 0n].map((shift) => (first >> shift) & 255n)
  const name = family === 'ip' ? `${octets.join('.')}/${size}` : key
  return { name, first, last: first + (1n << BigInt(bits - size)) - 1n, size, family }
}

const heldOf = (value: string): Held => fromJson<Held>(value)

/** The addresses and the block size of a pool such as 10.64.0.0/24:28. */
const rangeOf = (pool: string): { readonly first: bigint; readonly last: bigint; readonly size: number } => {
  const [, address = '', length = '', size = ''] = /^([\d.]+)\/(\d+):(\d+)$/.exec(pool) ?? []
  const first = address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
  return { first, last: first + (1n << (32n - BigInt(length))) - 1n, size: Number(size) }
}

export const openHistory = (): History => {
  const faults: string[] = []
  const blocks = new Map<string, { readonly block: Block; readonly held: Held }>()
  const alive = new Map<string, string>()
  const waiting: { readonly revision: number; readonly done: () => void }[] = []
  const counts = { claimed: 0, released: 0, expired: 0, tookOver: 0, pools: 0 }
  let pools: readonly string[] = []
  let last = 0
  let seen = 0

  const isInPools = (block: Block): boolean =>
    pools
      .map(rangeOf)
      .some(({ first, last: end, size }) => size === block.size && block.first >= first && block.last <= end)

  const checkChange = (at: number, block: Block, next: Held, wasAlive: ReadonlyMap<string, string>): void => {
    const fault = (what: string): void => void faults.push(`at ${at} ${block.name} ${what}`)
    const before = blocks.get(block.name)?.held ?? null
    const owner = `${next.host} (${next.incarnation})`
    const previous = before === null ? '' : `${before.host} (${before.incarnation})`
    if (before?.state === 'held') {
      if (next.state !== 'expired' && owner !== previous) {
        // A new machine with the name of a lost one takes the blocks over, or releases them.
        counts.tookOver += 1
        if (next.host !== before.host) fault(`of ${previous} was written by ${owner}`)
        if ((wasAlive.get(next.host) ?? next.incarnation) !== next.incarnation)
          fault(`was taken over from ${previous}, which is alive`)
      }
      if (next.state === 'expired') {
        counts.expired += 1
        if (wasAlive.has(before.host)) fault(`was reclaimed from ${previous}, which is alive`)
      }
      if (next.state === 'released') counts.released += 1
    } else if (next.state !== 'held') {
      // A host that is back may release a block that was reclaimed from it, once no pool contains the block any more.
      const isFreedBlockReleased =
        before?.state === 'expired' && next.state === 'released' && owner === previous
      if (!isFreedBlockReleased || isInPools(block)) fault(`is ${next.state} and was not held`)
    } else {
      counts.claimed += 1
      if (!isInPools(block)) fault(`was claimed by ${owner}, and no pool has it: ${pools.join(', ')}`)
    }
    if (next.state !== 'held') return
    for (const other of blocks.values()) {
      const isSame = other.block.name === block.name || other.block.family !== block.family
      if (isSame || other.held.state !== 'held') continue
      if (other.block.first <= block.last && block.first <= other.block.last)
        fault(`of ${owner} overlaps ${other.block.name} of ${other.held.host}`)
    }
  }

  const history: History = {
    faults,
    counts,
    revision: () => last,
    revisions: () => seen,
    see({ revision, changes }) {
      // No other program writes to this etcd. So a missing revision means that the watch left one out.
      if (revision !== last + 1 && last !== 0) faults.push(`after ${last} the watch told ${revision}`)
      last = revision
      seen += 1
      const wasAlive = new Map(alive)
      for (const { key, entry } of changes) {
        if (key === 'pools') {
          pools = entry === null ? [] : JSON.parse(entry.value).pools
          counts.pools += 1
        } else if (key.startsWith('hosts/')) {
          const host = key.slice('hosts/'.length)
          const incarnation = entry === null ? null : String(JSON.parse(entry.value).incarnation)
          const before = alive.get(host)
          if (incarnation === null) alive.delete(host)
          else alive.set(host, incarnation)
          if (before !== undefined && incarnation !== null && incarnation !== before)
            faults.push(`at ${revision} ${host} was ${before} and became ${incarnation} while it was alive`)
        } else {
          const block = blockOf(key)
          if (block === null) faults.push(`at ${revision} there is a key ${key}`)
          else if (entry === null) faults.push(`at ${revision} ${block.name} was removed`)
          else {
            const held = heldOf(entry.value)
            checkChange(revision, block, held, wasAlive)
            blocks.set(block.name, { block, held })
          }
        }
      }
      for (const { revision: wanted, done } of waiting.splice(0)) {
        if (wanted <= last) done()
        else waiting.push({ revision: wanted, done })
      }
    },
    reached: (revision) =>
      new Promise((done) => {
        if (revision <= last) done()
        else waiting.push({ revision, done })
      }),
    held: () =>
      new Map(
        [...blocks.values()].flatMap(({ block, held }) =>
          held.state === 'held' ? [[block.name, held] as const] : [],
        ),
      ),
    isAlive: (host) => alive.has(host),
  }
  return history
}
