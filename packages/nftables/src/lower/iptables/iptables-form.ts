import type { Expression, MatchStatement, Rule, Statement } from '../../model/index.ts'
import { hasBitsBehind, readNumber, type ValueType } from '../expression/value.ts'

/**
 * Does a rule have a form that iptables-nft writes? Then iptables-nft-save prints the whole rule. A rule of another
 * form was written by nft, and iptables-nft-save leaves out or changes some of its matches (measured, 1.8.11):
 * `udp length 9000 drop` as `-p udp -j DROP`, `ip saddr > 10.0.0.0 drop` as `-s 10.0.0.0 -j DROP`, and only the last of
 * two matches on the same field. iptables-nft writes extensions as `xt`, with parameters that nft does not show. nft
 * itself writes no `xt`.
 */
export const hasIptablesForm = ({ statements }: Rule): boolean => {
  if (statements.some(({ kind }) => kind === 'xt')) return true
  const asked = new Set<string>()
  let excludesProtocol = false
  const isForm = statements.every((statement, at) => {
    if (statement.kind !== 'match') return isIptablesStatement(statement, at === statements.length - 1)
    const subject = subjectOf(statement)
    if (subject === null || asked.has(subject)) return false
    asked.add(subject)
    if (subject === PROTOCOL && statement.operator === '!=') excludesProtocol = true
    return true
  })
  // With a match on ports, iptables-nft-save prints `ip protocol != udp` as `! -p tcp`. iptables does not accept such a
  // rule.
  return isForm && !(excludesProtocol && [...asked].some(isOfHeader))
}

const PROTOCOL = 'protocol'
const FLAGS = 'tcp flags'

const isIptablesStatement = (statement: Statement, isLast: boolean): boolean => {
  switch (statement.kind) {
    case 'counter':
      return statement.name === null
    case 'limit':
      return isIptablesLimit(statement.json)
    case 'accept':
    case 'drop':
    case 'return':
    case 'jump':
    case 'goto':
    case 'log':
      return isLast
    case 'set-value':
      // `-j TRACE`
      return isLast && asks(statement.key, 'nftrace')
    default:
      return false
  }
}

const asks = (of: Expression, key: string): boolean => of.kind === 'meta' && of.key === key

const periods: ReadonlySet<unknown> = new Set(['second', 'minute', 'hour', 'day'])

const isIptablesLimit = ({ per, inv, rate_unit: unit }: { readonly [key: string]: unknown }): boolean =>
  periods.has(per) && inv !== true && (unit === undefined || unit === 'packets')

/** The field that a match of iptables-nft compares. Null: the match is of a form that only nft writes. */
const subjectOf = ({ left, operator, right }: MatchStatement): string | null => {
  const isEquality = operator === '==' || operator === '!='
  if (left.kind === 'binary') return isEquality ? maskedSubject(left, right) : null
  if (left.kind === 'meta') return isEquality ? metaSubject(left.key, right) : null
  if (left.kind !== 'payload') return null
  const { protocol, field } = left
  const name = `${protocol} ${field}`
  if (ports.has(name)) return operator !== 'in' && isPort(right) ? name : null
  // `--tcp-flags SYN NONE`
  if (name === FLAGS) return operator === '!' || operator === 'in' ? name : null
  if (addresses.has(name))
    return isEquality &&
      (right.kind === 'text' || (right.kind === 'prefix' && !hasBitsBehind(right, addressType(protocol))))
      ? name
      : null
  return name === 'ip protocol' && isEquality && isProtocol(right) ? PROTOCOL : null
}

const ports: ReadonlySet<string> = new Set(['tcp sport', 'tcp dport', 'udp sport', 'udp dport'])
const addresses: ReadonlySet<string> = new Set(['ip saddr', 'ip daddr', 'ip6 saddr', 'ip6 daddr'])

const isScalar = ({ kind }: Expression): boolean => kind === 'text' || kind === 'number'

const isOfHeader = (subject: string): boolean => ports.has(subject) || subject === FLAGS

/** Is this a protocol other than 0? In iptables protocol 0 stands for all protocols, and iptables prints none. */
const isProtocol = (value: Expression): boolean =>
  value.kind === 'text'
    ? value.text !== 'ip' && value.text !== 'hopopt'
    : value.kind === 'number' && value.value !== 0

const isPort = (value: Expression): boolean =>
  isScalar(value) || (value.kind === 'range' && isScalar(value.first) && isScalar(value.last))

const metaSubject = (key: string, right: Expression): string | null => {
  switch (key) {
    // iptables reads a closing `+` as a wildcard. nft reads it as part of the name.
    case 'iifname':
    case 'oifname':
      return right.kind === 'text' && !right.text.endsWith('+') ? key : null
    case 'l4proto':
      return isProtocol(right) ? PROTOCOL : null
    case 'mark':
      return right.kind === 'number' ? key : null
    default:
      return null
  }
}

/** The field of a masked match: `-s 0.0.0.3/0.0.0.255`, `-f`, `--tcp-flags`, `--mark 1/3`. Null for other forms. */
const maskedSubject = (
  { operator, operands: [of, mask, ...more] }: Extract<Expression, { readonly kind: 'binary' }>,
  right: Expression,
): string | null => {
  if (operator !== '&' || of === undefined || mask === undefined || more.length > 0) return null
  if (of.kind === 'meta')
    return asks(of, 'mark') && mask.kind === 'number' ? metaSubject('mark', right) : null
  if (of.kind !== 'payload') return null
  const name = `${of.protocol} ${of.field}`
  if (addresses.has(name)) return isWithin(right, mask, addressType(of.protocol)) ? name : null
  if (name === FLAGS) return name
  return name === 'ip frag-off' && isNumber(mask, 0x1fff) && isNumber(right, 0) ? name : null
}

const addressType = (protocol: string): ValueType => (protocol === 'ip' ? 'ipv4_addr' : 'ipv6_addr')

/** Has the address no bits outside the mask? No packet meets a match with such bits, and iptables drops the bits. */
const isWithin = (address: Expression, mask: Expression, type: ValueType): boolean => {
  const [value, kept] = [readNumber(address, type), readNumber(mask, type)]
  return value !== null && kept !== null && (BigInt(value) & ~BigInt(kept)) === 0n
}

const isNumber = (of: Expression, value: number): boolean => of.kind === 'number' && of.value === value
