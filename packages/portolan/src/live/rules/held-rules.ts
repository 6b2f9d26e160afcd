import { isDeepStrictEqual } from 'node:util'
import type { ClusterNeighbours, DesiredState } from '@portolan/core'
import { type HostFacts, type Prefix, StaleStateError } from '@portolan/netfilter'
import { type OwnBridge, ownBridges } from '../networks/own-bridges.ts'
import type { KeptRules, RuleDrift, RuleKeeper } from './rule-keeper.ts'

/**
 * How often something is tried again when another program changes the rules just then: a live host that adds a port the
 * short way does not wait for the lock.
 */
const ATTEMPTS = 25

/** Of a host whose bridges change all the time, what was found last counts. */
const READINGS = 4

/** What is wanted of a project, given the subnets that bridges of ours have. */
export type DesiredSource = (subnets: readonly Prefix[]) => DesiredState | null

/**
 * The host that a project is held on.
 * @public @since 0.1.0
 */
export interface HeldHost {
  /** What the kernel tells of interfaces, addresses, routes and sysctls; more does no harm. */
  readFacts(): Promise<HostFacts>
  /** Does something while no other program of ours changes the host. */
  withLock<Result>(work: () => Promise<Result>): Promise<Result>
  /** The other hosts of its cluster, as they are known just then. */
  neighbours?(): ClusterNeighbours | null
}

/** The rules of one project that is held: what is known of them, and the way to bring them back. */
export class HeldRules {
  readonly project: string
  facts: HostFacts = {}
  bridges: readonly OwnBridge[] = []
  protected keeper: RuleKeeper
  readonly #host: HeldHost
  readonly #desired: DesiredSource
  #drift: readonly RuleDrift[] = []
  /** What was wanted when our rules were read last was in force, and so was what others of ours need. */
  protected whole = false

  constructor(project: string, host: HeldHost, keeper: RuleKeeper, desired: DesiredSource) {
    this.project = project
    this.#host = host
    this.keeper = keeper
    this.#desired = desired
  }

  /**
   * Reads the host and its rules anew. A network that another process makes in between has rules and is not known: where
   * something is not as it is wanted, and the host has other bridges by now, both are read again.
   */
  async refresh(): Promise<KeptRules> {
    await this.readFacts()
    let rules = await this.#readRules()
    for (let more = READINGS - 1; more > 0 && !rules.whole; more -= 1) {
      const facts = await this.#host.readFacts()
      if (isDeepStrictEqual(bridgesIn(facts), bridgesIn(this.facts))) break
      this.#know(facts)
      rules = await this.#readRules()
    }
    this.whole = rules.whole
    this.#drift = rules.drift
    return rules
  }

  #readRules(): Promise<KeptRules> {
    return this.keeper.read(this.facts, () => this.desired(), this.neighbours())
  }

  /** Reads the host without its rules. */
  async readFacts(): Promise<void> {
    this.#know(await this.#host.readFacts())
  }

  #know(facts: HostFacts): void {
    this.facts = facts
    this.bridges = ownBridges(facts)
  }

  /** Reads the host anew, and its rules where another program may have changed them. */
  async catchUp(): Promise<void> {
    if (await this.isUnchanged()) await this.readFacts()
    else await this.refresh()
  }

  desired(): DesiredState | null {
    return this.#desired(this.bridges.flatMap((bridge) => bridge.subnets))
  }

  protected neighbours(): ClusterNeighbours | null {
    return this.#host.neighbours?.() ?? null
  }

  /** Is it certain that no other program changed a rule since they were read? */
  isUnchanged(): Promise<boolean> {
    return this.keeper.isUnchanged()
  }

  /** Is something missing that another program took away, so that the whole has to be written? */
  isDamaged(): boolean {
    return !this.whole
  }

  /** What the rules that were read last lack of what is wanted, or have too much. */
  drift(): readonly RuleDrift[] {
    return this.#drift
  }

  /**
   * Brings back what is missing of the rules, which are read again only if they may have changed since.
   * @returns what was missing
   */
  async mend(): Promise<readonly RuleDrift[]> {
    let missing: readonly RuleDrift[] = []
    await this.underLock(
      async () => {
        missing = this.#drift
        if (this.isDamaged()) await this.hold()
      },
      () => this.keeper.isCurrent(),
    )
    return missing
  }

  /** Does something with rules that are known to be what the host has, again where they change meanwhile. */
  protected async underLock(
    work: () => Promise<void>,
    isKnown: () => Promise<boolean> = () => this.isCurrent(),
  ): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#host.withLock(async () => {
          if (!(await isKnown())) await this.refresh()
          await work()
        })
      } catch (error) {
        if (!(error instanceof StaleStateError) || attempt === ATTEMPTS) throw error
      }
    }
  }

  /** Is what was read, with what was done since, certain to be what the host has and what is wanted of it? */
  protected isCurrent(): Promise<boolean> {
    return this.keeper.isCurrent()
  }

  /** Brings what is wanted into force, from the rules that were read last. */
  protected async hold(): Promise<void> {
    await this.keeper.hold(this.desired())
    this.whole = true
    this.#drift = []
  }

  /** Goes on with the rules of another backend, which are to be read first. */
  goOnWith(keeper: RuleKeeper): void {
    this.keeper.close()
    this.keeper = keeper
    this.whole = false
    this.#drift = []
  }

  close(): void {
    this.keeper.close()
  }
}

/** What rules may lead to. */
const bridgesIn = ({ interfaces = [] }: HostFacts): readonly unknown[] =>
  interfaces.flatMap(({ name, kind, alias, addresses }) =>
    kind === 'bridge' ? [[name, alias, addresses]] : [],
  )
