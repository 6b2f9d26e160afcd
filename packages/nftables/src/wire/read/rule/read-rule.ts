import type { Rule, Statement } from '../../../model/index.ts'
import {
  NFTA_EXPR_DATA,
  NFTA_EXPR_NAME,
  NFTA_LIST_ELEM,
  NFTA_RULE_CHAIN,
  NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_HANDLE,
  NFTA_RULE_POSITION,
  NFTA_RULE_TABLE,
  NFTA_RULE_USERDATA,
  UDATA_RULE_COMMENT,
} from '../../constants.ts'
import { attributesIn, handleIn, type Span, textIn, visitAll } from '../attributes.ts'
import { commentIn, userDataIn } from '../user-data.ts'
import { readBitwise, readCompare, readRange } from './compare.ts'
import { readImmediate, readLookup, readMasquerade, readNat } from './decide.ts'
import { readPayload } from './header.ts'
import { readByteOrder, readCt, readFib, readMeta, readNumgen } from './load.ts'
import { type KnownSet, type RuleReading, startReading } from './reading.ts'

/** Adds the effect of one kernel expression to the reading of its rule. False: our rules never have this expression. */
type ReadExpression = (reading: RuleReading, data: Span) => boolean

const readers: ReadonlyMap<string, ReadExpression> = new Map([
  ['meta', readMeta],
  ['ct', readCt],
  ['fib', readFib],
  ['payload', readPayload],
  ['numgen', readNumgen],
  ['byteorder', readByteOrder],
  ['bitwise', readBitwise],
  ['cmp', readCompare],
  ['range', readRange],
  ['lookup', readLookup],
  ['immediate', readImmediate],
  ['nat', readNat],
  ['masq', readMasquerade],
])

const readExpression = (reading: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_EXPR_NAME, NFTA_EXPR_DATA])
  const data = attributes?.get(NFTA_EXPR_DATA)
  if (attributes === null) return false
  const read = readers.get(textIn(attributes, NFTA_EXPR_NAME) ?? '')
  return read?.(reading, data ?? { ...span, start: span.end }) ?? false
}

/** Is this one of the protocols that our rules match by themselves? The numbers are IANA's. */
const isStated = (protocol: number): boolean => protocol === 6 || protocol === 17 || protocol === 132

/** Is nothing left open at the end of a rule? */
const isClosed = ({ registers, transport, network }: RuleReading): boolean =>
  registers.isEmpty &&
  (transport === null || transport.stated === null || (network === null && isStated(transport.protocol)))

/** The statements of a rule as nft lists them; null when our rules never have one of them. */
export const readStatements = (
  span: Span,
  sets: ReadonlyMap<string, KnownSet>,
): readonly Statement[] | null => {
  const reading = startReading(sets)
  let isKnown = true
  const isWhole = visitAll(span.view, span.start, span.end, (type, start, end) => {
    isKnown &&= type === NFTA_LIST_ELEM && readExpression(reading, { view: span.view, start, end })
  })
  return isWhole && isKnown && isClosed(reading) ? reading.statements : null
}

/** A rule with the name of its chain. */
export interface PlacedRule {
  readonly chain: string
  readonly rule: Rule
}

const known = [
  ...[NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_HANDLE, NFTA_RULE_EXPRESSIONS],
  ...[NFTA_RULE_POSITION, NFTA_RULE_USERDATA],
]

/** Reads the attributes of an NFT_MSG_NEWRULE; null when the rule has a form that ours never have. */
export const readRule = (span: Span, sets: ReadonlyMap<string, KnownSet>): PlacedRule | null => {
  const attributes = attributesIn(span, known)
  if (attributes === null) return null
  const chain = textIn(attributes, NFTA_RULE_CHAIN)
  const handle = handleIn(attributes, NFTA_RULE_HANDLE)
  const data = userDataIn(attributes.get(NFTA_RULE_USERDATA))
  const expressions = attributes.get(NFTA_RULE_EXPRESSIONS)
  if (chain === null || handle === null || data === null || expressions === undefined) return null
  if (data.size > (data.has(UDATA_RULE_COMMENT) ? 1 : 0)) return null
  const comment = commentIn(data, UDATA_RULE_COMMENT)
  const statements = readStatements(expressions, sets)
  return comment === undefined || statements === null
    ? null
    : { chain, rule: { handle, comment, statements } }
}
