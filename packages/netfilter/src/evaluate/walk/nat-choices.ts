import type { ValueRange } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import type { NatReads, OperandRead } from '../value/program.ts'
import { isUnknown } from '../value/reading.ts'
import { NO, YES } from '../value/truth.ts'

/** One combination of address and port that the operands of a translation allow. */
export interface NatChoice {
  readonly address: ValueRange | null
  readonly port: ValueRange | null
  /** Whether the kernel picks a value of the range. False: the rule computes the value. */
  readonly isPicked: { readonly address: boolean; readonly port: boolean }
}

/** All combinations that the operands of a rule allow. */
export interface NatChoices {
  readonly choices: readonly NatChoice[]
  /** Whether one of them certainly applies. False: a map may lack its key. */
  readonly sure: boolean
  /** Whether the choice among them is random, with nothing unknown. */
  readonly random: boolean
}

/** @returns null when a map of the rule lacks its key */
export const choicesOf = (operands: NatReads | null, world: World): NatChoices | null => {
  const address = operands === null || operands.address === null ? null : readOperand(operands.address, world)
  const port = operands === null || operands.port === null ? null : readOperand(operands.port, world)
  if (address?.hit === NO || port?.hit === NO) return null
  const shared =
    operands?.address?.kind === 'map' &&
    operands.port?.kind === 'map' &&
    operands.address.table === operands.port.table &&
    operands.address.reads.length > 0
  const sure = (address === null || address.hit === YES) && (port === null || port.hit === YES)
  const random = (address?.random ?? true) && (port?.random ?? true)
  const isPicked = { address: operands?.address?.kind === 'map', port: operands?.port?.kind === 'map' }
  const choices: NatChoice[] = []
  const addresses = address?.ranges ?? noRange
  const ports = port?.ranges ?? noRange
  for (let at = 0; at < addresses.length; at += 1)
    for (let other = 0; other < ports.length; other += 1)
      if (!shared || at === other)
        choices.push({ address: addresses[at] ?? null, port: ports[other] ?? null, isPicked })
  return { choices, sure, random }
}

/** An address or port that the rule does not set stays as it is. */
const noRange: readonly (ValueRange | null)[] = [null]

interface OperandFound {
  readonly hit: number
  readonly ranges: readonly ValueRange[]
  readonly random: boolean
}

const readOperand = (operand: OperandRead, world: World): OperandFound => {
  if (operand.kind === 'read') {
    const value = operand.read(world)
    if (value === undefined || typeof value === 'string') return { hit: NO, ranges: [], random: false }
    if (!isUnknown(value)) return { hit: YES, ranges: [{ first: value, last: value }], random: true }
    const { first, last, random } = value
    const ranges = first === null || last === null ? [] : [{ first, last }]
    return { hit: YES, ranges, random }
  }
  const found = operand.find(operand.reads.map((read) => read(world)))
  const ranges: ValueRange[] = []
  for (const data of found.data) {
    const range = data.kind === 'values' ? data.values[operand.part] : undefined
    if (range !== undefined) ranges.push(range)
  }
  return {
    hit: found.hit,
    ranges,
    random: found.data.length === 1 || found.random,
  }
}
