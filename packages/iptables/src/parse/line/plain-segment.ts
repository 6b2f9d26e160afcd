import type { Family } from '@portolan/netfilter'
import { ported } from '../grammar/target/nat.ts'
import { matchSegment, ranks, type Segment } from './table-context.ts'

const octet = '(?:\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])'
const host = new RegExp(`^(?:${octet}\\.){3}${octet}/32$`)
const socket = new RegExp(`^(?:${octet}\\.){3}${octet}(:[1-9]\\d{0,4})?$`)
const ports = /^(tcp|udp|sctp) --(s|d)port ([1-9]\d{0,4})$/
const said = /^(?:"([^"\\]{1,255})"|([-\w]{1,255}))$/

const isModule = (name: string | undefined): name is 'tcp' | 'udp' | 'sctp' =>
  name === 'tcp' || name === 'udp' || name === 'sctp'

const address = (text: string): Segment | null => {
  const prefix = text.slice(3)
  if (!host.test(prefix)) return null
  return text.charAt(1) === 's'
    ? matchSegment(0, { kind: 'source', prefix, negated: false })
    : matchSegment(1, { kind: 'destination', prefix, negated: false })
}

const port = (text: string): Segment | null => {
  const [, module, side, digits] = ports.exec(text.slice(3)) ?? []
  const first = Number(digits)
  if (!isModule(module) || first > 65535) return null
  const test = { first, last: first, negated: false }
  const [source, destination] = side === 's' ? [test, null] : [null, test]
  return matchSegment(ranks.module, { kind: 'port', module, source, destination, flags: null })
}

const commentHead = '-m comment --comment '

const comment = (text: string): Segment | null => {
  const [, quoted, bare] = said.exec(text.slice(commentHead.length)) ?? []
  const words = quoted ?? bare
  return words === undefined ? null : matchSegment(ranks.module, { kind: 'comment', text: words })
}

const destinationHead = '-j DNAT --to-destination '

const destination = (text: string): Segment | null => {
  const to = text.slice(destinationHead.length)
  const found = socket.exec(to)
  if (found === null) return null
  const [, tail] = found
  if (tail !== undefined && Number(tail.slice(1)) > 65535) return null
  return {
    ...matchSegment(ranks.target, null),
    target: { kind: 'dnat', to, options: [] },
    protocols: tail === undefined ? null : ported,
  }
}

/**
 * Reads the segments that differ from rule to rule in a large ruleset: addresses, ports, comments and DNAT targets. The
 * result equals that of the general way, without splitting the segment. Null: another kind of segment.
 */
export const plainSegment = (text: string, family: Family): Segment | null => {
  const letter = text.charCodeAt(1)
  // s, d
  if (letter === 115 || letter === 100) return family === 'ip' ? address(text) : null
  // m
  if (letter === 109) return text.startsWith(commentHead) ? comment(text) : port(text)
  return family === 'ip' && text.startsWith(destinationHead) ? destination(text) : null
}
