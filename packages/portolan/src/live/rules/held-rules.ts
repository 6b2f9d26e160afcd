import { isDeepStrictEqual } from 'node:util'
import type { ClusterNeighbours, DesiredState } from '@portolan/core'
import { type HostFacts, type Prefix, StaleStateError } from '@portolan/netfilter'
import { type OwnBridge, ownBridges } from '../networks/own-bridges.ts'
import type { KeptRules, RuleDrift, RuleKeeper } from './rule-keeper.ts'

/**
 * How often work is tried again when another program changes the rules just then. A live host that adds a port the
 * short way does not wait for the lock.
 */
const ATTEMPTS = 25

/** How often the host is read at most. When its bridges change all the time, the last reading counts. */
const READINGS = 4

/** Returns the desired state of a project, given the subnets of the bridges of Portolan. */
export type DesiredSource = (subnets: readonly Prefix[]) => DesiredState | null

/**
 * The host of a held project.
 * @public @since 0.1.0
 */
export interface HeldHost {
  /** Reads the interfaces, addresses, routes and sysctls of the kernel; more facts do no harm. */
  readFacts(): Promise<HostFacts>
  /** Runs work while no other program of Portolan changes the host. */
  withLock<Result>(work: () => Promise<Result>): Promise<Result>
  /** The other hosts of its cluster, as known at the moment. */
  neighbours?(): ClusterNeighbours | null
}

/** The rules of one held project: what is known of them, and how to restore them. */
export class HeldRules {
  readonly project: string
  facts: HostFacts = {}
  bridges: readonly OwnBridge[] = []
  protected keeper: RuleKeeper
  readonly #host: HeldHost
  readonly #desired: DesiredSource
  #drift: readonly RuleDrift[] = []
  /** At the last reading, the desired rules were in force, and so were the rules that other projects need. */
  protected whole = false

  constructor(project: string, host: HeldHost, keeper: RuleKeeper, desired: DesiredSource) {
    this.project = project
    this.#host = host
    this.keeper = keeper
    this.#desired = desired
  }

  /**
   * Reads the host and its rules again. A network that another process makes between the two readings has rules and is
   * not known. So both are read again when something differs from the desired state and the bridges have changed.
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

  /** Reads the host again, and also its rules if another program may have changed them. */
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

  /** Tells whether certainly no other program changed a rule since the last reading. */
  isUnchanged(): Promise<boolean> {
    return this.keeper.isUnchanged()
  }

  /** Tells whether rules are missing that another program removed, so that all of them must be written. */
  isDamaged(): boolean {
    return !this.whole
  }

  /** The differences between the rules at the last reading and the desired ones. */
  drift(): readonly RuleDrift[] {
    return this.#drift
  }

  /**
   * Restores missing rules. The rules are read again only if they may have changed since the last reading.
   * @returns the differences that were repaired
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

  /** Runs work under the lock, with rules that are known to match the host. Tries again when they change meanwhile. */
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

  /** Tells whether the known rules are certainly those of the host, and what is desired is in force. */
  protected isCurrent(): Promise<boolean> {
    return this.keeper.isCurrent()
  }

  /** Brings the desired state into force, starting from the rules of the last reading. */
  protected async hold(): Promise<void> {
    await this.keeper.hold(this.desired())
    this.whole = true
    this.#drift = []
  }

  /** Continues with the rules of another backend, which must be read first. */
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

/** The attributes of bridges that rules depend on. */
const bridgesIn = ({ interfaces = [] }: HostFacts): readonly unknown[] =>
  interfaces.flatMap(({ name, kind, alias, addresses }) =>
    kind === 'bridge' ? [[name, alias, addresses]] : [],
  )
