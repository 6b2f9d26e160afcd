import type { DesiredState } from '@portolan/core'
import {
  type Backend,
  type Batch,
  backends,
  batches,
  carriedOut,
  type DialectOf,
  dialects,
  type HostRules,
  hairpinAttribute,
  noteSysctl,
  type Plan,
  type PlanChange,
  refuseStale,
} from 'portolan/machine'
import { NotSimulatedError } from '../not-simulated-error.ts'
import type { FakeState } from './fake-state.ts'
import { withLinkChange } from './link-facts.ts'
import { madeTables, withoutMade } from './made-tables.ts'
import type { Program } from './notices.ts'
import { withSysctl } from './sysctl-facts.ts'

/** This process, as the kernel names it: its own changes are no drift. */
export const ownProgram: Program = { pid: process.pid, name: 'node' }

/**
 * Carries out changes on a simulated host, in their order.
 *
 * @param before - called before anything is changed; returns the function that undoes it
 * @throws StaleStateError when the host is no longer as the plan saw it
 */
export const carryOutOn = async (
  state: FakeState,
  planned: Pick<Plan, 'changes' | 'observed'> & Partial<Pick<Plan, 'project' | 'added'>>,
  before: () => Promise<() => Promise<void>>,
): Promise<void> => {
  const { changes } = planned
  if (changes.length > 0) refuseStale(planned, state)
  const fix = changes.find(({ part }) => part === 'fix')
  if (fix !== undefined)
    throw new NotSimulatedError(
      `"${fix.description}"`,
      'it runs a program of another firewall, and no program runs on a simulated host',
      'Plan without "fix", and set the foreign rules as that program would leave them.',
    )
  const undo = await before()
  try {
    for (const batch of batches(changes)) carryOutBatch(state, batch)
  } catch (error) {
    await undo()
    throw error
  }
}

const carryOutBatch = (state: FakeState, batch: Batch): void => {
  const [{ part }] = batch
  const backend = backends.find((one) => one === part)
  if (backend !== undefined) {
    const after = carriedOut(state.rules, batch)
    state.notes = { ...state.notes, created: [...state.notes.created, ...madeTables(state.rules, after)] }
    state.setRules(after, ownProgram, transactionsOf(backend, batch))
    return
  }
  for (const change of batch) {
    if (change.part === 'link') carryOutLink(state, change)
    if (change.part === 'sysctl') carryOutSysctl(state, change)
  }
}

type RuleChange<One extends Backend> = ReturnType<DialectOf<One>['diff']>[number]

/** The number of kernel transactions of a batch of one backend. */
const transactionsOf = <One extends Backend>(backend: One, batch: Batch): number =>
  dialects[backend].transactions(
    batch.filter((change): change is PlanChange & RuleChange<One> => change.part === backend),
  )

const carryOutLink = (state: FakeState, { operation }: Extract<PlanChange, { part: 'link' }>): void => {
  if (operation.kind === 'set-port' && operation.foreign === true && operation.hairpin === true) {
    const attributes = { ...state.notes.attributes }
    attributes[hairpinAttribute(operation.name)] = { before: '0', given: '1' }
    state.notes = { ...state.notes, attributes }
  }
  if (operation.kind === 'delete-endpoint') state.removeEndpointLink(operation.name)
  else state.setFacts(withLinkChange(state.facts, operation))
}

const carryOutSysctl = (state: FakeState, { operation }: Extract<PlanChange, { part: 'sysctl' }>): void => {
  const { kind, name, before, value } = operation
  const now = state.facts.sysctls?.[name] ?? null
  // Another program has set it since the plan was made, so this value stays.
  if (kind === 'restore-sysctl' && now !== before) return
  if (kind === 'set-sysctl' && before !== null)
    state.notes = {
      ...state.notes,
      sysctls: noteSysctl(state.notes.sysctls, { name, before, given: value }, state.facts),
    }
  state.setFacts(withSysctl(state.facts, name, value))
}

/** Removes the tables and chains that came into being with Portolan's rules, after the last of these rules is gone. */
export const forgetAll = (state: FakeState): void => {
  const rules: HostRules = withoutMade(state.rules, state.notes.created)
  if (rules !== state.rules) state.setRules(rules, ownProgram)
  state.notes = { ...state.notes, created: [], sysctls: {}, attributes: {} }
}

/** Remembers the desired state of an applied project, and forgets an empty project. */
export const remember = (state: FakeState, desired: DesiredState): void => {
  const isEmpty = desired.networks.length + desired.mappings.length === 0
  if (isEmpty) state.planned.delete(desired.project)
  else state.planned.set(desired.project, desired)
}
