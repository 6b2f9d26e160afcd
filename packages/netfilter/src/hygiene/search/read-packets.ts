import { lastAddress, parseHostOrPrefix } from '../../address/index.ts'
import { type Hook, named, oneOf, protocolNumber, type ValueSet } from '../../model/index.ts'
import type { PacketBox } from '../packet-box.ts'
import { type Box, everything, intersectBoxes, type Region } from './box.ts'
import { readValues } from './read-values.ts'
import type { ReadingContext } from './reading-context.ts'

const prefixes = (texts: readonly string[]): ValueSet => ({
  kind: 'ranges',
  ranges: texts.map((text) => {
    const prefix = parseHostOrPrefix(text)
    return { first: prefix.base, last: lastAddress(prefix).value }
  }),
})

const namesOf = (texts: readonly string[]): ValueSet => ({
  kind: 'names',
  names: texts.flatMap((text) => {
    const set = named(text)
    return set.kind === 'names' ? set.names : []
  }),
})

/** The packets that may come to a chain, in the dimensions that the chain has before its first rule. */
export const readPackets = (
  context: ReadingContext,
  packets: readonly PacketBox[],
  hooks: ReadonlySet<Hook>,
): Region =>
  packets.flatMap((packet) => {
    if (packet.hooks?.some((hook) => hooks.has(hook)) === false) return []
    const box = readPacket(context, packet)
    return box === null ? [] : [box]
  })

const readPacket = (context: ReadingContext, packet: PacketBox): Box | null => {
  const { family, protocols, sources, destinations, ports } = packet
  const asked = [
    ['nfproto', oneOf(family === 'ip' ? 2 : 10)],
    ['l4proto', protocols === null ? null : oneOf(...protocols.map((name) => protocolNumber[name]))],
    ['saddr', sources === null ? null : prefixes(sources)],
    ['daddr', destinations === null ? null : prefixes(destinations)],
    ['dport', ports === null ? null : oneOf(...ports)],
    ['iifname', packet.in === null ? null : namesOf(packet.in)],
    ['oifname', packet.out === null ? null : namesOf(packet.out)],
  ] as const
  let box: Box | null = everything
  for (const [field, values] of asked) {
    if (values === null || box === null) continue
    const own = field === 'saddr' || field === 'daddr' ? family : null
    const one = readValues(context, { kind: 'field', field, family: own, protocols: null }, null)?.among(
      values,
    )
    box = one === undefined || one === null ? null : intersectBoxes(box, one)
  }
  return box
}
