import { isDeepStrictEqual } from 'node:util'
import {
  type ClusterNeighbours,
  type DesiredMapping,
  type DesiredState,
  type PublishedPort,
  withNeighbours,
  withoutRouteHolder,
} from '@portolan/core'
import type { ClusterMemory, JournalChange } from '@portolan/host'
import {
  containsAddress,
  PortolanError,
  type Prefix,
  parseAddress,
  parsePrefix,
  StaleStateError,
} from '@portolan/netfilter'
import type { Backend } from '../../backend/backend.ts'
import { once } from '../../lazy/once.ts'
import type { LiveMachine } from '../live-machine.ts'
import { type PortsByNumber, portAt, portsByNumber } from '../ports/ports-by-number.ts'
import type { HostSocket } from '../ports/socket-key.ts'
import { desiredOf } from '../wanted/desired-of.ts'
import { type WantedState, withPort, withTaken } from '../wanted/wanted-state.ts'
import { asMapping } from './as-mapping.ts'
import { BackendMovedError } from './backend-moved-error.ts'
import type { Edition } from './edition.ts'
import { type HeldHost, HeldRules } from './held-rules.ts'
import type { KeptRules, RuleKeeper } from './rule-keeper.ts'

/** How often the short way is tried when another program changes the rules just then. */
const ATTEMPTS = 2

/** The rules of a project whose ports come and go. */
export class LiveRules extends HeldRules {
  readonly wanted: WantedState
  /** What other projects have published, by host port, when it is first asked for. */
  #others: () => PortsByNumber = () => new Map()
  /** What is wanted as a whole, of so many records and these bridges. */
  #desired: { readonly count: number; readonly bridges: object; readonly state: DesiredState | null } | null =
    null
  /** How many records what is wanted had when it was last asked for as a whole. */
  #asked = 0
  /** How many it had when all of it was last known to be in force; null: it is not known. */
  #settled: number | null = null
  readonly #cluster: ClusterMemory | null
  readonly #place: Partial<Pick<LiveMachine, 'backend' | 'moveTo'>>
  /** How often the host was read. */
  #readings = 0
  /** The other hosts of the cluster, as they were remembered when the rules were read last. */
  #neighbours: ClusterNeighbours | null = null
  #stamp: string | null = null

  constructor(
    project: string,
    host: HeldHost & Partial<Pick<LiveMachine, 'cluster' | 'backend' | 'moveTo'>>,
    keeper: RuleKeeper,
    wanted: WantedState,
  ) {
    super(project, host, keeper, (subnets) => {
      // A network whose bridge was taken away comes back; ports whose network is another project's wait for it.
      const own = wanted.networks().flatMap(({ network: { ip, ip6 } }) => [ip, ip6].flatMap(subnetOf))
      const all = [...subnets, ...own]
      return desiredOf(project, wanted, ({ targets }) => targets.every(({ address }) => holds(all, address)))
    })
    this.wanted = wanted
    this.#cluster = host.cluster ?? null
    this.#place = host
  }

  /** The backend that another program has named for the project since; null: none has. */
  movedTo(): Backend | null {
    const { backend, moveTo } = this.#place
    const named = moveTo === undefined ? null : this.wanted.backend()
    return named === backend ? null : named
  }

  /** @throws BackendMovedError where the rules belong into another backend by now */
  refuseMoved(): void {
    if (this.movedTo() !== null) throw new BackendMovedError(this.project)
  }

  /** Has another process written down other hosts of the cluster since the rules were read? */
  isBehind(): boolean {
    return this.#cluster !== null && this.#cluster.stamp() !== this.#stamp
  }

  async #takeNeighbours(): Promise<void> {
    if (this.#cluster === null || !this.isBehind()) return
    // Asked before: what is written while it is read is taken the next time.
    const stamp = this.#cluster.stamp()
    this.#neighbours = (await this.#rememberedNeighbours()) ?? this.#neighbours ?? this.wanted.neighbours()
    this.#stamp = stamp
  }

  /** @returns null: the file was lost or is damaged. What was in force stays then, until `join` writes it anew. */
  async #rememberedNeighbours(): Promise<ClusterNeighbours | null> {
    try {
      return (await this.#cluster?.neighbours()) ?? null
    } catch (error) {
      if (!(error instanceof PortolanError)) throw error
      return null
    }
  }

  protected override neighbours(): ClusterNeighbours | null {
    return this.#neighbours
  }

  override async refresh(): Promise<KeptRules> {
    const rules = await this.#readAll()
    this.#others = once(() => portsByNumber(rules.others()))
    // A network of the project that is not wanted here is a plan's, or wanted in another state directory.
    const isOthers = this.bridges.some(({ project }) => project === this.project)
    const found = rules.own().filter(({ limited }) => limited !== true)
    if (isOthers || this.wanted.exists() || found.length === 0) return rules
    // What an earlier version of Portolan published, which wrote nothing down, or what is left where that was lost.
    await this.wanted.change(() =>
      this.wanted.isEmpty() ? found.map((port) => withPort(asMapping(port))) : null,
    )
    return this.#readAll()
  }

