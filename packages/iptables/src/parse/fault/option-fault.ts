import type { Family } from '@portolan/netfilter'
import type { Reader } from '../grammar/grammar.ts'
import type { WrittenOption } from '../grammar/read-options.ts'
import { addressOrPrefix, addressRange } from '../grammar/value/address.ts'
import { destinationAddress, sourceAddress } from '../grammar/value/nat-address.ts'
import { portList, portRange, portSpan } from '../grammar/value/port.ts'
import { type Fault, familyFault } from './address-fault.ts'
import { natFault } from './nat-fault.ts'
import { looseSpanFault, portListFault, portRangeFault, portSpanFault } from './port-fault.ts'

const faults: ReadonlyMap<Reader, Fault> = new Map([
  [portSpan, portSpanFault],
  [portList, portListFault],
  [portRange, portRangeFault],
  [destinationAddress, natFault],
  [sourceAddress, natFault],
  [addressRange, familyFault],
  [addressOrPrefix, familyFault],
])

/**
 * Only these modules read ports with a function of their own, which refuses numbers that are too large (libxt_tcp,
 * libxt_sctp).
 */
const strict: ReadonlySet<string> = new Set(['tcp', 'sctp'])

/**
 * Says what is wrong on every host with an option, as `iptables-restore` refuses it: a port that is not one, or an
 * address of the other family. A name of a service or host is not a fault, because some hosts may know it.
 *
 * @param module - the match or target of the option
 */
export const optionFault = (
  module: string,
  { option, values }: WrittenOption,
  family: Family,
): string | null => {
  const [reader] = option.values
  const [value] = values
  const fault = reader === undefined ? undefined : faults.get(reader)
  if (reader === undefined || value === undefined || fault === undefined) return null
  if (reader(value, family) !== null) return null
  return (fault === portSpanFault && !strict.has(module) ? looseSpanFault : fault)(value, family)
}
