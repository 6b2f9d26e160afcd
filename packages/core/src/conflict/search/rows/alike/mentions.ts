import type { NetfilterRule, Step, ValueRange } from '@portolan/netfilter'

/** The names and values in rules that could distinguish one network from another. */
export interface Mentions {
  /** Names of interfaces; a wildcard ends with `*`. */
  readonly names: Set<string>
  /** Addresses, and all other numbers. A number that is no address does no harm: it can only keep networks apart. */
  readonly ranges: Map<string, ValueRange>
  /** Indexes of interfaces. */
  readonly indexes: ValueRange[]
  /** A rule computes with an address, so no range describes which addresses the rule asks for. */
  computes: boolean
}

export const noMentions = (): Mentions => ({
  names: new Set(),
  ranges: new Map(),
  indexes: [],
  computes: false,
})

/** Collects the mentions of one rule after the other. */
export interface MentionsReader {
  readonly mentions: Mentions
  /** Sets that were read already: many rules share a set. */
  readonly seen: Set<object>
  /**
   * Whether a range could distinguish networks. Most of thousands of rules name other addresses, which are left out.
   */
  readonly concerns: (range: ValueRange) => boolean
}

/** Adds what a rule names. */
export const addMentions = (reader: MentionsReader, { steps }: Pick<NetfilterRule, 'steps'>): void => {
  for (const step of steps) visitStep(reader, step)
}

const addressFields: readonly unknown[] = ['saddr', 'daddr']
const indexFields: readonly unknown[] = ['iif', 'oif']

/** Most steps are a verdict, or compare a field with ranges or names. These need no search through their parts. */
const visitStep = (reader: MentionsReader, step: Step): void => {
  if (step.kind === 'verdict') return
  const isPlain =
    step.kind === 'compare' &&
    step.expression.kind === 'field' &&
    !indexFields.includes(step.expression.field)
  if (isPlain && step.values.kind === 'ranges')
    for (const range of step.values.ranges) addRange(reader, range)
  else if (isPlain && step.values.kind === 'names')
    for (const { text, wildcard } of step.values.names)
      reader.mentions.names.add(`${text}${wildcard ? '*' : ''}`)
  else visit(reader, step)
}

const addRange = ({ mentions, concerns }: MentionsReader, range: ValueRange): void => {
  if (concerns(range)) mentions.ranges.set(`${typeof range.first} ${range.first} ${range.last}`, range)
}

const visit = (reader: MentionsReader, node: unknown): void => {
  if (!isNode(node)) return
  if (isRange(node)) {
    addRange(reader, node)
    return
  }
  const { mentions, seen } = reader
  if ('elements' in node) {
    // All rules that look in a set or map share one object for it.
    if (seen.has(node)) return
    seen.add(node)
  }
  if (typeof node.text === 'string' && (node.wildcard !== undefined || node.kind === 'text'))
    mentions.names.add(`${node.text}${node.wildcard === true ? '*' : ''}`)
  if (node.kind === 'constant') addConstant(reader, node.value)
  if (node.netmap === true || (node.kind === 'bitwise' && asksFor(node, addressFields)))
    mentions.computes = true
  if ((node.kind === 'compare' || node.kind === 'lookup') && asksFor(node, indexFields))
    addIndexes(mentions, node)
  for (const key in node) visit(reader, node[key])
}

/** A step, an expression, a set, or a list of them. */
type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const isRange = (node: Node): node is Node & ValueRange =>
  (typeof node.first === 'number' || typeof node.first === 'bigint') && typeof node.last === typeof node.first

const addConstant = (reader: MentionsReader, value: unknown): void => {
  if (typeof value === 'string') reader.mentions.names.add(value)
  if (typeof value === 'number' || typeof value === 'bigint') addRange(reader, { first: value, last: value })
}

/** Whether an expression, or a part of it, reads one of the fields. */
const asksFor = (value: unknown, fields: readonly unknown[]): boolean => {
  if (!isNode(value) || 'elements' in value) return false
  const named =
    value.kind === 'field' ? value.field : value.kind === 'conntrack-tuple' ? value.key : value.result
  return (
    fields.includes(named) ||
    (value.kind === 'fib' && fields.includes(value.of)) ||
    Object.values(value).some((one) => asksFor(one, fields))
  )
}

/** Collects the numbers that are compared with an interface index. */
const addIndexes = (mentions: Mentions, value: unknown): void => {
  if (!isNode(value)) return
  if (isRange(value)) mentions.indexes.push(value)
  else for (const one of Object.values(value)) addIndexes(mentions, one)
}