  async #readAll(): Promise<KeptRules> {
    await this.#takeNeighbours()
    const rules = await super.refresh()
    this.#settled = rules.whole ? this.#asked : null
    return rules
  }

  override async readFacts(): Promise<void> {
    this.#readings += 1
    await super.readFacts()
  }

  /** What is known just now of the host, of other projects and of what is wanted. */
  get edition(): Edition {
    return { readings: this.#readings, known: this.wanted.known }
  }

  override desired(): DesiredState | null {
    const [count, bridges] = [this.wanted.count(), this.bridges]
    // The bridges are read after the other hosts of the cluster are.
    if (this.#desired?.count !== count || this.#desired.bridges !== bridges)
      this.#desired = { count, bridges, state: this.#among(super.desired()) }
    this.#asked = count
    return this.#desired.state
  }

  #among(desired: DesiredState | null): DesiredState | null {
    if (desired === null || this.#neighbours === null) return desired
    return withNeighbours(desired, this.facts, this.#neighbours).desired
  }

  protected override async hold(): Promise<void> {
    this.refuseMoved()
    await super.hold()
    this.#settled = this.#asked
    await this.noteNeighbours()
  }

  /**
   * Writes down which other hosts of the cluster are taken up, once all of it is in force: what comes to be known of
   * others later is no damage until then.
   */
  async noteNeighbours(): Promise<void> {
    if (this.isDamaged() || this.#cluster === null) return
    const now = this.#neighbours === null ? null : withoutRouteHolder(this.#neighbours)
    await this.writeDown(() =>
      this.wanted.networks().length === 0 || isDeepStrictEqual(this.wanted.neighbours(), now)
        ? null
        : [withTaken(now)],
    )
  }

  protected override async isCurrent(): Promise<boolean> {
    return this.#isSettled() && (await super.isCurrent())
  }

  /** Writes down what no rule follows from. */
  async writeDown(decide: () => readonly JournalChange[] | null): Promise<void> {
    const before = this.#settled
    if ((await this.wanted.change(decide)) !== null) this.#settle(before)
  }

  /** The record that was just written is in force; so is all, if it was before and no other record came between. */
  #settle(before: number | null): void {
    const count = this.wanted.known
    this.#settled = before !== null && count === before + 1 ? count : null
  }

  /** Is all in force that is wanted now, as far as no program changed a rule since it was read? */
  #isSettled(): boolean {
    return this.whole && this.#settled === this.wanted.count()
  }

  /**
   * The mapping of a host socket, of this project or another one.
   * @returns null: it is free
   */
  holder(socket: HostSocket): PublishedPort | null {
    const own = this.wanted.port(socket)
    return own === null ? this.otherHolder(socket) : { ...own, project: this.project }
  }

  /** The mapping of a host socket, of another project. */
  otherHolder(socket: HostSocket): PublishedPort | null {
    return portAt(this.#others(), socket)
  }

  /** What other projects have published, as far as this object has heard. */
  others(): readonly PublishedPort[] {
    return [...this.#others().values()].flat()
  }

  /**
   * Asks something of what is known. Where it throws, or its answer is that nothing is to be done, the rules are read
   * again unless they are known to stand. What another program has only written down yet is not taken for done.
   *
   * @returns what is to be done; null: nothing, but for what `isDamaged` tells
   */
  async decideForSure<Found>(decide: () => Found | null | Promise<Found | null>): Promise<Found | null> {
    try {
      const decided = decide()
      const decision = decided instanceof Promise ? await decided : decided
      if (decision !== null) return decision
      if (this.#isSettled() && (await this.isUnchanged())) return null
    } catch (error) {
      if (!(error instanceof PortolanError)) throw error
    }
    await this.refresh()
    return await decide()
  }

  /**
   * Adds or removes mappings the short way, and writes it down before. Where a rule changed meanwhile, ours are read
   * again: most such changes are not of ours.
   *
   * @param decide - what is to be written down and changed, from what is known; null: nothing any more
   * @returns false when the rules are not as they were thought to be, or there is no short way: nothing is done then
   */
  async quickly(
    action: 'add' | 'remove',
    decide: () => {
      readonly changes: readonly JournalChange[]
      readonly mappings: readonly DesiredMapping[]
    } | null,
  ): Promise<boolean> {
    // What is written down and taken back again makes it uncertain whether all is in force that is wanted.
    if (!this.keeper.hasQuickWay) return false
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (this.isDamaged()) return false
      const before = this.#settled
      let mappings: readonly DesiredMapping[] = []
      const undo = await this.wanted.change(() => {
        const decision = decide()
        mappings = decision?.mappings ?? []
        return decision?.changes ?? null
      }, attempt === 1)
      if (undo === null) return false
      try {
        if (await this.keeper.quickly(action, mappings)) {
          this.#settle(before)
          return true
        }
        await undo()
        return false
      } catch (error) {
        await undo()
        if (!(error instanceof StaleStateError)) throw error
      }
      await this.refresh()
    }
    return false
  }

  /** Reads the rules, and brings what is wanted into force, with the changes that `decide` says; null: as it is. */
  async slowly(decide: () => readonly JournalChange[] | null): Promise<void> {
    await this.underLock(async () => {
      const undo = await this.wanted.change(decide)
      if (undo === null && !this.isDamaged()) return
      try {
        await this.hold()
      } catch (error) {
        await undo?.()
        throw error
      }
    })
  }
}

const subnetOf = (one: { readonly subnet: string } | null): readonly Prefix[] =>
  one === null ? [] : [parsePrefix(one.subnet)]

const holds = (subnets: readonly Prefix[], address: string): boolean => {
  const wanted = parseAddress(address)
  return subnets.some((subnet) => containsAddress(subnet, wanted))
}
