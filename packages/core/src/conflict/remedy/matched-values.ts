import type { Expression, NetfilterRuleset, Step, ValueRange, ValueSet } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import type { DesiredMapping } from '../../contract/index.ts'
import { addressValue } from '../search/rows/subnets.ts'

/**
 * Describes which values that foreign rules match belong to a mapping: its host port, and the addresses and ports of
 * its targets. No foreign rule tells two mappings with the same description apart.
 */
export const matchedValues = (
  rulesets: readonly NetfilterRuleset[],
): ((mapping: DesiredMapping) => string) => {
  // Most hosts have no remedy that needs this, and some have many rules.
  let matches: ForeignMatches | null = null
  return ({ hostPort, targets }) => {
    matches ??= foreignMatches(rulesets)
    const values = [hostPort, ...targets.flatMap(({ address, port }) => [addressValue(address), port])]
    // No range shows which network the bits of an address belong to.
    if (matches.computes) return values.join(' ')
    return matches.sets
      .flatMap((ranges, at) => {
        const met = values.map((value) => ranges.some(({ first, last }) => first <= value && value <= last))
        return met.includes(true) ? [`${at}:${met.map(Number).join('')}`] : []
      })
      .join(' ')
  }
}

/** The matches of foreign rules: sets of values, and whether a rule computes with a packet's destination. */
interface ForeignMatches {
  readonly sets: readonly (readonly ValueRange[])[]
  readonly computes: boolean
}

const foreignMatches = (rulesets: readonly NetfilterRuleset[]): ForeignMatches => {
  const sets: (readonly ValueRange[])[] = []
  const seen = new Set<object>()
  let computes = false
  const add = (values: ValueSet): void => {
    if (values.kind === 'ranges') sets.push(values.ranges)
  }
  const read = (step: Step): void => {
    if (step.kind === 'compare') {
      add(step.values)
      computes ||= step.expression.kind === 'bitwise' && readsDestination(step.expression)
    } else if (step.kind === 'lookup' || step.kind === 'dispatch') {
      // All rules that look in a named set share one object for it.
      if (seen.has(step.table)) return
      seen.add(step.table)
      for (const { key } of step.table.elements) for (const values of key) add(values)
    } else if (step.kind === 'any-of') for (const all of step.alternatives) all.forEach(read)
    else if (step.kind === 'nat')
      for (const operand of [step.address, step.port]) if (operand?.kind === 'range') sets.push([operand])
  }
  for (const { tables } of rulesets)
    for (const table of tables)
      for (const chain of table.chains)
        for (const rule of chain.rules)
          if (ownerOf(table, chain, rule) !== 'portolan') rule.steps.forEach(read)
  return { sets, computes }
}

/** Whether an expression reads the destination of a packet. */
const readsDestination = (expression: Expression): boolean => {
  switch (expression.kind) {
    case 'bitwise':
      return readsDestination(expression.left) || readsDestination(expression.right)
    case 'field':
      return expression.field === 'daddr' || expression.field === 'dport'
    case 'conntrack-tuple':
      return true
    default:
      return false
  }
}
