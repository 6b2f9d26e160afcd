import { type Family, formatAddress, tryParseAddress } from '@portolan/netfilter'
import type { Json } from './nft-value.ts'
import { notRead, refused, refusedFor, type Word, type WordReader } from './nft-words.ts'
import type { RuleScope } from './rule-scope.ts'

const codes = {
  icmp: [
    'net-unreachable',
    'host-unreachable',
    'prot-unreachable',
    'port-unreachable',
    'net-prohibited',
    'host-prohibited',
    'admin-prohibited',
    'frag-needed',
  ],
  icmpv6: [
    'no-route',
    'admin-prohibited',
    'addr-unreachable',
    'port-unreachable',
    'policy-fail',
    'reject-route',
  ],
  icmpx: ['no-route', 'port-unreachable', 'host-unreachable', 'admin-prohibited'],
} as const

const familyOf = { icmp: 'ip', icmpv6: 'ip6', icmpx: null } as const

const isOfIcmp = (text: string): text is keyof typeof codes => Object.hasOwn(codes, text)

export const readReject = (reader: WordReader, scope: RuleScope, word: Word): readonly Json[] => {
  scope.binds(word)
  // nft lists a bare "reject" like this: of no family (icmpx) where packets of both families come.
  const bare = scope.family === null ? 'icmpx' : scope.family === 'ip' ? 'icmp' : 'icmpv6'
  if (!reader.skip('with')) return [{ reject: { type: bare, expr: 'port-unreachable' } }]
  const kind = reader.next()
  if (kind.text === 'tcp') return resetOf(reader, scope, kind)
  if (kind.quoted || !isOfIcmp(kind.text))
    throw refused(kind, 'expected "tcp reset", "icmp", "icmpv6" or "icmpx"')
  reader.skip('type')
  const code = reader.next()
  if (/^\d+$/.test(code.text)) throw notRead(code, 'a code is written by its name')
  if (!codes[kind.text].some((one) => one === code.text))
    throw refused(code, `expected one of ${codes[kind.text].join(', ')}`)
  const family = familyOf[kind.text]
  const reject = { reject: { type: kind.text, expr: code.text } }
  if (family === null) {
    if (scope.table.family !== 'ip' && scope.table.family !== 'ip6') return [reject]
    throw refusedFor(kind, `"icmpx" is for tables of both families, and this one is of ${scope.table.family}`)
  }
  const isOpen = scope.family === null
  scope.ofFamily(kind, family)
  return isOpen ? [equals('nfproto', family === 'ip' ? 'ipv4' : 'ipv6'), reject] : [reject]
}

/** A match that nft itself puts in front of a statement. */
const equals = (key: string, right: string): Json => ({ match: { op: '==', left: { meta: { key } }, right } })

const resetOf = (reader: WordReader, scope: RuleScope, kind: Word): readonly Json[] => {
  reader.expect('reset')
  if (scope.protocol !== null && scope.protocol !== 'tcp')
    throw refusedFor(kind, `"tcp reset" is for packets of TCP, and these are of ${scope.protocol}`)
  const reject = { reject: { type: 'tcp reset' } }
  return scope.protocol === null ? [equals('l4proto', 'tcp'), reject] : [reject]
}

const target = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::(\d+))?$/i

export const readTranslation = (reader: WordReader, scope: RuleScope, word: Word): readonly Json[] => {
  scope.translates(word)
  const asked = reader.peek() === 'ip' || reader.peek() === 'ip6' ? reader.next() : null
  const family = familyOfTarget(scope, word, asked)
  reader.expect('to')
  const to = reader.next()
  const [, inBrackets, bare, port] = (to.quoted ? null : target.exec(to.text)) ?? []
  const addr = inBrackets ?? bare
  if (addr === undefined || addr.includes('-') || addr.startsWith('@'))
    throw notRead(to, 'a translation to one address, with a port or without, is')
  const address = tryParseAddress(addr)
  if (address === null && /^[a-z][\w.-]*$/i.test(addr) && /[g-z]/i.test(addr))
    throw notRead(to, 'nft would ask the resolver for this name', 'Write the address itself.')
  if (address?.family !== family) throw refused(to, `expected an address of ${family}`)
  if (port !== undefined) scope.needsProtocol(to)
  return [
    {
      [word.text]: {
        ...(scope.table.family === 'inet' ? { family } : {}),
        addr: formatAddress(address),
        ...(port === undefined ? {} : { port: portOf(to, port) }),
      },
    },
  ]
}

const familyOfTarget = (scope: RuleScope, word: Word, asked: Word | null): Family => {
  if (asked === null) {
    if (scope.table.family === 'ip' || scope.table.family === 'ip6') return scope.table.family
    if (scope.family !== null) return scope.family
    throw refusedFor(word, `a table of both families takes "${word.text} ip to" or "${word.text} ip6 to"`)
  }
  const family = asked.text === 'ip' ? 'ip' : 'ip6'
  scope.ofFamily(asked, family)
  return family
}

const portOf = (word: Word, text: string): number => {
  if (/^0\d/.test(text) || Number(text) > 65535) throw refused(word, 'expected a port from 0 to 65535')
  return Number(text)
}

export const redirectPort = (reader: WordReader, scope: RuleScope, word: Word): readonly Json[] => {
  scope.translates(word)
  if (!reader.skip('to')) return [{ redirect: null }]
  const to = reader.next()
  const [, port] = /^:?(\d+)$/.exec(to.text) ?? []
  if (to.quoted || port === undefined) {
    if (to.text === ':' || to.text.includes('-')) throw notRead(to, 'a redirection to one port is')
    if (/^:?[a-z]/i.test(to.text))
      throw notRead(to, 'nft would look this name up in /etc/services', 'Write the number itself.')
    throw refused(to, 'expected a port from 0 to 65535')
  }
  scope.needsProtocol(to)
  return [{ redirect: { port: portOf(to, port) } }]
}
