import type { Expression, NetfilterRuleset, Step, ValueRange, ValueSet } from '@portolan/netfilter'
import { ownerOf } from '@portolan/netfilter'
import type { DesiredMapping } from '../../contract/index.ts'
import { addressValue } from '../search/subnets.ts'

/**
 * Tells which of the values that foreign rules ask for are those of a mapping: its host port, and the addresses and
 * ports that it leads to. No foreign rule tells two mappings apart that have the same of them.
 */
export const toldApart = (rulesets: readonly NetfilterRuleset[]): ((mapping: DesiredMapping) => string) => {
  // Most hosts have no remedy that it is asked for, and some have many rules.
  let asked: AskedByOthers | null = null
  return ({ hostPort, targets }) => {
    asked ??= askedByOthers(rulesets)
    const values = [hostPort, ...targets.flatMap(({ address, port }) => [addressValue(address), port])]
    // No range tells which network the bits of an address belong to.
    if (asked.computes) return values.join(' ')
    return asked.sets
      .flatMap((ranges, at) => {
        const met = values.map((value) => ranges.some(({ first, last }) => first <= value && value <= last))
        return met.includes(true) ? [`${at}:${met.map(Number).join('')}`] : []
      })
      .join(' ')
  }
}

/** What foreign rules ask for: sets of values, and whether one computes with where a packet goes. */
interface AskedByOthers {
  readonly sets: readonly (readonly ValueRange[])[]
  readonly computes: boolean
}

const askedByOthers = (rulesets: readonly NetfilterRuleset[]): AskedByOthers => {
  const sets: (readonly ValueRange[])[] = []
  const seen = new Set<object>()
  let computes = false
  const add = (values: ValueSet): void => {
    if (values.kind === 'ranges') sets.push(values.ranges)
  }
  const read = (step: Step): void => {
    if (step.kind === 'compare') {
      add(step.values)
      computes ||= step.expression.kind === 'bitwise' && asksPlace(step.expression)
    } else if (step.kind === 'lookup' || step.kind === 'dispatch') {
      // A named set is one object for all rules that look in it.
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

/** Does an expression read where a packet goes? */
const asksPlace = (expression: Expression): boolean => {
  switch (expression.kind) {
    case 'bitwise':
      return asksPlace(expression.left) || asksPlace(expression.right)
    case 'field':
      return expression.field === 'daddr' || expression.field === 'dport'
    case 'conntrack-tuple':
      return true
    default:
      return false
  }
}
