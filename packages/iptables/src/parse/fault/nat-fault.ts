import { tryParseAddress6 } from '@portolan/netfilter'
import { addressFault, type Fault, familyFault } from './address-fault.ts'
import { portRangeFault } from './port-fault.ts'

/** `[fd00::2]:80`, `10.0.0.2:80`; a text of neither form is its addresses. */
const partsOf = (text: string): readonly [addresses: string, ports: string | null] => {
  const [, bracketed, behind] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? []
  if (bracketed !== undefined) return [bracketed, behind ?? null]
  const [, addresses, ports] = /^([^:]*):([^:]*)$/.exec(text) ?? []
  return addresses === undefined ? [text, null] : [addresses, ports ?? null]
}

/** Where DNAT and SNAT lead. libxt_NAT takes addresses only, no names. */
export const natFault: Fault = (text, family) => {
  // `fd00::2` has no brackets.
  const [addresses, ports] = tryParseAddress6(text) === null ? partsOf(text) : [text, null]
  const other = familyFault(addresses, family)
  if (other !== null) return other
  for (const address of addresses === '' ? [] : addresses.split('-')) {
    const fault = addressFault(address, family)
    if (fault !== null) return fault
  }
  // `80-90/100` shifts.
  return ports === null || ports.includes('/') ? null : portRangeFault(ports, family)
}
