import { expect, test } from '@jest/globals'
import type { DesiredEndpoint } from '../../src/contract/index.ts'
import type { AddressUse } from '../../src/resolve/address-use.ts'
import { noteGuessedAddresses } from '../../src/resolve/note-guessed-addresses.ts'
import { endpointIntent, intent } from './intent.ts'

test('the addresses of an external network are read once for all of its endpoints', () => {
  const count = 100
  const services = Array.from({ length: count }, (_, at) => `web${at}`)
  let reads = 0
  const endpoints = services.map((service, at): DesiredEndpoint => {
    const endpoint = {
      replica: 1,
      network: 'web',
      ip: `10.77.0.${at + 2}`,
      ip6: null,
      mac: '02:42:0a:4d:00:02',
    }
    return Object.defineProperty({ ...endpoint, service }, 'service', {
      get: () => {
        reads += 1
        return service
      },
    })
  })
  const use: AddressUse = {
    bridge: 'br-web',
    engine: 'docker',
    isKnown: true,
    isHandedOut: () => true,
    holderOf: (address) => (address === '10.77.0.2' ? 'db' : null),
    isTaken: () => false,
    parts: () => [null],
  }
  const network = { name: 'web', bridge: 'br-web', external: true, internal: false, icc: true, mtu: null }
  const found = { network: { ...network, ip: null, ip6: null }, engines: [{ used: [] }], owner: null }
  const wanted = intent({ endpoints: services.map((service) => endpointIntent({ service, network: 'web' })) })
  const notes = noteGuessedAddresses(wanted, new Map([['web', found]]), new Map([['web', use]]), {
    endpoints,
  })
  expect(notes.map(({ text }) => text)).toEqual([expect.stringContaining('docker gave it to db')])
  expect(reads).toBe(count)
})
