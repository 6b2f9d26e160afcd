import {
  added,
  atLeastOne,
  atMostOne,
  exactlyOne,
  flag,
  type Grammar,
  grammar,
  inTurn,
  type OptionGrammar,
  type Settle,
  takes,
} from '../grammar.ts'
import { choice, listOf } from '../value/choice.ts'
import { span, whole } from '../value/number.ts'
import { portList, portSpan } from '../value/port.ts'
import { shaped } from '../value/text.ts'

const everyPort = '0:65535'

const port = (name: 'sport' | 'dport', silent: boolean): OptionGrammar =>
  takes(name, portSpan, {
    aka: [name === 'sport' ? 'source-port' : 'destination-port'],
    not: true,
    ...(silent ? { silent: everyPort } : {}),
  })

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const
const everyFlag = flagNames.join(',')
const oneFlag = listOf([...flagNames, 'ALL', 'NONE'])

/**
 * Reads TCP flags. The words `ALL` and `NONE` stand for all and no flags. The kernel lists flags in the order of their
 * bits.
 */
const flags = (text: string): string | null => {
  const found = oneFlag(text, 'ip')
  if (found === null) return null
  if (/\bALL\b/.test(found)) return everyFlag
  return found.replace(/,?NONE/, '') || 'NONE'
}

/** Replaces `--syn` by `--tcp-flags FIN,SYN,RST,ACK SYN`. */
const spellOutSyn: Settle = (options) =>
  options.map((option) =>
    option.name === 'syn'
      ? { ...added('tcp-flags', 'FIN,SYN,RST,ACK', 'SYN'), negated: option.negated }
      : option,
  )

const chunks = [
  ...['DATA', 'INIT', 'INIT_ACK', 'SACK', 'HEARTBEAT', 'HEARTBEAT_ACK', 'ABORT', 'SHUTDOWN', 'SHUTDOWN_ACK'],
  ...[
    'ERROR',
    'COOKIE_ECHO',
    'COOKIE_ACK',
    'ECN_ECNE',
    'ECN_CWR',
    'SHUTDOWN_COMPLETE',
    'I_DATA',
    'ASCONF_ACK',
  ],
  ...['RE_CONFIG', 'PAD', 'FORWARD_TSN', 'ASCONF', 'I_FORWARD_TSN'],
]

/** Reads a list of SCTP chunks such as `DATA:Be`: the chunk, and the required state of its flags. */
const chunkList = (text: string): string | null => {
  if (/^(?:all|none)$/i.test(text)) return text.toUpperCase()
  const parts = text.split(',').map((part) => {
    const [, name = '', tail = ''] = /^(\w+)((?::[a-z]+)?)$/i.exec(part) ?? []
    return { at: chunks.indexOf(name.toUpperCase()), tail }
  })
  if (parts.some(({ at }) => at < 0) || new Set(parts.map(({ at }) => at)).size < parts.length) return null
  return parts
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, tail }) => `${chunks[at] ?? ''}${tail}`)
    .join(',')
}

const dccpTypes = [
  ...['REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK'],
  'INVALID',
]

/** Modules that test ports. */
export const portMatches: Readonly<Record<string, Grammar>> = {
  tcp: grammar(
    [
      port('sport', true),
      port('dport', true),
      takes('tcp-option', whole(255, 1), { not: true }),
      takes('tcp-flags', [flags, flags], { not: true, silent: 'NONE NONE' }),
      flag('syn', { not: true }),
    ],
    { settle: inTurn(atMostOne('tcp-flags', 'syn'), spellOutSyn) },
  ),
  udp: grammar([port('sport', true), port('dport', true)]),
  udplite: grammar([port('sport', true), port('dport', true)]),
  sctp: grammar([
    port('sport', false),
    port('dport', false),
    takes('chunk-types', [choice('all', 'any', 'only'), chunkList], { not: true }),
  ]),
  dccp: grammar([
    port('sport', false),
    port('dport', false),
    takes('dccp-types', listOf(dccpTypes), { not: true }),
    takes('dccp-option', whole(255, 1), { not: true }),
  ]),
  multiport: grammar(
    [
      takes('sports', portList, { aka: ['source-ports'], not: true }),
      takes('dports', portList, { aka: ['destination-ports'], not: true }),
      takes('ports', portList, { not: true }),
    ],
    { settle: exactlyOne('sports', 'dports', 'ports') },
  ),
  // These modules require `-p` with the protocol that they read.
  tcpmss: grammar([takes('mss', span(65535), { not: true, required: true })], { protocols: ['tcp'] }),
  osf: grammar(
    [
      takes('genre', shaped(/^[^\s"'\\]{1,31}$/), { not: true, required: true }),
      takes('ttl', whole(2)),
      takes('log', whole(2)),
    ],
    { protocols: ['tcp'] },
  ),
  ecn: grammar(
    [
      flag('ecn-tcp-ece', { not: true }),
      flag('ecn-tcp-cwr', { not: true }),
      takes('ecn-ip-ect', whole(3), { not: true }),
    ],
    {
      settle: atLeastOne,
      protocols: (options) => (options.some(({ name }) => name.startsWith('ecn-tcp')) ? ['tcp'] : null),
    },
  ),
}
