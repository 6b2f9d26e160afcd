import { isDeepStrictEqual } from 'node:util'
import type { CreatedTable, Runner } from '@portolan/core'
import {
  emptyState,
  ensureStateWritable,
  type Fix,
  type HostState,
  type OwedFlows,
  readState,
  writeState,
} from '@portolan/host'
import { type HostFacts, PortolanError, StaleStateError } from '@portolan/netfilter'
import { type FixOperation, isSameFix, otherFix } from '../plan/fix-change.ts'
import type { PlanChange } from '../plan/plan.ts'
import { hairpinAttribute } from './hairpin-ports.ts'
import { removeTraces, tablesToCreate } from './host-traces.ts'
import { mergeFlows, withoutFlows } from './owed-flows.ts'
import { markRestoring, noteSysctl } from './sysctl-notes.ts'
import { withMore } from './with-message.ts'

/**
 * Notes of host values that the kernel does not keep, so that `destroy` can put them back. A note is written before its
 * change, and is deleted after the value is put back. A kill in between leaves at worst a note without a change.
 */
export interface HostMemory {
  /** Remembers a sysctl that is about to be set, and what the kernel will overwrite with it. */
  rememberSysctl(name: string, before: string, given: string, facts: HostFacts): Promise<void>
  /** Notes that the putting back of a sysctl begins. The kernel changes other sysctls along with it. */
  markRestoring(sysctl: string): Promise<void>
  forgetSysctls(names: readonly string[]): Promise<void>
  /** Notes that the hairpin mode of a port on a foreign bridge was off before Portolan switched it on. */
  rememberHairpin(port: string): Promise<void>
  forgetHairpin(port: string): Promise<void>
  /** Notes the tables that changes of rules create beside the rules. */
  rememberCreated(changes: readonly PlanChange[], runner: Runner): Promise<void>
  noteCreated(created: readonly CreatedTable[]): Promise<void>
  /** Tells whether `rememberCreated` would write a note. */
  createsTables(changes: readonly PlanChange[], runner: Runner): Promise<boolean>
  /**
   * Makes sure that notes can be written.
   * @throws PortolanError that says nothing was changed, and what to do
   */
  ensureWritable(): Promise<void>
  /**
   * Removes the noted tables that no other program uses by now, and deletes their notes. When the program that removes
   * them is missing, the tables and the notes stay.
   */
  removeCreated(runner: Runner): Promise<void>
  /** Notes a fix with the commands that take it back. */
  rememberFix(fix: Fix): Promise<void>
  hasFix(fix: Fix): boolean
  /**
   * Makes sure that the fixes a plan takes back or asks for again are still the noted ones.
   * @throws StaleStateError when the notes differ
   */
  refuseOtherFixes(operations: readonly FixOperation[]): void
  /** Deletes the note of a fix that was taken back. */
  forgetFix(fix: Fix): Promise<void>
  /**
   * Notes connections to forget once the rules are as planned. Called before anything is changed.
   * @throws PortolanError that says nothing was changed
   */
  owe(flows: OwedFlows): Promise<void>
  /** Deletes the notes of connections that were forgotten, or that no longer need it. */
  settle(flows: OwedFlows): Promise<void>
  /**
   * Deletes the notes that are left after everything is put back: values that another program changed or removed since.
   */
  forgetRest(): Promise<void>
}

export const openMemory = async (directory: string): Promise<HostMemory> => {
  let state = await readState(directory)
  const replace = async (next: HostState): Promise<void> => {
    if (JSON.stringify(next) !== JSON.stringify(state)) await writeState(directory, next)
    state = next
  }
  const noteCreated = (created: readonly CreatedTable[]): Promise<void> =>
    replace({
      ...state,
      created: [
        ...state.created,
        ...created.filter((one) => !state.created.some((known) => isDeepStrictEqual(known, one))),
      ],
    })
  return {
    rememberSysctl: (name, before, given, facts) =>
      replace({ ...state, sysctls: noteSysctl(state.sysctls, { name, before, given }, facts) }),
    markRestoring: (sysctl) => replace({ ...state, sysctls: markRestoring(state.sysctls, sysctl) }),
    forgetSysctls: (names) => replace({ ...state, sysctls: withoutKeys(state.sysctls, names) }),
    forgetHairpin: (port) =>
      replace({ ...state, attributes: withoutKeys(state.attributes, [hairpinAttribute(port)]) }),
    rememberFix: (fix) => replace({ ...state, fixes: [...without(state.fixes, fix), fix] }),
    hasFix: (fix) => state.fixes.some((one) => isSameFix(one, fix)),
    refuseOtherFixes: (operations) => {
      const name = otherFix(operations, state.fixes)
      if (name === null) return
      throw new StaleStateError(
        `What was asked of ${name} changed after the plan was made. Nothing was changed`,
        { advice: 'plan again' },
      )
    },
    forgetFix: (fix) => replace({ ...state, fixes: without(state.fixes, fix) }),
    rememberHairpin: (port) =>
      replace({
        ...state,
        attributes: { ...state.attributes, [hairpinAttribute(port)]: { before: 'off', given: 'on' } },
      }),
    createsTables: async (changes, runner) => (await tablesToCreate(changes, runner)).length > 0,
    ensureWritable: () => beforeAll(() => ensureStateWritable(directory)),
    rememberCreated: async (changes, runner) => noteCreated(await tablesToCreate(changes, runner)),
    noteCreated,
    removeCreated: async (runner) => {
      if (state.created.length === 0) return
      if (await removeTraces(state.created, runner)) await replace({ ...state, created: [] })
    },
    owe: (flows) => beforeAll(() => replace({ ...state, owed: mergeFlows(state.owed, flows) })),
    settle: (flows) => replace({ ...state, owed: withoutFlows(state.owed, flows) }),
    forgetRest: () => replace({ ...emptyState, created: state.created }),
  }
}

/** Writes a note before the first change. A failure therefore says that nothing was changed. */
const beforeAll = async (write: () => Promise<void>): Promise<void> => {
  try {
    await write()
  } catch (error) {
    if (error instanceof PortolanError) throw withMore(error, 'Nothing was changed.')
    throw error
  }
}

const withoutKeys = <Value>(
  record: Readonly<Record<string, Value>>,
  keys: readonly string[],
): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)))

const without = (fixes: readonly Fix[], fix: Fix): readonly Fix[] =>
  fixes.filter((one) => !isSameFix(one, fix))
