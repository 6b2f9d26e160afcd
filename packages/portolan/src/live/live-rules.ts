import type { DesiredMapping } from '@portolan/core'
import { readHost, withHostLock } from '@portolan/host'
import { type HostFacts, PortolanError, StaleStateError } from '@portolan/netfilter'
import { type OwnBridge, ownBridges } from './own-bridges.ts'
import { openPortBook, type PortBook } from './port-book.ts'
import { refuseAbsentAddress, targetBridge } from './refuse-place.ts'
import type { RuleKeeper } from './rule-keeper.ts'

/** How often a port is tried again when another program changes the rules just then. */
const ATTEMPTS = 3

/** The rules of one project on a host that is open: what is known of them, and the ways to change them. */
export class LiveRules {
  readonly book: PortBook
  facts: HostFacts = {}
  bridges: readonly OwnBridge[] = []
  readonly #keeper: RuleKeeper
  /** Nothing of our rules was missing when they were read last. */
  #whole = false

  constructor(project: string, keeper: RuleKeeper) {
    this.book = openPortBook(project)
    this.#keeper = keeper
  }

  /** Reads the host and its rules anew. */
  async refresh(): Promise<void> {
    await this.readFacts()
    const rules = await this.#keeper.read(this.facts)
    this.book.learn(rules)
    this.#whole = rules.whole
  }

  /** Reads the host without its rules. */
  async readFacts(): Promise<void> {
    this.facts = await readHost({ processNames: false })
    this.bridges = ownBridges(this.facts)
  }

  /** Is it certain that no other program changed a rule since they were read? */
  isUnchanged(): Promise<boolean> {
    return this.#keeper.isUnchanged()
  }

  /** Is something missing that another program took away, so that the whole has to be written? */
  isDamaged(): boolean {
    return !this.#whole || this.book.hasLost()
  }

  /**
   * From what is known: is the mapping still to be added, or is something else missing?
   * @throws InvalidRequestError, PortolanError when it cannot be
   */
  isMissing(wanted: DesiredMapping, force: boolean): boolean {
    targetBridge(wanted, this.bridges)
    if (!force) refuseAbsentAddress(wanted, this.facts)
    return !this.book.holds(wanted) || this.isDamaged()
  }

  /** As `isMissing`, but where the answer is no or an error, the rules are read again unless they are known to stand. */
  async isMissingForSure(wanted: DesiredMapping, force: boolean): Promise<boolean> {
    try {
      if (this.isMissing(wanted, force)) return true
      if (await this.isUnchanged()) return false
    } catch (error) {
      if (!(error instanceof PortolanError)) throw error
    }
    await this.refresh()
    return this.isMissing(wanted, force)
  }

  /** The mappings to keep: those with a bridge of ours to lead to. */
  toKeep(): readonly DesiredMapping[] {
    return this.book.toKeep((mapping) => this.#isOnBridge(mapping))
  }

  #isOnBridge(mapping: DesiredMapping): boolean {
    try {
      return targetBridge(mapping, this.bridges) !== null
    } catch {
      return false
    }
  }

  /**
   * Adds or removes one mapping the short way. Where a rule changed meanwhile, ours are read again: most such changes
   * are not of ours.
   *
   * @returns false when the rules are not as they were thought to be, or there is no short way: nothing is done then
   */
  async quickly(
    action: 'add' | 'remove',
    mapping: DesiredMapping,
    isWanted: () => boolean,
  ): Promise<boolean> {
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      if (this.isDamaged() || !isWanted()) return false
      try {
        return await this.#keeper.quickly(action, mapping)
      } catch (error) {
        if (!(error instanceof StaleStateError)) throw error
      }
      await this.refresh()
    }
    return false
  }

  /** Reads the rules, and has the project's mappings in them made those that `decide` says; null: as they are. */
  async slowly(decide: () => readonly DesiredMapping[] | null): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await withHostLock(async () => {
          if (!(await this.#keeper.isCurrent())) await this.refresh()
          const mappings = decide() ?? (this.isDamaged() ? this.toKeep() : null)
          if (mappings === null) return
          await this.#keeper.hold(mappings)
          this.#whole = true
          this.book.hold(mappings)
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
