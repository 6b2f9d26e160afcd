import { type DesiredState, diffLinks, diffSysctls, isHookCommand } from '@portolan/core'
import { ParseError, StaleStateError, shellLine } from '@portolan/netfilter'
import { faultText, findFault } from '@portolan/netfilter/schema'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import { fixCommands } from '../plan/fix-change.ts'
import { inOrder } from '../plan/in-order.ts'
import type { PlanChange } from '../plan/plan.ts'
import { planRules } from '../plan/plan-rules.ts'
import type { CarriedChange } from './store-plan.ts'
import { operationSchemas, type StoredPlan } from './stored-schema.ts'

type Shown = StoredPlan['changes'][number]

/** The changes that follow from the desired state and the observed host, in the order of a plan. */
const followingChanges = (
  backend: Backend,
  desired: DesiredState,
  rules: HostRules,
  { facts, setsSysctls }: StoredPlan['stored'],
): readonly PlanChange[] => {
  const links = diffLinks(desired, facts).map((change): PlanChange => ({ ...change, part: 'link' }))
  const sysctls = diffSysctls(desired, facts, { writable: setsSysctls }).changes
  return inOrder({
    links,
    rules: planRules(backend, desired, desired.project, rules, facts),
    unneededFixes: [],
    sysctls: sysctls.map((change): PlanChange => ({ ...change, part: 'sysctl' })),
  })
}

const shownWords = ['part', 'action', 'object', 'description', 'before', 'after', 'reverse'] as const

const isShown = (change: PlanChange, shown: Shown): boolean =>
  shownWords.every((word) => change[word] === shown[word])

const isCarried = (part: PlanChange['part']): part is CarriedChange['part'] => part in operationSchemas

/**
 * The changes of a stored plan, in its order.
 *
 * @throws ParseError naming the change, for an operation that Portolan does not write
 * @throws StaleStateError naming the change, where the rest of the plan leads to other changes than the plan shows
 * @internal
 */
export const restoreChanges = (
  { backend, changes, stored }: StoredPlan,
  desired: DesiredState,
  rules: HostRules,
): readonly PlanChange[] => {
  const following = followingChanges(backend, desired, rules, stored)
  let next = 0
  const restored = changes.map((shown, at): PlanChange => {
    const { part } = shown
    if (isCarried(part)) return restoreCarried(shown, part, stored.operations[at], `stored.operations.${at}`)
    const change = following[next]
    next += 1
    if (change === undefined || !isShown(change, shown))
      throw contradiction(`changes[${at}]`, shown.description)
    return change
  })
  const missing = following[next]
  if (missing !== undefined) throw contradiction('changes', missing.description)
  return restored
}

const contradiction = (place: string, description: string): StaleStateError =>
  new StaleStateError(
    `${place}: "${description}" does not follow from the rest of the plan. The text was changed, or another version of Portolan wrote it. Plan again.`,
  )

const restoreCarried = (
  shown: Shown,
  part: CarriedChange['part'],
  operation: unknown,
  place: string,
): PlanChange => {
  const fault = findFault<unknown>(operationSchemas[part], operation)
  if (fault !== null) throw wrong(faultText(fault, place), fault.found)
  const change = { ...shown, operation } as Shown & CarriedChange
  if (change.part === 'fix') {
    const { undo, commands } = fixCommands(change.operation)
    const foreign = [...undo, ...commands].find((words) => !isHookCommand(change.operation.fix.name, words))
    // The commands are run as root, so a command that Portolan does not write is refused.
    if (foreign !== undefined)
      throw wrong(`${place}: Portolan does not write this command`, shellLine(foreign))
  }
  const { action, object, description, before, after, reverse } = shown
  return {
    action,
    object,
    description,
    before,
    after,
    reverse,
    operation: change.operation,
    part,
  } as PlanChange
}

const wrong = (message: string, found: string): ParseError =>
  new ParseError(message, { source: 'plan', line: 1, column: 1 }, found)
