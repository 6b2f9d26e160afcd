import type { MultiportMatch, PortMatch, PortSpan, PortTest } from '../ruleset/match.ts'
import type { Option } from './split-options.ts'

const number = (text: string): number | null => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1
  return value >= 0 && value <= 65535 ? value : null
}

/** `80`, `80:90`, `:90`, `80:`; null for a service name, which only the reading host can resolve. */
const span = (text: string): PortSpan | null => {
  const [from = '', to, ...more] = text.split(':')
  if (more.length > 0) return null
  if (to === undefined) {
    const only = number(from)
    return only === null ? null : { first: only, last: only }
  }
  const first = from === '' ? 0 : number(from)
  const last = to === '' ? 65535 : number(to)
  return first === null || last === null || first > last ? null : { first, last }
}

const test = (option: Option): PortTest | null => {
  const [value, ...more] = option.values
  const ports = value === undefined || more.length > 0 ? null : span(value)
  return ports === null ? null : { ...ports, negated: option.negated }
}

export const parsePort = (module: 'tcp' | 'udp' | 'sctp', options: readonly Option[]): PortMatch | null => {
  let source: PortTest | null = null
  let destination: PortTest | null = null
  let flags: PortMatch['flags'] = null
  for (const option of options) {
    if (option.name === 'sport' || option.name === 'source-port') {
      source = test(option)
      if (source === null) return null
    } else if (option.name === 'dport' || option.name === 'destination-port') {
      destination = test(option)
      if (destination === null) return null
    } else if (module === 'tcp' && option.name === 'tcp-flags') {
      const [mask, set, ...more] = option.values
      if (mask === undefined || set === undefined || more.length > 0) return null
      flags = { mask, set, negated: option.negated }
    } else if (module === 'tcp' && option.name === 'syn' && option.values.length === 0) {
      flags = { mask: 'FIN,SYN,RST,ACK', set: 'SYN', negated: option.negated }
    } else {
      return null
    }
  }
  return { kind: 'port', module, source, destination, flags }
}

const sides: Readonly<Record<string, MultiportMatch['side']>> = {
  sports: 'source',
  'source-ports': 'source',
  dports: 'destination',
  'destination-ports': 'destination',
  ports: 'either',
}

export const parseMultiport = (options: readonly Option[]): MultiportMatch | null => {
  const [option, ...more] = options
  if (option === undefined || more.length > 0 || option.values.length !== 1) return null
  const side = sides[option.name]
  const ports = (option.values[0] ?? '').split(',').map(span)
  if (side === undefined) return null
  const known = ports.filter((port) => port !== null)
  return known.length === ports.length
    ? { kind: 'multiport', side, ports: known, negated: option.negated }
    : null
}
