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
import { PortolanError, StaleStateError } from '@portolan/netfilter'
import type { Backend } from '../../backend/backend.ts'
import { once } from '../../lazy/once.ts'
import type { LiveMachine } from '../live-machine.ts'
import { desiredOf } from '../wanted/desired-of.ts'
import { type PortsByNumber, portAt, portsByNumber } from '../wanted/ports-by-number.ts'
import type { HostSocket } from '../wanted/socket-key.ts'
import { type WantedState, withPort, withTaken } from '../wanted/wanted-state.ts'
import { asMapping } from './as-mapping.ts'
import { BackendMovedError } from './backend-moved-error.ts'
import type { Edition } from './edition.ts'
import { type HeldHost, HeldRules } from './held-rules.ts'
import type { KeptRules, RuleKeeper } from './rule-keeper.ts'
import { holds, subnetOf } from './subnets.ts'

/** How often the short way is tried when another program changes the rules just then. */
const ATTEMPTS = 2

/** The rules of a project whose ports come and go. */
export class LiveRules extends HeldRules {
  readonly wanted: WantedState
  /** The published ports of other projects by host port, computed on first use. */
  #others: () => PortsByNumber = () => new Map()
  /** The desired state, with the number of records and the bridges that it was made from. */
  #desired: { readonly count: number; readonly bridges: object; readonly state: DesiredState | null } | null =
    null
  /** The number of wanted records when the desired state was last asked for. */
  #asked = 0
  /** The number of records when all of them were last known to be in force; null: not known. */
  #settled: number | null = null
  readonly #cluster: ClusterMemory | null
  readonly #place: Partial<Pick<LiveMachine, 'backend' | 'moveTo'>>
  /** How often the host was read. */
  #readings = 0
  /** The other hosts of the cluster as remembered when the rules were last read. */
  #neighbours: ClusterNeighbours | null = null
  #stamp: string | null = null

  constructor(
    project: string,
    host: HeldHost & Partial<Pick<LiveMachine, 'cluster' | 'backend' | 'moveTo'>>,
    keeper: RuleKeeper,
    wanted: WantedState,
  ) {
    super(project, host, keeper, (subnets) => {
      // A deleted bridge of this project comes back, so its subnets count. Ports on other projects' networks wait.
      const own = wanted.networks().flatMap(({ network: { ip, ip6 } }) => [ip, ip6].flatMap(subnetOf))
      const all = [...subnets, ...own]
      return desiredOf(project, wanted, ({ targets }) => targets.every(({ address }) => holds(all, address)))
    })
    this.wanted = wanted
    this.#cluster = host.cluster ?? null
    this.#place = host
  }

  /** The backend that another program has named for the project since; null: none, or the present one. */
  movedTo(): Backend | null {
    const { backend, moveTo } = this.#place
    const named = moveTo === undefined ? null : this.wanted.backend()
    return named === backend ? null : named
  }

  /** Refuses to work in a backend that the project has left. @throws BackendMovedError */
  refuseMoved(): void {
    if (this.movedTo() !== null) throw new BackendMovedError(this.project)
  }

  /** Tells whether another process has recorded the other hosts of the cluster since the rules were read. */
  isBehind(): boolean {
    return this.#cluster !== null && this.#cluster.stamp() !== this.#stamp
  }

  async #takeNeighbours(): Promise<void> {
    if (this.#cluster === null || !this.isBehind()) return
    // Taken before the reading: a record that is written meanwhile is read the next time.
    const stamp = this.#cluster.stamp()
    this.#neighbours = (await this.#rememberedNeighbours()) ?? this.#neighbours ?? this.wanted.neighbours()
    this.#stamp = stamp
  }

  /** @returns null: the file is lost or damaged. The rules in force stay then, until `join` writes the file again. */
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
    // A network of the project that is not wanted here belongs to a plan or to another state directory.
    const isOthers = this.bridges.some(({ project }) => project === this.project)
    const found = rules.own().filter(({ limited }) => limited !== true)
    if (isOthers || this.wanted.exists() || found.length === 0) return rules
    // These ports are from an earlier version of Portolan, which kept no records, or their records were lost.
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

  /** The stamp of what is known now of the host, of other projects and of the wanted records. */
  get edition(): Edition {
    return { readings: this.#readings, known: this.wanted.known }
  }

  override desired(): DesiredState | null {
    const { count, state } = this.#present()
    this.#asked = count
    return state
  }

  /** The desired state, for a caller that works beside calls of the host object and brings nothing into force. */
  wished(): DesiredState | null {
    return this.#present().state
  }

  #present(): { readonly count: number; readonly state: DesiredState | null } {
    const [count, bridges] = [this.wanted.count(), this.bridges]
    // The other hosts are read before the bridges, so a change of the hosts comes with new bridges.
    if (this.#desired?.count !== count || this.#desired.bridges !== bridges)
      this.#desired = { count, bridges, state: this.#among(super.desired()) }
    return this.#desired
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
   * Records the other hosts of the cluster once all rules for them are in force. A host that becomes known later counts
   * as no damage until then.
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

  /** Writes records that no rule depends on. */
  async writeDown(decide: () => readonly JournalChange[] | null): Promise<void> {
    const before = this.#settled
    if ((await this.wanted.change(decide)) !== null) this.#settle(before)
  }

  /** Notes that the new record is in force. All are, if all were before and no other record came in between. */
  #settle(before: number | null): void {
    const count = this.wanted.known
    this.#settled = before !== null && count === before + 1 ? count : null
  }

  /** Tells whether everything wanted is in force, if no program changed a rule since the last reading. */
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

  /** The mapping of a host socket in another project; null: none. */
  otherHolder(socket: HostSocket): PublishedPort | null {
    return portAt(this.#others(), socket)
  }

  /** The published ports of other projects, as far as this object knows. */
  others(): readonly PublishedPort[] {
    return [...this.#others().values()].flat()
  }

  /**
   * Decides from what is known. When `decide` throws or finds nothing to do, the rules are read again, unless they
   * certainly stand. What another program has only recorded so far does not count as done.
   *
   * @returns the decision; null: nothing is to be done, except what `isDamaged` tells
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
   * Records mappings, and then adds or removes them the short way. When a rule changed meanwhile, the rules are read
   * again: most such changes are foreign.
   *
   * @param decide - returns the records and mappings to change, by what is known; null: nothing any more
   * @returns false, with nothing done: the rules are not as expected, or there is no short way
   */
  async quickly(
    action: 'add' | 'remove',
    decide: () => {
      readonly changes: readonly JournalChange[]
      readonly mappings: readonly DesiredMapping[]
    } | null,
  ): Promise<boolean> {
    // A record that is taken back again would make it uncertain whether everything wanted is in force.
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

  /**
   * Reads the rules and brings the wanted state into force, after the changes of `decide`; null: no change.
   * @param check - throws under the lock, before anything is changed, if the changes are no longer possible
   */
  async slowly(decide: () => readonly JournalChange[] | null, check?: () => Promise<void>): Promise<void> {
    await this.underLock(async () => {
      await check?.()
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
