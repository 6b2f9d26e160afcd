import type { Expression, MatchStatement, Rule, Statement } from '../../model/index.ts'
import { hasBitsBehind, readNumber, type ValueType } from '../expression/value.ts'

/**
 * Whether a rule has a form in which iptables-nft writes rules: then iptables-nft-save prints all that it asks and does.
 * Of other rules, which nft wrote, it leaves matches out, or prints others (measured, 1.8.11): `udp length 9000 drop` as
 * `-p udp -j DROP`, `ip saddr > 10.0.0.0 drop` as `-s 10.0.0.0 -j DROP`, and of two matches that ask the same the last.
 * What iptables-nft writes as an extension (`xt`) nft does not show, and never writes.
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
  // Beside ports it prints `ip protocol != udp` as `! -p tcp`; iptables takes none such.
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

/** What a match of iptables-nft asks for; null: nft wrote it. */
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

/** Protocol 0 stands for all in iptables: it prints no protocol then. */
const isProtocol = (value: Expression): boolean =>
  value.kind === 'text'
    ? value.text !== 'ip' && value.text !== 'hopopt'
    : value.kind === 'number' && value.value !== 0

const isPort = (value: Expression): boolean =>
  isScalar(value) || (value.kind === 'range' && isScalar(value.first) && isScalar(value.last))

const metaSubject = (key: string, right: Expression): string | null => {
  switch (key) {
    // iptables reads a closing `+` as a wildcard, and nft reads it as it is.
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

/** `-s 0.0.0.3/0.0.0.255`, `-f`, `--tcp-flags`, `--mark 1/3` */
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

/** An address without bits that the mask takes away. With such bits no packet meets the match, and iptables drops the bits. */
const isWithin = (address: Expression, mask: Expression, type: ValueType): boolean => {
  const [value, kept] = [readNumber(address, type), readNumber(mask, type)]
  return value !== null && kept !== null && (BigInt(value) & ~BigInt(kept)) === 0n
}

const isNumber = (of: Expression, value: number): boolean => of.kind === 'number' && of.value === value
