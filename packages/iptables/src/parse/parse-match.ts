import type { AddressTypeMatch, ConntrackMatch, ConntrackOption, MarkMatch, Match } from '../ruleset/match.ts'
import { parseMultiport, parsePort } from './parse-port.ts'
import { type Option, splitOptions } from './split-options.ts'
import type { Word } from './split-words.ts'

const conntrackOptions: ReadonlySet<string> = new Set<ConntrackOption>([
  'ctstate',
  'ctproto',
  'ctorigsrc',
  'ctorigdst',
  'ctreplsrc',
  'ctrepldst',
  'ctorigsrcport',
  'ctorigdstport',
  'ctreplsrcport',
  'ctrepldstport',
  'ctstatus',
  'ctexpire',
  'ctdir',
])

const isConntrackOption = (name: string): name is ConntrackOption => conntrackOptions.has(name)

const conntrack = (options: readonly Option[]): ConntrackMatch | null => {
  const tests: ConntrackMatch['tests'][number][] = []
  for (const { name, values, negated } of options) {
    const [value, ...more] = values
    if (!isConntrackOption(name) || value === undefined || more.length > 0) return null
    tests.push({ option: name, value, negated })
  }
  return { kind: 'conntrack', tests }
}

const addressType = (options: readonly Option[]): AddressTypeMatch | null => {
  let match: AddressTypeMatch = { kind: 'address-type', source: null, destination: null, limit: null }
  for (const { name, values, negated } of options) {
    const [value, ...more] = values
    if (more.length > 0) return null
    if (name === 'src-type' && value !== undefined) {
      match = { ...match, source: { types: value.split(','), negated } }
    } else if (name === 'dst-type' && value !== undefined) {
      match = { ...match, destination: { types: value.split(','), negated } }
    } else if ((name === 'limit-iface-in' || name === 'limit-iface-out') && value === undefined && !negated) {
      match = { ...match, limit: name === 'limit-iface-in' ? 'in' : 'out' }
    } else {
      return null
    }
  }
  return match
}

/** The single option a module has, with its single value. */
const only = (options: readonly Option[], name: string): { value: string; negated: boolean } | null => {
  const [option, ...more] = options
  const [value, ...values] = option?.values ?? []
  if (option?.name !== name || value === undefined || more.length + values.length > 0) return null
  return { value, negated: option.negated }
}

const u32 = (text: string | undefined): number | null => {
  if (text === undefined || !/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) return null
  const value = Number(text)
  return value <= 0xffffffff ? value : null
}

const mark = (module: 'mark' | 'connmark', options: readonly Option[]): MarkMatch | null => {
  const found = only(options, 'mark')
  const [left, right, ...more] = found?.value.split('/') ?? []
  const value = u32(left)
  const mask = right === undefined ? 0xffffffff : u32(right)
  if (found === null || value === null || mask === null || more.length > 0) return null
  return { kind: 'mark', module, value, mask, negated: found.negated }
}

const statistic = (options: readonly Option[]): Match | null => {
  const [mode, random] = options
  if (options.length !== 2 || mode?.name !== 'mode' || mode.negated || mode.values.join() !== 'random')
    return null
  const value = Number(random?.values.join() ?? '')
  if (random?.name !== 'probability' || !(value >= 0 && value <= 1)) return null
  return { kind: 'statistic', probability: Math.round(value * 2 ** 31), negated: random.negated }
}

const state = (options: readonly Option[]): Match | null => {
  const found = only(options, 'state')
  return found === null ? null : { kind: 'state', states: found.value.split(','), negated: found.negated }
}

const icmp = (module: 'icmp' | 'icmp6', options: readonly Option[]): Match | null => {
  const found = only(options, module === 'icmp' ? 'icmp-type' : 'icmpv6-type')
  return found === null ? null : { kind: 'icmp', module, type: found.value, negated: found.negated }
}

const comment = (options: readonly Option[]): Match | null => {
  const found = only(options, 'comment')
  return found === null || found.negated ? null : { kind: 'comment', text: found.value }
}

/**
 * A module's words as a typed match.
 *
 * @param module - the name after `-m`
 * @param words - what follows it, up to the next option that is not the module's
 * @returns null when any of it is not understood: the caller then keeps the text as it stands
 */
export const parseMatch = (module: string, words: readonly Word[]): Match | null => {
  const options = splitOptions(words)
  if (options === null) return null
  switch (module) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return parsePort(module, options)
    case 'multiport':
      return parseMultiport(options)
    case 'icmp':
    case 'icmp6':
      return icmp(module, options)
    case 'addrtype':
      return addressType(options)
    case 'conntrack':
      return conntrack(options)
    case 'state':
      return state(options)
    case 'mark':
    case 'connmark':
      return mark(module, options)
    case 'statistic':
      return statistic(options)
    case 'comment':
      return comment(options)
    default:
      return null
  }
}
