import type { DesiredMapping, DesiredState, PublishedPort } from '@portolan/core'
import { type JournalChange, readHost, withHostLock } from '@portolan/host'
import {
  containsAddress,
  type HostFacts,
  PortolanError,
  type Prefix,
  parseAddress,
  parsePrefix,
  StaleStateError,
} from '@portolan/netfilter'
import { type OwnBridge, ownBridges } from '../networks/own-bridges.ts'
import { type HostSocket, socketKey } from '../ports/socket-key.ts'
import { desiredOf, type WantedState, withPort } from '../wanted/wanted-state.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** How often something is tried again when another program changes the rules just then. */
const ATTEMPTS = 3

/** The rules of one project on a host that is open: what is known of them, and the ways to change them. */
export class LiveRules {
  readonly project: string
  readonly wanted: WantedState
  facts: HostFacts = {}
  bridges: readonly OwnBridge[] = []
  readonly #keeper: RuleKeeper
  /** What other projects have published, by host socket. */
  #others: ReadonlyMap<string, PublishedPort> = new Map()
  /** What was wanted when our rules were read last was in force, and so was what others of ours need. */
  #whole = false

  constructor(project: string, keeper: RuleKeeper, wanted: WantedState) {
    this.project = project
    this.wanted = wanted
    this.#keeper = keeper
  }

  /** Reads the host and its rules anew. */
  async refresh(): Promise<void> {
    await this.readFacts()
    const rules = await this.#keeper.read(this.facts, () => this.desired())
    this.#others = new Map(rules.others.map((port) => [socketKey(port), port]))
    this.#whole = rules.whole
    if (rules.own.length > 0 && !this.wanted.exists()) await this.#takeUp(rules.own)
  }

  /** What an earlier version of Portolan published, which wrote nothing down, or what is left where that was lost. */
  async #takeUp(own: readonly PublishedPort[]): Promise<void> {
    await this.wanted.change(own.map((port) => withPort(asMapping(port))))
    const rules = await this.#keeper.read(this.facts, () => this.desired())
    this.#whole = rules.whole
  }

  /** Reads the host without its rules. */
  async readFacts(): Promise<void> {
    this.facts = await readHost({ processNames: false })
    this.bridges = ownBridges(this.facts)
  }

  /** What is to be in force of the project: ports whose bridge is gone wait for it. */
  desired(): DesiredState | null {
    const subnets = [
      ...this.bridges.flatMap((bridge) => bridge.subnets),
      // A network whose bridge was taken away comes back.
      ...this.wanted.networks().flatMap(({ network: { ip, ip6 } }) => [ip, ip6].flatMap(subnetOf)),
    ]
    return desiredOf(this.project, this.wanted, ({ targets }) =>
      targets.every(({ address }) => holds(subnets, address)),
    )
  }

  /** Is it certain that no other program changed a rule since they were read? */
  isUnchanged(): Promise<boolean> {
    return this.#keeper.isUnchanged()
  }

  /** Is something missing that another program took away, so that the whole has to be written? */
  isDamaged(): boolean {
    return !this.#whole
  }

  /**
   * The mapping of a host socket, of this project or another one.
   * @returns null: it is free
   */
  holder(socket: HostSocket): PublishedPort | null {
    const own = this.wanted.port(socket)
    if (own !== null) return { ...own, project: this.project }
    return this.#others.get(socketKey(socket)) ?? null
  }

  /** What other projects have published, as far as this object has heard. */
  others(): readonly PublishedPort[] {
    return [...this.#others.values()]
  }

  /**
   * Asks something of what is known. Where it throws, or its answer is that nothing is to be done, the rules are read
   * again unless they are known to stand.
   *
   * @returns what is to be done; null: nothing, but for what `isDamaged` tells
   */
  async decideForSure<Decision>(decide: () => Promise<Decision | null>): Promise<Decision | null> {
    try {
      const decision = await decide()
      if (decision !== null) return decision
      if (!this.isDamaged() && (await this.isUnchanged())) return null
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
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      const decision = this.isDamaged() ? null : decide()
      if (decision === null) return false
      const undo = await this.wanted.change(decision.changes)
      try {
        if (await this.#keeper.quickly(action, decision.mappings)) return true
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
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withHostLock(async () => {
          if (!(await this.#keeper.isCurrent())) await this.refresh()
          const changes = decide()
          if (changes === null && !this.isDamaged()) return
          const undo = await this.wanted.change(changes ?? [])
          try {
            await this.#keeper.hold(this.desired())
          } catch (error) {
            await undo()
            throw error
          }
          this.#whole = true
        })
      } catch (error) {
        if (!(error instanceof StaleStateError) || attempt === ATTEMPTS) throw error
      }
    }
  }

  close(): void {
    this.#keeper.close()
  }
}

const subnetOf = (one: { readonly subnet: string } | null): readonly Prefix[] =>
  one === null ? [] : [parsePrefix(one.subnet)]

const holds = (subnets: readonly Prefix[], address: string): boolean => {
  const wanted = parseAddress(address)
  return subnets.some((subnet) => containsAddress(subnet, wanted))
}

/** A port that is in force, as the mapping that was asked for; of a shared one the weights are not told. */
const asMapping = (port: PublishedPort): DesiredMapping => {
  const [first = { address: '', port: 0 }, ...more] = port.targets.map((to) => ({
    ...to,
    service: to.address,
    replica: 1,
    network: '',
    weight: 1,
  }))
  const { project: _project, ...socket } = port
  return {
    ...socket,
    kind: 'nat',
    allowFrom: null,
    targets: [{ service: '', replica: 1, network: '', weight: 1, ...first }, ...more],
  }
}
