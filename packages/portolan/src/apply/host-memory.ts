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
import { foreseen, removeTraces } from './host-traces.ts'
import { together, withoutFlows } from './owed-flows.ts'
import { markRestoring, noteSysctl } from './sysctl-notes.ts'
import { withMore } from './with-message.ts'

/**
 * What has to be remembered of a host so that `destroy` can put it back: values the kernel does not keep. A note is
 * written before the change it is about, and goes only after that is put back. Killed in between, the worst is a note
 * of something that is not there.
 */
export interface HostMemory {
  /** Remembers a sysctl that is about to be set, and what the kernel will overwrite with it. */
  rememberSysctl(name: string, before: string, given: string, facts: HostFacts): Promise<void>
  /** Remembers that the putting back of a sysctl begins, with which the kernel changes others. */
  markRestoring(sysctl: string): Promise<void>
  forgetSysctls(names: readonly string[]): Promise<void>
  /** Remembers that hairpin mode of a port on a bridge that is not ours was off before we switched it on. */
  rememberHairpin(port: string): Promise<void>
  forgetHairpin(port: string): Promise<void>
  /** Remembers what changes of rules will bring into being beside them. */
  rememberCreated(changes: readonly PlanChange[], runner: Runner): Promise<void>
  noteCreated(created: readonly CreatedTable[]): Promise<void>
  /** Would `rememberCreated` have something to write? */
  createsTables(changes: readonly PlanChange[], runner: Runner): Promise<boolean>
  /**
   * Makes sure that something can be remembered.
   * @throws PortolanError that says nothing was changed, and what to do
   */
  ensureWritable(): Promise<void>
  /**
   * Removes what was remembered so, as far as no other program has come to use it, and forgets it. Without the program
   * that removes it, it stays, and so does the note.
   */
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
  /**
   * Notes connections to be forgotten once the rules are as planned, before anything is changed.
   * @throws PortolanError that says nothing was changed
   */
  owe(flows: OwedFlows): Promise<void>
  /** Strikes out what has been forgotten, or is due no more. */
  settle(flows: OwedFlows): Promise<void>
  /** Forgets what is left once all is put back: notes of what another program has changed or removed since. */
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
    createsTables: async (changes, runner) => (await foreseen(changes, runner)).length > 0,
    ensureWritable: () => beforeAll(() => ensureStateWritable(directory)),
    rememberCreated: async (changes, runner) => noteCreated(await foreseen(changes, runner)),
    noteCreated,
    removeCreated: async (runner) => {
      if (state.created.length === 0) return
      if (await removeTraces(state.created, runner)) await replace({ ...state, created: [] })
    },
    owe: (flows) => beforeAll(() => replace({ ...state, owed: together(state.owed, flows) })),
    settle: (flows) => replace({ ...state, owed: withoutFlows(state.owed, flows) }),
    forgetRest: () => replace({ ...emptyState, created: state.created }),
  }
}

/** What is written before the first change. */
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
