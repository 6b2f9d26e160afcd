import type { ExtensionOption } from '../../../model/option/extension.ts'
import { flag, type Grammar, grammar, type Reader, takes } from '../grammar.ts'
import { lengthPrefix, prefix } from '../value/address.ts'
import { destinationAddress, sourceAddress } from '../value/nat-address.ts'
import { portRange } from '../value/port.ts'

const withPorts = ['tcp', 'udp', 'sctp', 'dccp', 'icmp']

/** The protocols that `-p` must name or exclude where a target has ports (libxt_NAT). */
export const ported: readonly string[] = [...withPorts, ...withPorts.map((name) => `!${name}`)]

const namesPorts = ({ name, values: [value = ''] }: ExtensionOption): boolean =>
  name === 'to-ports' || (name.startsWith('to-') && (/^:|\]:/.test(value) || /^\d+\.[\d.-]+:/.test(value)))

const protocols = (options: readonly ExtensionOption[]): readonly string[] | null =>
  options.some(namesPorts) ? ported : null

/** Reads a prefix. libxt_NETMAP prints a mask that is not a prefix unchanged. */
const netmap: Reader = (text, family) => prefix(text, family)

const prefixTranslation = grammar([
  takes('src-pfx', lengthPrefix, { required: true }),
  takes('dst-pfx', lengthPrefix, { required: true }),
])

/** Targets that translate addresses. */
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

/** The stateless prefix translation of ip6tables (RFC 6296). */
export const natTargets6: Readonly<Record<string, Grammar>> = {
  DNPT: prefixTranslation,
  SNPT: prefixTranslation,
}
