import type { Family } from '../../address/index.ts'
import type { NetfilterTable, Step } from '../../model/index.ts'
import { soughtBy } from '../learn/checks.ts'
import type { Host } from '../packet/host.ts'
import type { BaseProgram } from '../value/program.ts'
import type { HookLists } from '../walk/hook-list.ts'
import type { End } from '../walk/run.ts'

/** Whether the packets after this one certainly meet none of the rules that the learner looks for. */
export type StaysHere = (first: End) => boolean

/**
 * Tests for packets to the host itself. The answer of a process on the host does not cross the FORWARD hook, and the
 * sender's next packet goes to the host again. So the later packets meet no rule of that hook. Exceptions are rules
 * that change addresses or zones apart from connection tracking, and routes that depend on what may differ for the next
 * packet.
 */
export const createStaysHere = (host: Host, family: Family, hooks: HookLists): StaysHere => {
  const { rules, hasDoubts } = host.routers[family]
  let isCalm: boolean | null = null
  let bases: readonly BaseProgram[] | null = null
  const forwarding = new WeakMap<ReadonlySet<object>, boolean>()
  const isCalmHost = (all: readonly BaseProgram[]): boolean =>
    !hasDoubts &&
    !rules.some(({ asksMark }) => asksMark) &&
    all.every(({ program }) => isCalmTable(program.table))
  return ({ kind, world: { tracking, learner } }) => {
    if (learner === null || learner.checks === null || kind !== 'local' || tracking !== 'tracked')
      return false
    bases ??= basesOf(hooks)
    isCalm ??= isCalmHost(bases)
    if (!isCalm) return false
    const sought = soughtBy(learner)
    const known = forwarding.get(sought)
    if (known !== undefined) return known
    const made = bases.every(({ program, base }) => base.hook === 'forward' || !program.leadsToAny(sought))
    forwarding.set(sought, made)
    return made
  }
}

const basesOf = (hooks: HookLists): readonly BaseProgram[] =>
  Object.values(hooks).flatMap((groups) =>
    groups.flatMap(({ items }) =>
      items.flatMap((item) =>
        item.kind === 'chain' ? [item.base] : item.kind === 'nat' ? item.groups.flat() : [],
      ),
    ),
  )

const calm = new WeakMap<NetfilterTable, boolean>()

/** Whether a table changes nothing about packets and their tracking, except marks and translations. */
const isCalmTable = (table: NetfilterTable): boolean => {
  const known = calm.get(table)
  if (known !== undefined) return known
  const made = !table.chains.some(({ rules }) => rules.some(({ steps }) => steps.some(disturbs)))
  calm.set(table, made)
  return made
}

const disturbs = (step: Step): boolean =>
  step.kind === 'notrack' ||
  step.kind === 'tproxy' ||
  step.kind === 'fwd' ||
  (step.kind === 'set' && step.target !== 'mark' && step.target !== 'ct-mark')
