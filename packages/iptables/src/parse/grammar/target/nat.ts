import type { ExtensionOption } from '../../../model/option/extension.ts'
import { flag, type Grammar, grammar, type Reader, takes } from '../grammar.ts'
import { lengthPrefix, prefix } from '../value/address.ts'
import { destinationAddress, sourceAddress } from '../value/nat-address.ts'
import { portRange } from '../value/port.ts'

const withPorts = ['tcp', 'udp', 'sctp', 'dccp', 'icmp']

/** Ports can only be given where `-p` names a protocol that has any, be it to exclude it (libxt_NAT). */
export const ported: readonly string[] = [...withPorts, ...withPorts.map((name) => `!${name}`)]

const namesPorts = ({ name, values: [value = ''] }: ExtensionOption): boolean =>
  name === 'to-ports' || (name.startsWith('to-') && (/^:|\]:/.test(value) || /^\d+\.[\d.-]+:/.test(value)))

const protocols = (options: readonly ExtensionOption[]): readonly string[] | null =>
  options.some(namesPorts) ? ported : null

/** libxt_NETMAP prints a mask that is no prefix as it is. */
const netmap: Reader = (text, family) => prefix(text, family)

const prefixTranslation = grammar([
  takes('src-pfx', lengthPrefix, { required: true }),
  takes('dst-pfx', lengthPrefix, { required: true }),
])

/** Targets that give a flow another address. */
export const natTargets: Readonly<Record<string, Grammar>> = {
  DNAT: grammar(
    [
      takes('to-destination', destinationAddress, { required: true }),
      flag('random'),
      flag('random-fully'),
      flag('persistent'),
    ],
    { protocols },
  ),
  SNAT: grammar(
    [
      takes('to-source', sourceAddress, { required: true }),
      flag('random'),
      flag('random-fully'),
      flag('persistent'),
    ],
    { protocols },
  ),
  MASQUERADE: grammar([takes('to-ports', portRange), flag('random'), flag('random-fully')], { protocols }),
  REDIRECT: grammar([takes('to-ports', portRange), flag('random'), flag('random-fully')], { protocols }),
  NETMAP: grammar([takes('to', netmap, { required: true })]),
}

/** Prefix translation of ip6tables, which keeps no state (RFC 6296). */
export const natTargets6: Readonly<Record<string, Grammar>> = {
  DNPT: prefixTranslation,
  SNPT: prefixTranslation,
}
