import {
  checkArgument,
  checkOptions,
  isAddressLike,
  nullOr,
  type OptionKinds,
  textValue,
  type ValueKind,
  wordValue,
} from '../schema/check-options.ts'
import type { PacketInput, PacketState } from './packet.ts'

const states: readonly PacketState[] = ['new', 'established', 'related', 'invalid', 'untracked']

const upTo = (most: number): ValueKind => ({
  expected: `a whole number from 0 to ${most}`,
  holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most,
})

const addressValue: ValueKind = { expected: 'an IP address', holds: isAddressLike }
const nameValue: ValueKind = nullOr(textValue('the name of an interface'))

const kinds: OptionKinds<PacketInput> = {
  family: wordValue(['ip', 'ip6']),
  in: nameValue,
  source: nullOr(addressValue),
  sourcePort: nullOr(upTo(65535)),
  destination: addressValue,
  destinationPort: nullOr(upTo(65535)),
  protocol: {
    expected: 'the name of a protocol, or its number',
    holds: (value) => typeof value === 'string' || typeof value === 'number',
  },
  state: wordValue(states),
  mark: upTo(0xffffffff),
  tcpFlags: upTo(255),
  icmpType: upTo(255),
  icmpCode: upTo(255),
  port: nameValue,
}

const required: readonly (keyof PacketInput)[] = ['family', 'destination', 'protocol']

/**
 * Refuses an invalid packet. Otherwise a port given as text would match no rule, and a misspelt key would be ignored.
 * @throws InvalidRequestError naming the key, its value and what is expected
 */
export const checkPacket = (packet: unknown): void => {
  checkOptions(packet, kinds, 'the keys of the packet')
  const given = packet as Readonly<Record<string, unknown>>
  for (const key of required) checkArgument(given[key], kinds[key], `${key} of the packet`)
}
