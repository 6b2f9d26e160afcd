import { compare, type Family, field, type MatchStep, oneOf } from '@portolan/netfilter'
import { optionOf } from '../../model/option/extension.ts'
import type { ExtensionMatch } from '../../model/option/match.ts'
import { printOptions } from '../../print/rule/print-options.ts'
import { inRange, unknownMatch } from './address-value.ts'
import { ownerSteps, packetTypeSteps, physdevSteps, reversePathStep } from './host-steps.ts'
import { hasHeader, portFields, portSet } from './port-steps.ts'

const never: MatchStep = { kind: 'any-of', alternatives: [], negated: false }

const addressRangeSteps = ({ options }: ExtensionMatch, family: Family): readonly MatchStep[] =>
  options.map(({ name, values: [value = ''], negated }) =>
    inRange(field(name === 'src-range' ? 'saddr' : 'daddr', { family }), value, negated, family),
  )

/** Lowers the ports of a protocol module that tests more than ports. Its other tests are unknown. */
const portExtensionSteps = ({ module, options }: ExtensionMatch): readonly MatchStep[] => {
  const fields = portFields(module)
  const steps = options.map(({ name, values, negated, quoting }) => {
    const [value = ''] = values
    if (name !== 'sport' && name !== 'dport') {
      return unknownMatch(printOptions(`-m ${module}`, [{ name, values, negated, quoting }]))
    }
    const [first = '0', last = first] = value.split(':')
    const of = name === 'sport' ? fields.source : fields.destination
    return compare(of, portSet([{ first: Number(first), last: Number(last) }]), negated)
  })
  return [hasHeader(module), ...steps]
}

/**
 * Lowers `-m recent`. Recording an address (`--set`) always succeeds. Whether an address was recorded before is
 * unknown.
 */
const recentSteps = ({ options }: ExtensionMatch, text: string): readonly MatchStep[] => {
  const set = optionOf(options, 'set')
  if (set === undefined) return [unknownMatch(text)]
  return set.negated ? [never] : []
}

/** The modules that match every packet when they have no option. */
const emptyPasses: ReadonlySet<string> = new Set(['esp', 'ah', 'ipcomp', 'mh', 'devgroup'])

/**
 * Lowers a module without a kind of its own. A test that the description of packet, flow and host decides is lowered.
 * Every other test is unknown, with its text.
 */
export const extensionSteps = (match: ExtensionMatch, family: Family): readonly MatchStep[] => {
  const { module, options } = match
  const text = printOptions(`-m ${module}`, options)
  switch (module) {
    case 'iprange':
      return addressRangeSteps(match, family)
    case 'tcp':
    case 'udp':
    case 'udplite':
    case 'sctp':
    case 'dccp':
      return portExtensionSteps(match)
    case 'rt':
    case 'hbh':
    case 'dst':
    case 'frag':
      // Described packets have no IPv6 extension header (net/ipv6/netfilter/ip6t_rt.c and its like).
      return [never]
    case 'pkttype':
      return packetTypeSteps(options)
    case 'physdev':
      return physdevSteps(options)
    case 'owner':
      return ownerSteps(options, text)
    case 'rpfilter':
      return [reversePathStep(options, family)]
    case 'socket':
      return [compare(field('socket'), oneOf(1))]
    case 'recent':
      return recentSteps(match, text)
    case 'statistic':
      // Matches every nth packet, so it selects some of many flows.
      return [unknownMatch(text, true)]
    default:
      return options.length === 0 && emptyPasses.has(module) ? [] : [unknownMatch(text)]
  }
}
