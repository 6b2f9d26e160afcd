import { expect, test } from '@jest/globals'
import { addressesAnew } from '../../src/command/cluster/addresses-anew.ts'

const of = (ip: 'picked' | 'held', ip6: 'picked' | 'held' | null) => [
  { network: 'web', family: 'ip', origin: ip } as const,
  ...(ip6 === null ? [] : [{ network: 'web', family: 'ip6', origin: ip6 } as const]),
]

test.each([
  [of('picked', null), 'gets its address anew, as shown.'],
  [of('picked', 'picked'), 'gets its addresses anew, as shown.'],
  [of('picked', 'held'), 'gets its IPv4 address anew, as shown, and keeps its IPv6 address.'],
  [of('held', 'picked'), 'gets its IPv6 address anew, as shown, and keeps its IPv4 address.'],
])('endpoints of a network that moves are told which addresses are new: %j', (subnets, text) => {
  expect(addressesAnew(subnets, ['web'])).toBe(`Every endpoint of web ${text}`)
})

test('each network of a move is told apart', () => {
  const db = { network: 'db', family: 'ip', origin: 'picked' } as const
  expect(addressesAnew([...of('picked', 'held'), db], ['web', 'db'])).toBe(
    'Every endpoint of web gets its IPv4 address anew, as shown, and keeps its IPv6 address. Every endpoint of db gets its address anew, as shown.',
  )
})
