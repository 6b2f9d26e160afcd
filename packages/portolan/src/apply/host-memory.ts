import { MissingToolError, PortolanError, type Runner, StaleStateError } from '@portolan/core'
import { ensureStateWritable, type Fix, type HostState, readState, writeState } from '@portolan/host'
import * as iptables from '@portolan/iptables'
import { type FixOperation, isSameFix, otherFix } from '../plan/fix-change.ts'
import { withMessage } from './with-message.ts'

/**
 * What has to be remembered of a host so that `destroy` can put it back: values the kernel does not keep.
 * Always written before the change it is about: killed in between, the worst is a note of something not done.
 */
export interface HostMemory {
  rememberSysctl(name: string, before: string, given: string): Promise<void>
  /** Remembers that hairpin mode of a port on somebody else's bridge was off before we switched it on. */
  rememberHairpin(port: string): Promise<void>
  /** Remembers the tables and base chains that changes of iptables-nft rules will bring into being. */
  rememberCreated(changes: readonly iptables.IptablesChange[], runner: Runner): Promise<void>
  /** Would `rememberCreated` have something to write? */
  createsTables(changes: readonly iptables.IptablesChange[], runner: Runner): Promise<boolean>
  /**
   * Makes sure that something can be remembered.
   * @throws PortolanError that says nothing was changed, and what to do
   */
  ensureWritable(): Promise<void>
  /** Removes what was remembered so, as far as nobody else has come to use it. */
  removeCreated(runner: Runner): Promise<void>
  /** Remembers what was asked of another program, with what takes it back. */
  rememberFix(fix: Fix): Promise<void>
  hasFix(fix: Fix): boolean
  /**
   * Makes sure that what a plan would take back, or ask for again, is what is remembered.
   * @throws StaleStateError
   */
  refuseOtherFixes(operations: readonly FixOperation[]): void
  /** Forgets what has been taken back. */
  forgetFix(fix: Fix): Promise<void>
  replace(state: HostState): Promise<void>
}

export const openMemory = async (directory: string): Promise<HostMemory> => {
  let state = await readState(directory)
  const replace = async (next: HostState): Promise<void> => {
    if (JSON.stringify(next) !== JSON.stringify(state)) await writeState(directory, next)
    state = next
  }
  return {
    replace,
    rememberSysctl: async (name, before, given) => {
      // The first value found is the host's own; a later one may be ours.
      const known = state.sysctls[name]
      await replace({
        ...state,
        sysctls: { ...state.sysctls, [name]: { before: known?.before ?? before, given } },
      })
    },
    rememberFix: (fix) => replace({ ...state, fixes: [...without(state.fixes, fix), fix] }),
    hasFix: (fix) => state.fixes.some((one) => isSameFix(one, fix)),
    refuseOtherFixes: (operations) => {
      const name = otherFix(operations, state.fixes)
      if (name === null) return
      throw new StaleStateError(
        `What was asked of ${name} changed after the plan was made. Nothing was changed; plan again.`,
      )
    },
    forgetFix: (fix) => replace({ ...state, fixes: without(state.fixes, fix) }),
    rememberHairpin: (port) =>
      replace({
        ...state,
        attributes: { ...state.attributes, [hairpinAttribute(port)]: { before: 'off', given: 'on' } },
      }),
    createsTables: async (changes, runner) => (await createdTables(changes, runner)).length > 0,
    ensureWritable: async () => {
      try {
        await ensureStateWritable(directory)
      } catch (error) {
        if (error instanceof PortolanError) throw withMessage(error, `${error.message} Nothing was changed.`)
        throw error
      }
    },
    rememberCreated: async (changes, runner) => {
      const created = await createdTables(changes, runner)
      await replace({
        ...state,
        created: [...new Set([...state.created, ...created.map((one) => JSON.stringify(one))])],
      })
    },
    removeCreated: async (runner) => {
      const created = state.created.map(readCreated)
      if (created.length > 0) await withoutNft(() => iptables.removeCreated(mergeCreated(created), runner))
    },
  }
}

const without = (fixes: readonly Fix[], fix: Fix): readonly Fix[] =>
  fixes.filter((one) => !isSameFix(one, fix))

/** @throws PortolanError for what `rememberCreated` has not written */
const readCreated = (text: string): iptables.CreatedTable => {
  const words = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
  try {
    const { family, table, chains, whole } = JSON.parse(text) as Readonly<Record<string, unknown>>
    if ((family === 'ip' || family === 'ip6') && typeof table === 'string' && words(chains))
      return { family, table, chains, whole: whole === true }
  } catch {
    // Said below, as of any other text.
  }
  throw new PortolanError(
    'STATE',
    `The state file names a table that Portolan cannot have made: ${text.slice(0, 100)}. It is damaged: mend it, or move it away to do without.`,
  )
}

const createdTables = async (
  changes: readonly iptables.IptablesChange[],
  runner: Runner,
): Promise<readonly iptables.CreatedTable[]> => {
  const before = await withoutNft(() => iptables.listBaseTables(runner))
  return before === null ? [] : iptables.createdBy(before, changes)
}

const hairpinPrefix = 'hairpin '

const hairpinAttribute = (port: string): string => `${hairpinPrefix}${port}`

/** The ports on bridges of others whose hairpin mode we switched on. */
export const hairpinPorts = (state: HostState): readonly string[] =>
  Object.keys(state.attributes)
    .filter((attribute) => attribute.startsWith(hairpinPrefix))
    .map((attribute) => attribute.slice(hairpinPrefix.length))

/** Several applies may each have added a chain to one table. */
const mergeCreated = (created: readonly iptables.CreatedTable[]): readonly iptables.CreatedTable[] => {
  const byTable = new Map<string, iptables.CreatedTable>()
  for (const one of created) {
    const key = `${one.family} ${one.table}`
    const known = byTable.get(key)
    byTable.set(key, {
      ...one,
      whole: one.whole || known?.whole === true,
      chains: [...new Set([...(known?.chains ?? []), ...one.chains])],
    })
  }
  return [...byTable.values()]
}

/** Only the nft program can see and remove iptables-nft's empty tables; without it they stay. */
const withoutNft = async <Result>(work: () => Promise<Result>): Promise<Result | null> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MissingToolError) return null
    throw error
  }
}
