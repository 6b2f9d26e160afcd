import { compare, field, oneOf, protocolNumber, type Step } from '@portolan/netfilter'
import type {
  Expression,
  ObjectStatement,
  RareStatement,
  RejectStatement,
  Statement,
} from '../../model/index.ts'
import { lowerMatch, unknownMatch } from '../match.ts'
import { lowerNat, presentKeys } from '../nat.ts'
import { textOf } from '../rule-source.ts'
import { lowerElements, lowerVerdict } from './element-table.ts'
import { lowerKey } from './expression.ts'
import { familyGate } from './header-field.ts'
import type { Scope } from './scope.ts'
import { lowerSetValue } from './set-value.ts'

const onlyTcp: Step = compare(field('l4proto'), oneOf(protocolNumber.tcp))

/** The steps for a statement that may match or not, and may accept, drop or continue. */
const inDoubt = (text: string): readonly Step[] => [unknownMatch(text), { kind: 'unknown-action', text }]

const note = (text: string): readonly Step[] => [{ kind: 'note', text }]

const lowerReject = ({ type, code }: RejectStatement): readonly Step[] => {
  if (type === null) return [{ kind: 'reject', with: null }]
  if (type === 'tcp reset') return [onlyTcp, { kind: 'reject', with: 'tcp-reset' }]
  const name = code === null ? type : `${type}-${code.kind === 'text' ? code.text : textOf(code)}`
  const gates = type === 'icmp' ? [familyGate('ip')] : type === 'icmpv6' ? [familyGate('ip6')] : []
  return [...gates, { kind: 'reject', with: name }]
}

/**
 * The condition that a map names an object for the packet. Without one the rule ends (net/netfilter/nft_objref.c,
 * `nft_objref_map_eval`).
 */
const foundIn = (object: Expression, scope: Scope): readonly Step[] => {
  if (object.kind !== 'map') return []
  const keys = lowerKey(object.key, scope)
  const table = lowerElements(object.data, keys, scope, [])
  const key = keys.map(({ expression }) => expression)
  return [...keys.flatMap(({ gates }) => gates), { kind: 'lookup', key, table, negated: false }]
}

const useObject = (type: ObjectStatement['type'], text: string): readonly Step[] => {
  switch (type) {
    case 'limit':
    case 'quota':
      return [unknownMatch(text)]
    case 'ct expectation':
      // A flow that is known already gets no expectation, and the rule ends (net/netfilter/nft_ct.c,
      // `nft_ct_expect_obj_eval`).
      return [unknownMatch(text)]
    case 'synproxy':
      return [onlyTcp, { kind: 'synproxy', text }]
    default:
      return note(text)
  }
}

const lowerObject = ({ type, object }: ObjectStatement, text: string, scope: Scope): readonly Step[] => [
  ...foundIn(object, scope),
  ...useObject(type, text),
]

const limits = ({ kind }: Statement): boolean => kind === 'limit' || kind === 'quota' || kind === 'ct-count'

const lowerRare = (statement: RareStatement, scope: Scope): readonly Step[] => {
  const text = textOf(statement)
  switch (statement.kind) {
    case 'object':
      return lowerObject(statement, text, scope)
    case 'quota':
    case 'ct-count':
      return [unknownMatch(text)]
    case 'update':
      // The statements of the element decide, as they would in the rule itself (net/netfilter/nft_dynset.c).
      return [
        ...presentKeys(statement.element.key, scope),
        ...(statement.statements.some(limits) ? [unknownMatch(text)] : note(text)),
      ]
    case 'queue':
      return [{ kind: 'verdict', verdict: { kind: 'stolen' } }]
    case 'tproxy': {
      const { family } = statement
      const gates = family === 'ip' || family === 'ip6' ? [familyGate(family)] : []
      // Without a socket to receive the packet the rule ends (net/netfilter/nft_tproxy.c).
      return [...gates, unknownMatch(text), { kind: 'tproxy', accepts: false }]
    }
    case 'synproxy':
      return [onlyTcp, { kind: 'synproxy', text }]
    case 'fwd': {
      const { family, device, address } = statement
      const gates = family === 'ip' || family === 'ip6' ? [familyGate(family)] : []
      const name = device.kind === 'text' ? device.text : null
      return [...gates, { kind: 'fwd', device: name, isAddressed: address !== null }]
    }
    default:
      return note(text)
  }
}

/** The steps that have the meaning of one statement, in order. */
export const lowerStatement = (statement: Statement, scope: Scope): readonly Step[] => {
  switch (statement.kind) {
    case 'match':
      return lowerMatch(statement, scope)
    case 'vmap': {
      const keys = lowerKey(statement.key, scope)
      const table = lowerElements(statement.data, keys, scope, ['verdict'])
      const gates = keys.flatMap((read) => read.gates)
      return [...gates, { kind: 'dispatch', key: keys.map(({ expression }) => expression), table }]
    }
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return lowerNat(statement, scope)
    case 'reject':
      return lowerReject(statement)
    case 'set-value':
      return lowerSetValue(statement, scope)
    case 'limit':
      return [unknownMatch(textOf(statement))]
    case 'counter':
    case 'log':
      return note(textOf(statement))
    case 'notrack':
      return [{ kind: 'notrack', text: 'notrack' }]
    case 'xt':
      // nft does not list the parameters of an extension. A match may hold or not, and a target may do anything.
      return statement.type === 'match'
        ? [unknownMatch(textOf(statement))]
        : statement.type === 'watcher'
          ? note(textOf(statement))
          : inDoubt(textOf(statement))
    case 'opaque':
      return inDoubt(textOf(statement))
    case 'accept':
    case 'drop':
    case 'continue':
    case 'return':
    case 'jump':
    case 'goto':
      return [{ kind: 'verdict', verdict: lowerVerdict(statement) }]
    default:
      return lowerRare(statement, scope)
  }
}
