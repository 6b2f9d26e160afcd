import type { RememberedBlock } from '@portolan/core'
import type { EtcdStoreOptions } from '@portolan/etcd'
import type { ClusterHost } from '../../lab/cluster/cluster-lab.ts'
import {
  type CallEnd,
  type HostProcess,
  type Interrupt,
  startHostProcess,
} from '../../lab/cluster/host-process.ts'
import { firstFault } from './first-fault.ts'

/** The state that a host should have, with its process and its interface. */
export interface FuzzHost extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  readonly name: string
  readonly machine: ClusterHost['machine']
  readonly mac: string
  /**
   * The blocks in which the host has addresses. A block is in the set from the answer to its claim until the host
   * begins to release it.
   */
  readonly uses: ReadonlySet<string>
  /** The host was silent for so long that its blocks may have been reclaimed, and it has not verified them since. */
  readonly isDoubtful: boolean
  readonly isOff: boolean
  /** Resolves once the running call has ended, or the process has. */
  idle(): Promise<void>
  claim(count: number, how: { readonly vacates: boolean; readonly interrupt?: Interrupt }): Promise<void>
  release(how: { readonly one: boolean; readonly interrupt?: Interrupt }): Promise<void>
  reclaim(): Promise<void>
  setUp(pools: readonly string[]): Promise<void>
  goOn(): void
  /** The machine loses its power, and its state directory stays. `wipe`: the state directory is lost too. */
  powerOff(how: { readonly wipe: boolean }): Promise<void>
  /** The host is silent for longer than its lease lasts, though it runs. */
  silence(): Promise<void>
}

interface Claimed {
  readonly blocks: readonly (RememberedBlock & { readonly host: string; readonly incarnation: string })[]
}

/** Errors that any call may return while members are lost or hosts are cut off. */
const expected = ['CLUSTER_UNREACHABLE', 'CLUSTER_OUTCOME_UNKNOWN']

/** The first address of a block for a container. */
export const addressIn = (block: string): string =>
  block.replace(/(\d+)\/\d+$/, (_all, last) => String(Number(last) + 1))

/** @param observer - another process, which is never cut off */
export const createFuzzHost = async (
  { name, machine }: ClusterHost,
  options: EtcdStoreOptions,
  observer: () => Promise<HostProcess>,
): Promise<FuzzHost> => {
  const mac = (await machine.readText('/sys/class/net/eth0/address')).trim()
  let process: HostProcess | null = null
  let incarnations = 0
  let remembered: readonly RememberedBlock[] = []
  let running: Promise<void> = Promise.resolve()
  let isStopped = false
  let isWiped = false
  const uses = new Set<string>()
  const state = { isDoubtful: false, isOff: false }
  const fault = firstFault()

  const setUses = async (wanted: readonly string[]): Promise<void> => {
    const removed = [...uses].filter((block) => !wanted.includes(block))
    const added = wanted.filter((block) => !uses.has(block))
    for (const block of removed) uses.delete(block)
    await machine.ip(
      ...removed.map((block) => `addr del ${addressIn(block)}/32 dev eth0`),
      ...added.map((block) => `addr add ${addressIn(block)}/32 dev eth0`),
    )
    for (const block of added) uses.add(block)
  }
  const ownIdentity = () => ({ host: name, incarnation: `${name}-${incarnations}` })
  const ready = async (): Promise<HostProcess> => {
    if (isStopped) host.goOn()
    await host.idle()
    state.isOff = false
    process ??= await startHostProcess(machine, options)
    return process
  }
  /** Begins a call. `take` handles its value when it ends. */
  const begin = async <Value>(
    operation: string,
    details: object,
    mayFail: readonly string[],
    useValue: (value: Value) => Promise<void>,
  ): Promise<void> => {
    const callee = await ready()
    const call = async (): Promise<void> => {
      const end: CallEnd<Value> = await callee.call(operation, details)
      if (end.kind === 'killed') process = process === callee ? null : process
      else if (end.kind === 'done') await useValue(end.value)
      else if (end.code === 'CLUSTER_NAME_TAKEN' && isWiped) await silenceHere()
      else if (![...expected, ...mayFail].includes(end.code))
        throw new Error(`${name} ${operation}: ${end.code} ${end.message}`)
    }
    running = call().catch(fault.note)
  }
  const silenceHere = async (): Promise<void> => {
    state.isDoubtful = true
    await (await observer()).call('silence', { host: name })
  }
  const host: FuzzHost = {
    name,
    machine,
    mac,
    uses,
    get isDoubtful() {
      return state.isDoubtful
    },
    get isOff() {
      return state.isOff
    },
    async idle() {
      await running
      fault.raise()
    },
    async claim(count, { vacates, interrupt }) {
      await ready()
      if (vacates) await setUses([])
      const inUse = [...uses]
      const details = { ...ownIdentity(), count, remembered, inUse, takeover: isWiped, interrupt }
      await begin<Claimed>('claim', details, ['CLUSTER_EXHAUSTED'], async ({ blocks }) => {
        const foreign = blocks.find(
          (block) => block.host !== name || block.incarnation !== ownIdentity().incarnation,
        )
        if (foreign !== undefined) throw new Error(`${name} was told ${foreign.block} of ${foreign.host}`)
        remembered = blocks.map(({ block, revision }) => ({ block, revision }))
        await setUses(blocks.map(({ block }) => block))
        state.isDoubtful = false
        isWiped = false
      })
      isStopped = interrupt?.signal === 'SIGSTOP'
    },
    async release({ one, interrupt }) {
      await ready()
      const given = one ? [...uses].slice(0, 1) : [...uses]
      await setUses([...uses].filter((block) => !given.includes(block)))
      const blocks = one ? given : null
      await begin(
        'release',
        { ...ownIdentity(), blocks, interrupt },
        isWiped ? ['CLUSTER_NAME_TAKEN'] : [],
        async () => {
          remembered = remembered.filter(({ block }) => !one || !given.includes(block))
        },
      )
    },
    reclaim: () => begin('reclaim', { host: null }, [], async () => {}),
    // Pools that would change the size of existing blocks are refused.
    setUp: (pools) => begin('setUp', { pools }, ['INVALID_REQUEST'], async () => {}),
    goOn() {
      if (!isStopped) return
      isStopped = false
      // The process stops itself, perhaps later than now. So SIGCONT is repeated until the call has ended.
      const stopped = process
      const again = setInterval(() => stopped?.resume(), 20)
      void running.then(() => clearInterval(again))
    },
    async powerOff({ wipe }) {
      await process?.kill()
      await host.idle()
      process = null
      isStopped = false
      state.isOff = true
      await setUses([])
      if (wipe) {
        incarnations += 1
        remembered = []
        isWiped = true
      }
      await silenceHere()
    },
    async silence() {
      if (isStopped) host.goOn()
      await host.idle()
      await silenceHere()
    },
    async [Symbol.asyncDispose]() {
      await process?.kill()
      await running
    },
  }
  return host
}
